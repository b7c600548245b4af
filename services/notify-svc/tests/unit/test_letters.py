"""How letters read: one total per currency, in the contact's language, and nothing in a name leaves its line."""

from dataclasses import replace
from datetime import date

import pytest

from dunlin_kernel.ids import new_id
from dunlin_kernel.money import Money
from notify_svc.domain.item import DunnedItem
from notify_svc.domain.judging import Reminding, Verdict
from notify_svc.domain.ladder import LADDER_K, NOT_BEGUN, LetterTone
from notify_svc.domain.letter import Letter, LetterLanguage, LetterLine
from notify_svc.domain.look import Contact
from notify_svc.gateways.letters import MAX_SUBJECT, money_text, render

ON = date(2026, 3, 6)
LINES = (
    LetterLine("INV-000001", date(2026, 2, 4), Money(452000, "CNY"), 30),
    LetterLine("INV-000002", date(2026, 3, 9), Money(78000, "CNY"), -3),
    LetterLine("INV-000003", date(2026, 2, 4), Money(1500, "JPY"), 30),
)


def letter(language: LetterLanguage = LetterLanguage.EN, *, sender: str = "Dunlin", to: str | None = "Li") -> Letter:
    return Letter(language, LetterTone.FIRM, sender, to, ON, LINES)


@pytest.mark.parametrize(("money", "text"), [
    (Money(123456789, "CNY"), "CNY 1,234,567.89"), (Money(5, "EUR"), "EUR 0.05"), (Money(1500, "JPY"), "JPY 1,500"),
    (Money(1234567, "BHD"), "BHD 1,234.567"),
])
def test_amounts_show_code_and_groups(money: Money, text: str) -> None:
    assert money_text(money) == text


def test_a_letter_has_the_tone_of_its_highest_level_and_counts_the_days_of_each_item() -> None:
    owed = DunnedItem(new_id(), new_id(), None, "INV-1", date(2026, 1, 5), date(2026, 2, 4), 1, Money(100, "CNY"), True,
                      NOT_BEGUN, Money(0, "CNY"))
    verdict = Verdict((Reminding(owed, 2, date(2026, 2, 4), Money(90, "CNY")),
                       Reminding(replace(owed, number="INV-2"), 1, date(2026, 3, 9), Money(10, "CNY"))), ())
    said = Letter.of(verdict, Contact("ap@heron.example", "Li", "zh-CN"), LADDER_K, sender_name="Dunlin", on=ON)
    assert (said.tone, said.language, said.recipient_name) == (LADDER_K.levels[2].tone, LetterLanguage.ZH, "Li")
    assert [(line.number, line.amount.minor, line.days_overdue) for line in said.lines] == [
        ("INV-1", 90, 30), ("INV-2", 10, -3)]


def test_totals_are_one_per_currency() -> None:
    assert [total.amount for total in letter().totals] == ["5300.00", "1500"]
    rendered = render(letter())
    assert rendered.subject == "Second reminder from Dunlin: CNY 5,300.00, JPY 1,500 overdue"
    assert [line.split()[-2:] for line in rendered.body.splitlines() if line.startswith("Total")] == [
        ["CNY", "5,300.00"], ["JPY", "1,500"]]


@pytest.mark.parametrize(("tag", "language"), [
    ("zh", "zh"), ("zh-CN", "zh"), ("ZH_hant", "zh"), ("en-GB", "en"), ("de", "en"), ("", "en")])
def test_a_language_without_letters_of_its_own_is_english(tag: str, language: str) -> None:
    assert LetterLanguage.of(tag).value == language


@pytest.mark.parametrize("language", list(LetterLanguage))
def test_a_name_with_line_breaks_stays_on_its_line(language: LetterLanguage) -> None:
    rendered = render(letter(language, sender="Dunlin\r\nBcc: x@y.example", to="Li\nLei"))
    assert "\n" not in rendered.subject
    assert "\r" not in rendered.subject + rendered.body
    assert "Li Lei" in rendered.body


def test_a_name_is_no_template_and_a_subject_has_an_end() -> None:
    rendered = render(letter(sender="{{ 7 * 7 }}" * 60))
    assert "49" not in rendered.subject
    assert len(rendered.subject) == MAX_SUBJECT


@pytest.mark.parametrize("language", list(LetterLanguage))
def test_a_contact_without_a_name_is_greeted_all_the_same(language: LetterLanguage) -> None:
    greeting = {LetterLanguage.EN: "Dear Sir or Madam", LetterLanguage.ZH: "尊敬的客户"}[language]
    assert render(letter(language, to=None)).body.startswith(greeting)
