"""Templates of a tenant's own: what they may say and what not, bounded, and the ones we begin with."""

from datetime import date

import pytest

from dunlin_kernel.errors import RuleBroken
from dunlin_kernel.money import Money
from notify_svc.domain.ladder import LetterTone
from notify_svc.domain.letter import Letter, LetterLanguage, LetterLine
from notify_svc.domain.letter_template import LetterTemplate
from notify_svc.gateways import letters

LINES = tuple(LetterLine(f"INV-{n}", date(2026, 2, 4), Money(100 * n, "CNY"), n) for n in range(1, 4))


def letter(language: LetterLanguage = LetterLanguage.EN, tone: LetterTone = LetterTone.FIRM) -> Letter:
    return Letter(language, tone, "Dunlin", "Li", date(2026, 3, 6), LINES)


def own(subject: str, body: str) -> LetterTemplate:
    return LetterTemplate(LetterLanguage.EN, LetterTone.FIRM, 1, subject, body)


def test_a_template_names_fields_lines_and_totals() -> None:
    body = ("{% if recipient %}Dear {{ recipient }}{% else %}Hello{% endif %} on {{ on | day }}:\n"
            "{% for one in lines %}{{ one.number | column(8) }}{{ one.amount | money }}\n{% endfor %}"
            "{% for sum in totals %}{{ sum | money | right(12) }}{% endfor %}")
    rendered = letters.render(letter(), own("{{ sender }}: {{ totals | map('money') | join(', ') }}", body))
    assert rendered.subject == "Dunlin: CNY 6.00"
    assert rendered.body == (
        "Dear Li on 2026-03-06:\nINV-1   CNY 1.00\nINV-2   CNY 2.00\nINV-3   CNY 3.00\n    CNY 6.00\n")


@pytest.mark.parametrize("text", [
    "{{ sender.__class__ }}", "{{ lines.append(1) }}", "{{ lines[0] }}", "{{ range(10) }}", "{{ 7 * 7 }}",
    "{{ unknown }}", "{{ on.year }}", "{{ sender | upper }}", "{{ totals | map(attribute='minor') }}",
    "{{ lines | map('attr', 'x') | join }}", "{% set x = 1 %}{{ sender }}", "{% include 'en/firm.txt' %}",
    "{% for a in lines %}{% for b in lines %}{{ a.number }}{% endfor %}{% endfor %}",
    "{% for a in sender %}x{% endfor %}",
    "{% for a in lines recursive %}{{ a.number }}{% endfor %}", "{% for a in lines if a.number %}x{% endfor %}",
    "{{ sender ~ sender }}", "{% macro m() %}x{% endmacro %}", "{{ sender", "{{ '%999999999s' | format(sender) }}",
    "{% for one in lines %}{{ one.amount.minor }}{% endfor %}", "{{ (sender, sender) }}", "{{ loop.index }}",
])
def test_nothing_else_can_be_said(text: str) -> None:
    for subject, body in ((text, "x"), ("x", text)):
        with pytest.raises(RuleBroken, match="bad_template"):
            letters.render(letter(), own(subject, body))


@pytest.mark.parametrize(("subject", "body"), [(" ", "x"), ("a\nb", "x"), ("x" * 301, "x"), ("x", " "),
                                               ("x", "x" * 10_001)])
def test_a_template_has_bounds(subject: str, body: str) -> None:
    with pytest.raises(RuleBroken, match="bad_template"):
        own(subject, body)


def test_what_grows_too_long_is_refused_and_a_wide_column_is_cut() -> None:
    many = Letter(LetterLanguage.EN, LetterTone.FIRM, "D", None, date(2026, 3, 6), LINES * 200)
    with pytest.raises(RuleBroken, match="at most"):
        letters.render(many, own("x", "{% for a in lines %}" + "y" * 900 + "{% endfor %}"))
    assert letters.render(letter(), own("x", "{{ sender | right(10000000) }}|")).body.rstrip() == "Dunlin|"
    wide = letters.render(letter(), own("x", ".{{ sender | right(10000000) }}|")).body
    assert len(wide.rstrip()) == 62


def test_one_that_fails_gives_way_to_the_usual_letter() -> None:
    assert letters.render_or_usual(letter(), own("x", "{{ on | money }}")) == letters.render(letter())


@pytest.mark.parametrize("language", list(LetterLanguage))
@pytest.mark.parametrize("tone", list(LetterTone))
def test_what_every_tenant_begins_with_can_be_edited(language: LetterLanguage, tone: LetterTone) -> None:
    one = letter(language, tone)
    assert letters.render(one, letters.beginning(language, tone)) == letters.render(one)


def test_a_template_goes_up_to_its_bounds() -> None:
    assert own("x" * 300, "x" * 10_000).version == 1
