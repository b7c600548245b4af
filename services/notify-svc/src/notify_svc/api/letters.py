"""Routes of the print queue: letters that wait, each as a PDF, and what became of it."""

import asyncio
from datetime import date
from enum import StrEnum
from typing import Any, Self
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from dunlin_events.contracts.base import Amount
from dunlin_kernel.errors import Conflict, NotFound
from dunlin_kit import pages
from dunlin_kit.auth import requires
from dunlin_kit.pages import Limit, Page, Paging
from dunlin_kit.problems import refuses
from dunlin_kit.write_route import ReadRoute, Tx, WriteRoute
from notify_svc import usecases
from notify_svc.api.message_shapes import MessageRead
from notify_svc.store import customer_names, messages, print_queue
from notify_svc.store.print_queue import WaitingLetter

router = APIRouter(prefix="/notify/v1", route_class=ReadRoute, tags=["messages"])
writes = APIRouter(prefix="/notify/v1", route_class=WriteRoute, tags=["messages"])
NOT_FOUND = refuses("message_not_found", status=404)
_FILE: dict[int | str, dict[str, Any]] = {200: {
    "description": "The letter.", "content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}}}


class LetterRead(BaseModel):
    """A letter that waits to be printed and posted; `asked` is what it names, one sum per currency."""

    id: UUID
    customer_id: UUID
    number: str | None
    name: str | None
    owner_code: str | None = Field(description="Who answers for the customer.")
    judged_on: date
    level: int
    language: str | None
    asked: list[Amount]
    is_owed: bool = Field(description="False where all of it was paid or disputed meanwhile: withdraw the letter.")

    @classmethod
    def of(cls, one: WaitingLetter) -> Self:
        return cls(**one._asdict() | {"asked": [Amount.of(money) for money in one.asked]})


class LetterPage(Page[LetterRead]):
    """Letters that wait, the earliest first."""


class LetterEnd(StrEnum):
    """`withdrawn`: it was not posted, and its levels are due again."""

    POSTED = "posted"
    WITHDRAWN = "withdrawn"


class LetterPost(BaseModel):
    """What became of a letter."""

    model_config = ConfigDict(extra="forbid")
    outcome: LetterEnd


@router.get("/letters", dependencies=[requires("reminders:read")], responses=pages.RESPONSES)
async def list_letters(tx: Tx, response: Response, cursor: Paging, limit: Limit = pages.DEFAULT_LIMIT) -> LetterPage:
    """The print queue: letters that wait to be printed and posted."""
    after = UUID(cursor.after[0]) if cursor.after else None
    found = await print_queue.waiting(tx, after, limit=limit + 1)
    return LetterPage(**cursor.page(response, found, limit, lambda one: [one.id], LetterRead.of))


@router.get("/letters/{message_id}/document", dependencies=[requires("reminders:read"), requires("contacts:read")],
            response_class=Response, responses=_FILE | NOT_FOUND | refuses("letter_overtaken", status=409))
async def get_letter_document(message_id: UUID, tx: Tx) -> Response:
    """A letter of the print queue as a PDF, while any of what it asks for is owed."""
    content = (await messages.contents_of(tx, [message_id])).get(message_id)
    if content is None or (await messages.find(tx, message_id)).channel != "letter":
        raise NotFound("message_not_found", "There is no such letter.")
    if not await print_queue.is_owed(tx, message_id):
        raise Conflict("letter_overtaken", "Nothing of what this letter asks for is owed any more, or it was posted.")
    made = await asyncio.to_thread(_pdf, content)
    named = {"Content-Disposition": f'attachment; filename="letter-{message_id}.pdf"'}
    return Response(made, media_type="application/pdf", headers=named)


@writes.post("/letters/{message_id}:post", dependencies=[requires("reminders:write")],
             responses=NOT_FOUND | refuses("illegal_transition", "tenant_not_known_yet", status=409)
             | refuses("invalid_request"))
async def post_letter(message_id: UUID, body: LetterPost, tx: Tx) -> MessageRead:
    """Say that a letter was posted, or withdraw it: then its levels are due again."""
    ended = await usecases.post_letter(tx, message_id, sent=body.outcome is LetterEnd.POSTED)
    return MessageRead.of(ended, await customer_names.of_one(tx, ended.customer_id), None)


def _pdf(content: messages.Content) -> bytes:
    """What writes PDF is loaded with the first letter: it takes 6 MB that most processes never need."""
    from notify_svc.gateways.letter_pdf import letter_pdf
    return letter_pdf(content.recipient, content.subject, content.body)
