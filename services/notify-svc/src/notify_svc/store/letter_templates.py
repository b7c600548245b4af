"""Templates of a tenant's own: the versions in force, and a new one."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Text, bindparam, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlmodel import col

from notify_svc.domain.ladder import LetterTone
from notify_svc.domain.letter import LetterLanguage
from notify_svc.domain.letter_template import LetterTemplate
from notify_svc.store.message_tables import LetterTemplateRow

_COLUMNS = tuple(LetterTemplateRow.__table__.c)
_NEWEST = (
    select(*_COLUMNS).ext(distinct_on(col(LetterTemplateRow.language), col(LetterTemplateRow.tone)))
    .order_by(col(LetterTemplateRow.language), col(LetterTemplateRow.tone), col(LetterTemplateRow.version).desc()))
_VERSIONS = (
    select(*_COLUMNS)
    .where(col(LetterTemplateRow.language) == bindparam("language", type_=Text),
           col(LetterTemplateRow.tone) == bindparam("tone", type_=Text))
    .order_by(col(LetterTemplateRow.version).desc()))


class SetTemplate(NamedTuple):
    """A template with who set it and when; both None for the one that every tenant begins with."""

    template: LetterTemplate
    set_by: str | None
    set_at: datetime | None


async def newest(tx: Any) -> list[SetTemplate]:
    """The tenant's own templates in force."""
    return [_set_template(row) for row in await tx.rows(_NEWEST)]


async def own(tx: Any, language: LetterLanguage, tone: LetterTone) -> SetTemplate | None:
    """The tenant's own template of a language and tone; None where it has none."""
    found = await versions_of(tx, language, tone)
    return found[0] if found else None


async def versions_of(tx: Any, language: LetterLanguage, tone: LetterTone) -> list[SetTemplate]:
    """All versions of the tenant's own, newest first."""
    return [_set_template(row) for row in await tx.rows(_VERSIONS, language=language.value, tone=tone.value)]


def add(tx: Any, template: LetterTemplate, *, set_at: datetime) -> SetTemplate:
    """Gather a new version, set by the actor of the transaction."""
    tx.insert(LetterTemplateRow, {
        "language": template.language.value, "tone": template.tone.value, "version": template.version,
        "subject": template.subject, "body": template.body, "set_by": tx.actor, "set_at": set_at})
    return SetTemplate(template, tx.actor, set_at)


def _set_template(row: Any) -> SetTemplate:
    template = LetterTemplate(
        LetterLanguage(row["language"]), LetterTone(row["tone"]), row["version"], row["subject"], row["body"])
    return SetTemplate(template, row["set_by"], row["set_at"])
