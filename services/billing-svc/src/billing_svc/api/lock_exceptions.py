"""Routes of exceptions of soft period locks."""

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, Field, StringConstraints

from billing_svc.api.shapes import Body
from billing_svc.domain.period import LockException
from billing_svc.store import lock_exceptions
from billing_svc.usecases.end_lock_exception import end_lock_exception as end
from billing_svc.usecases.grant_lock_exception import GrantLockException
from billing_svc.usecases.grant_lock_exception import grant_lock_exception as grant
from dunlin_kit import pages
from dunlin_kit.auth import requires
from dunlin_kit.pages import Limit, Page, Paging
from dunlin_kit.problems import refuses
from dunlin_kit.wire import Day, Instant
from dunlin_kit.write_route import ReadRoute, Tx, ValidateOnly, WriteRoute

writes = APIRouter(prefix="/billing/v1", route_class=WriteRoute, tags=["periods"])
router = APIRouter(prefix="/billing/v1", route_class=ReadRoute, tags=["periods"])
MAY_WRITE = requires("periods:write")
Words = Annotated[str, StringConstraints(min_length=1, max_length=500)]


class LockExceptionCreate(Body):
    """Who may post on days from `from_on` on that only a soft lock closes, until `ends_at`: a person by the token's
    subject, or a role, which is whoever's token carries the scope, but not the one who gives it."""

    subject: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = None
    scope: Annotated[str, StringConstraints(pattern=r"^[a-z_]+:[a-z_]+$", max_length=100)] | None = Field(
        default=None, examples=["periods:write"])
    from_on: Day
    ends_at: Instant = Field(description="At most 31 days from now.")
    reason: Words

    def to_wish(self) -> GrantLockException:
        return GrantLockException(self.subject, self.scope, self.from_on, self.ends_at, self.reason)


class LockExceptionRead(BaseModel):
    """An exception; it counts until `ends_at`."""

    id: UUID
    subject: str | None
    scope: str | None
    from_on: date
    ends_at: datetime
    reason: str
    granted_by: str
    recorded_at: datetime

    @classmethod
    def of(cls, one: LockException) -> Self:
        return cls(id=one.id, subject=one.subject, scope=one.scope, from_on=one.from_on, ends_at=one.ends_at,
                   reason=one.reason, granted_by=one.granted_by, recorded_at=one.recorded_at)


class LockExceptionPage(Page[LockExceptionRead]):
    """Exceptions in the order in which they were given, also those that have ended."""


@writes.post("/lock-exceptions", status_code=201, dependencies=[MAY_WRITE], responses=(
    refuses("bad_lock_exception", "nothing_locked") | refuses("second_person_needed", status=403)
    | refuses("hard_lock_stands", "tenant_not_known_yet", status=409)))
async def grant_lock_exception(
    body: LockExceptionCreate, tx: Tx, validate_only: ValidateOnly = False,
) -> LockExceptionRead:
    """Let another person or a role post into what is softly closed, for a reason and a time."""
    return LockExceptionRead.of(await grant(tx, body.to_wish()))


@writes.post("/lock-exceptions/{exception_id}:end", dependencies=[MAY_WRITE], responses=(
    refuses("lock_exception_not_found", status=404) | refuses("tenant_not_known_yet", status=409)))
async def end_lock_exception(
    exception_id: UUID, tx: Tx, validate_only: ValidateOnly = False,
) -> LockExceptionRead:
    """End an exception now."""
    return LockExceptionRead.of(await end(tx, exception_id))


@router.get("/lock-exceptions", dependencies=[requires("reports:read")], responses=pages.RESPONSES)
async def list_lock_exceptions(
    tx: Tx, response: Response, cursor: Paging, limit: Limit = pages.DEFAULT_LIMIT,
) -> LockExceptionPage:
    """Who may or might post into what was softly closed, and why."""
    found = await lock_exceptions.page(tx, UUID(cursor.after[0]) if cursor.after else None, limit)
    return LockExceptionPage(**cursor.page(response, found, limit, lambda one: [one.id], LockExceptionRead.of))
