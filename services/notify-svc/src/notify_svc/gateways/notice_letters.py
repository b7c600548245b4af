"""How notices read: statements, reminders to reconcile, and digests for staff, in Chinese and English."""

from collections.abc import Mapping
from pathlib import Path

from jinja2 import FileSystemLoader, StrictUndefined, select_autoescape
from jinja2.sandbox import ImmutableSandboxedEnvironment

from notify_svc.domain.letter import LetterLanguage
from notify_svc.domain.notice import NoticeKind
from notify_svc.gateways.letters import MAX_SUBJECT, Rendered, column, date_text, money_text, right

_ENVIRONMENT = ImmutableSandboxedEnvironment(
    loader=FileSystemLoader(Path(__file__).parent / "notices"), undefined=StrictUndefined,
    autoescape=select_autoescape(("html",), default=False), trim_blocks=True, lstrip_blocks=True,
    keep_trailing_newline=True)
_ENVIRONMENT.filters |= {"money": money_text, "day": date_text, "column": column, "right": right}


def render_notice(kind: NoticeKind, language: LetterLanguage, fields: Mapping[str, object]) -> Rendered:
    """Subject and body. Texts of others stay on their line."""
    plain = {name: " ".join(value.split()) if isinstance(value, str) else value for name, value in fields.items()}
    text = _ENVIRONMENT.get_template(f"{language.value}/{kind.value}.txt").render(**plain)
    subject, _, body = text.partition("\n")
    return Rendered(" ".join(subject.split())[:MAX_SUBJECT], body.strip() + "\n")
