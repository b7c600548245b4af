"""How a letter reads: Jinja2 templates in a sandbox, a folder per language, a file per tone, the subject first."""

from datetime import date
from pathlib import Path
from typing import NamedTuple

from jinja2 import FileSystemLoader, StrictUndefined, select_autoescape
from jinja2.sandbox import ImmutableSandboxedEnvironment

from dunlin_kernel.money import Money
from notify_svc.domain.letter import Letter

MAX_SUBJECT = 200


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


_ENVIRONMENT = ImmutableSandboxedEnvironment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"), undefined=StrictUndefined,
    autoescape=select_autoescape(("html",), default=False), trim_blocks=True, lstrip_blocks=True,
    keep_trailing_newline=True)
_ENVIRONMENT.filters |= {"money": money_text, "day": date_text}


def render(letter: Letter) -> Rendered:
    """The letter in its language and tone. A name with line breaks stays on its line."""
    template = _ENVIRONMENT.get_template(f"{letter.language.value}/{letter.tone.value}.txt")
    subject, _, body = template.render(
        sender=_one_line(letter.sender_name), recipient=_one_line(letter.recipient_name or ""), on=letter.on,
        lines=letter.lines, totals=letter.totals).partition("\n")
    return Rendered(_one_line(subject)[:MAX_SUBJECT], body.strip() + "\n")


def _one_line(text: str) -> str:
    return " ".join(text.split())
