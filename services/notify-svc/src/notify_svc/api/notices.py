"""The route of notices beside reminders: what left, to whom in general, and what did not."""

from datetime import date
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response
from pydantic import BaseModel

from dunlin_kit import pages
from dunlin_kit.auth import requires
from dunlin_kit.owned import OwnerCode
from dunlin_kit.pages import Limit, Page, Paging
from dunlin_kit.write_route import ReadRoute, Tx
from notify_svc.domain.message import MessageStatus
from notify_svc.domain.notice import Notice, NoticeKind
from notify_svc.store import customer_names, notices
from notify_svc.store.customer_names import CustomerNamed

router = APIRouter(prefix="/notify/v1", route_class=ReadRoute, tags=["messages"])


class NoticeRead(BaseModel):
    """A notice; `key` names what it is about: a statement, or a member of staff and a day."""

    id: UUID
    kind: NoticeKind
    key: str
    customer_id: UUID | None
    number: str | None
    name: str | None
    owner_code: str | None = OwnerCode
    staff_code: str | None
    on: date
    status: MessageStatus
    reason: str | None

    @classmethod
    def of(cls, notice: Notice, named: CustomerNamed) -> Self:
        own = {name: getattr(notice, name) for name in cls.model_fields if hasattr(notice, name)}
        return cls(**own, **named._asdict())


class NoticePage(Page[NoticeRead]):
    """Notices, newest first."""


class NoticeFilter(BaseModel):
    """What the list is narrowed to."""

    kind: NoticeKind | None = None
    customer_id: UUID | None = None


async def _filter(query: Annotated[NoticeFilter, Query()]) -> NoticeFilter:
    return query


@router.get("/notices", dependencies=[requires("reminders:read")], responses=pages.RESPONSES)
async def list_notices(
    tx: Tx, response: Response, cursor: Paging, query: Annotated[NoticeFilter, Depends(_filter)],
    limit: Limit = pages.DEFAULT_LIMIT,
) -> NoticePage:
    """Statements sent, reminders to answer them, and digests for staff, newest first."""
    filters = query.model_dump() | {"after": UUID(cursor.after[0]) if cursor.after else None}
    found = await notices.listed(tx, filters, limit=limit + 1)
    names = await customer_names.of(tx, (one.customer_id for one in found if one.customer_id))
    return NoticePage(**cursor.page(
        response, found, limit, lambda one: [one.id],
        lambda one: NoticeRead.of(one, names[one.customer_id] if one.customer_id else CustomerNamed())))
