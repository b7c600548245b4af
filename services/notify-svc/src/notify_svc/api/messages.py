"""Routes of the log: every message and suppression, what one said, an unknown outcome resolved."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response
from pydantic import BaseModel, Field

from dunlin_events.contracts.notify import SuppressionReason
from dunlin_kit import pages
from dunlin_kit.auth import Me, requires
from dunlin_kit.pages import Limit, Paging
from dunlin_kit.problems import refuses
from dunlin_kit.wire import Day
from dunlin_kit.write_route import ReadRoute, Tx, WriteRoute
from notify_svc import usecases
from notify_svc.api.message_shapes import (
    MessageDetailRead,
    MessageFinding,
    MessagePage,
    MessageRead,
    MessageResolve,
)
from notify_svc.domain.message import MessageStatus
from notify_svc.store import customer_names, customers, message_list, messages

router = APIRouter(prefix="/notify/v1", route_class=ReadRoute, tags=["messages"])
writes = APIRouter(prefix="/notify/v1", route_class=WriteRoute, tags=["messages"])
NOT_FOUND = refuses("message_not_found", status=404)
SEES_CONTACTS = "contacts:read"


class MessageFilter(BaseModel):
    """What the log is narrowed to; `reason` is that of a suppressed item."""

    customer_id: UUID | None = None
    item_id: UUID | None = None
    status: MessageStatus | None = None
    reason: SuppressionReason | None = None
    judged_on_gte: Day | None = Field(default=None, alias="judged_on.gte")
    judged_on_lte: Day | None = Field(default=None, alias="judged_on.lte")


async def _filter(query: Annotated[MessageFilter, Query()]) -> MessageFilter:
    return query


@router.get("/messages", dependencies=[requires("reminders:read")],
            responses=pages.RESPONSES | refuses("customer_not_known_yet", status=409))
async def list_messages(
    tx: Tx, me: Me, response: Response, cursor: Paging, query: Annotated[MessageFilter, Depends(_filter)],
    limit: Limit = pages.DEFAULT_LIMIT,
) -> MessagePage:
    """The log: every message and every suppression with its reason, newest first."""
    await customers.assert_heard_of(tx, query.customer_id)
    after = (date.fromisoformat(cursor.after[0]), UUID(cursor.after[1])) if cursor.after else None
    filters = query.model_dump() | {"after": after}
    found = await message_list.listed(tx, filters, limit=limit + 1)
    page = cursor.page(response, found, limit, lambda message: [message.judged_on, message.id])
    ids = [message.id for message in page["data"]]
    contents = await messages.contents_of(tx, ids) if SEES_CONTACTS in me.scopes else {}
    names = await customer_names.of(tx, (one.customer_id for one in page["data"]))
    return MessagePage(**page | {"data": [
        MessageRead.of(one, names[one.customer_id], contents.get(one.id)) for one in page["data"]]})


@router.get("/messages/{message_id}", dependencies=[requires("reminders:read")], responses=NOT_FOUND)
async def get_message(message_id: UUID, tx: Tx, me: Me) -> MessageDetailRead:
    """One message, and what it said."""
    found = await messages.find(tx, message_id)
    contents = await messages.contents_of(tx, [message_id]) if SEES_CONTACTS in me.scopes else {}
    return MessageDetailRead.of(found, await customer_names.of_one(tx, found.customer_id), contents.get(message_id))


@writes.post("/messages/{message_id}:resolve", dependencies=[requires("reminders:write")],
             responses=NOT_FOUND | refuses("illegal_transition", "tenant_not_known_yet", status=409)
             | refuses("invalid_request"))
async def resolve_message(message_id: UUID, body: MessageResolve, tx: Tx) -> MessageRead:
    """Say whether a message of unknown outcome left; one that did not makes its levels due again."""
    resolved = await usecases.resolve_message(tx, message_id, sent=body.outcome is MessageFinding.SENT)
    return MessageRead.of(resolved, await customer_names.of_one(tx, resolved.customer_id), None)
