"""Routes of templates: how letters read, a tenant's own ones in versions, and a preview."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from dunlin_kit import versions
from dunlin_kit.auth import requires
from dunlin_kit.problems import refuses
from dunlin_kit.told_headers import Tagged
from dunlin_kit.versions import IfMatch, set_etag
from dunlin_kit.write_route import ReadRoute, Tx, WriteRoute
from notify_svc import usecases
from notify_svc.api.message_shapes import MessageTextRead
from notify_svc.domain.ladder import LetterTone
from notify_svc.domain.letter import LetterLanguage
from notify_svc.domain.letter_template import MAX_BODY, MAX_SUBJECT, LetterTemplate
from notify_svc.gateways import letters
from notify_svc.store import letter_templates
from notify_svc.store.letter_templates import SetTemplate
from notify_svc.usecases.preview_template import PreviewTemplate

router = APIRouter(prefix="/notify/v1", route_class=ReadRoute, tags=["messages"])
writes = APIRouter(prefix="/notify/v1", route_class=WriteRoute, tags=["messages"])
NOT_KNOWN = refuses("tenant_not_known_yet", status=409)
Subject = Annotated[str, Field(min_length=1, max_length=MAX_SUBJECT)]
Body = Annotated[str, Field(min_length=1, max_length=MAX_BODY)]


class TemplateUpdate(BaseModel):
    """A template: it names `sender`, `recipient`, `on`, `totals`, and in a loop over `lines` each one's `number`,
    `due_on`, `amount` and `days_overdue`; filters `money`, `day`, `join`, `map`, `column` and `right`.
    """

    model_config = ConfigDict(extra="forbid")
    subject: Subject
    body: Body


class TemplateRead(BaseModel):
    """A template in force; version 0 is the one that every tenant begins with."""

    language: LetterLanguage
    tone: LetterTone
    version: int
    subject: str
    body: str
    set_by: str | None
    set_at: datetime | None

    @classmethod
    def of(cls, found: SetTemplate) -> Self:
        one = found.template
        return cls(language=one.language, tone=one.tone, version=one.version, subject=one.subject, body=one.body,
                   set_by=found.set_by, set_at=found.set_at)


class TemplateList(BaseModel):
    """Templates in force: one per language and tone."""

    data: list[TemplateRead]


class TemplatePreviewCreate(BaseModel):
    """The letter to be shown: with what a customer owes, or made-up items; by the texts given, or those in force."""

    model_config = ConfigDict(extra="forbid")
    language: LetterLanguage
    tone: LetterTone
    recipient_name: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    customer_id: UUID | None = None
    subject: Subject | None = None
    body: Body | None = None


def _beginning(language: LetterLanguage, tone: LetterTone) -> SetTemplate:
    return SetTemplate(letters.beginning(language, tone), None, None)


@router.get("/templates", dependencies=[requires("reminders:read")])
async def list_templates(tx: Tx) -> TemplateList:
    """How letters read: the tenant's own templates, and those that every tenant begins with for the rest."""
    own = {(one.template.language, one.template.tone): one for one in await letter_templates.newest(tx)}
    return TemplateList(data=[
        TemplateRead.of(own.get((language, tone)) or _beginning(language, tone))
        for language in LetterLanguage for tone in LetterTone])


@router.get("/templates/{language}/{tone}", dependencies=[requires("reminders:read")])
async def get_template(language: LetterLanguage, tone: LetterTone, tx: Tx, response: Tagged) -> TemplateRead:
    """One template in force."""
    found = await letter_templates.own(tx, language, tone) or _beginning(language, tone)
    set_etag(response, found.template.version)
    return TemplateRead.of(found)


@writes.put("/templates/{language}/{tone}", dependencies=[requires("reminders:write")],
            responses=NOT_KNOWN | versions.RESPONSES | refuses("invalid_request", "bad_template"))
async def set_template(
    language: LetterLanguage, tone: LetterTone, body: TemplateUpdate, seen: IfMatch, tx: Tx, response: Tagged,
) -> TemplateRead:
    """Set a template of the tenant's own as a new version; it must read on a made-up letter."""
    wanted = LetterTemplate(language, tone, 0, body.subject, body.body)
    found = await usecases.set_template(tx, wanted, expected_version=seen)
    set_etag(response, found.template.version)
    return TemplateRead.of(found)


@writes.post("/templates:preview", dependencies=[requires("reminders:read")],
             responses=NOT_KNOWN | refuses("invalid_request", "bad_template"))
async def preview_template(body: TemplatePreviewCreate, tx: Tx) -> MessageTextRead:
    """How a letter would read today; nothing is kept or sent."""
    return MessageTextRead.of(await usecases.preview_template(tx, PreviewTemplate(
        body.language, body.tone, body.recipient_name, body.customer_id, body.subject, body.body)))
