"""How a letter reads: Jinja2 templates in a sandbox, a folder per language, a file per tone, or a tenant's own."""

from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, TemplateError, select_autoescape
from jinja2.sandbox import ImmutableSandboxedEnvironment

from dunlin_kernel.errors import RuleBroken
from dunlin_kernel.money import Money
from dunlin_kit.telemetry import log
from notify_svc.domain.ladder import LetterTone
from notify_svc.domain.letter import Letter, LetterLanguage
from notify_svc.domain.letter_template import LetterTemplate
from notify_svc.gateways.template_words import check_words

MAX_SUBJECT, MAX_TEXT, MAX_COLUMN = 200, 200_000, 60
_FOLDER = Path(__file__).parent / "templates"


class Rendered(NamedTuple):
    """A letter as text: one line of subject, and a plain-text body."""

    subject: str
    body: str


def money_text(money: Money) -> str:
    """`CNY 4,520.00`: the currency's code and thousands in groups."""
    whole, point, digits = money.amount.partition(".")
    return f"{money.currency} {int(whole):,}{point}{digits}"


def date_text(day: date) -> str:
    return day.isoformat()


def column(text: object, width: int) -> str:
    """Filled up with blanks on the right, to 60 places at most."""
    return str(text).ljust(min(width, MAX_COLUMN))


def right(text: object, width: int) -> str:
    """Filled up with blanks on the left, to 60 places at most."""
    return str(text).rjust(min(width, MAX_COLUMN))


_HOW: dict[str, Any] = {
    "undefined": StrictUndefined, "autoescape": select_autoescape(("html",), default=False), "trim_blocks": True,
    "lstrip_blocks": True, "keep_trailing_newline": True, "auto_reload": False}
_OURS = Environment(loader=FileSystemLoader(_FOLDER), **_HOW)  # noqa: S701  plain text; written here, needs no sandbox
_ENVIRONMENT = ImmutableSandboxedEnvironment(loader=FileSystemLoader(_FOLDER), **_HOW)
for _one in (_OURS, _ENVIRONMENT):
    _one.filters |= {"money": money_text, "day": date_text, "column": column, "right": right}


def render(letter: Letter, own: LetterTemplate | None = None) -> Rendered:
    """The letter in its language and tone, by a template of the tenant's own where there is one.

    A name with line breaks stays on its line. Refuses: bad_template for an own one that fails or grows too long.
    """
    if own is None:
        template = _OURS.get_template(f"{letter.language.value}/{letter.tone.value}.txt")
        subject, _, body = template.render(**_fields(letter)).partition("\n")
        return Rendered(_one_line(subject)[:MAX_SUBJECT], body.strip() + "\n")
    try:
        subject, body = (one.render(**_fields(letter)) for one in _compiled(own.subject, own.body))
    except (TemplateError, TypeError, ValueError, ArithmeticError, AttributeError) as failed:
        raise RuleBroken("bad_template", "The template fails on a letter.", cause=type(failed).__name__) from None
    if len(body) > MAX_TEXT:
        raise RuleBroken("bad_template", f"A letter has at most {MAX_TEXT} characters.")
    return Rendered(_one_line(subject)[:MAX_SUBJECT], body.strip() + "\n")


@lru_cache(maxsize=64)
def _compiled(subject: str, body: str) -> tuple[Template, Template]:
    check_words(_ENVIRONMENT, subject, body)
    return _ENVIRONMENT.from_string(subject), _ENVIRONMENT.from_string(body)


def render_or_usual(letter: Letter, own: LetterTemplate | None) -> Rendered:
    """As `render`, but by the template that every tenant begins with where the own one fails: a letter must leave."""
    try:
        return render(letter, own)
    except RuleBroken as failed:
        log.warning("a template failed", tone=letter.tone.value, language=letter.language.value, why=failed.code)
        return render(letter, None)


def render_short(letter: Letter) -> Rendered:
    """What a text message says: one paragraph, without the lines of items."""
    text = _ENVIRONMENT.get_template(f"{letter.language.value}/_short.txt").render(**_fields(letter))
    return Rendered("", _one_line(text))


def beginning(language: LetterLanguage, tone: LetterTone) -> LetterTemplate:
    """The template that every tenant begins with, its lines in it; version 0."""
    subject, _, body = (_FOLDER / language.value / f"{tone.value}.txt").read_text("utf-8").partition("\n")
    items = (_FOLDER / language.value / "_items.txt").read_text("utf-8")
    body = body.replace(f'{{% include "{language.value}/_items.txt" %}}\n', items)
    return LetterTemplate(language, tone, 0, subject, body.strip() + "\n")


def _fields(letter: Letter) -> dict[str, object]:
    return {
        "sender": _one_line(letter.sender_name), "recipient": _one_line(letter.recipient_name or ""), "on": letter.on,
        "lines": letter.lines, "totals": letter.totals}


def _one_line(text: str) -> str:
    return " ".join(text.split())
