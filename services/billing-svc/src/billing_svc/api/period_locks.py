"""Routes that close the books, and say who closed them when."""

from datetime import date, datetime
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, Field, StringConstraints

from billing_svc.api.shapes import Body
from billing_svc.store import periods
from billing_svc.usecases.lock_period import LockPeriod, PeriodLock
from billing_svc.usecases.lock_period import lock_period as lock
from dunlin_kit import pages
from dunlin_kit.auth import requires
from dunlin_kit.pages import Limit, Page, Paging
from dunlin_kit.problems import refuses
from dunlin_kit.wire import Day
from dunlin_kit.write_route import ReadRoute, Tx, ValidateOnly, WriteRoute

writes = APIRouter(prefix="/billing/v1", route_class=WriteRoute, tags=["periods"])
router = APIRouter(prefix="/billing/v1", route_class=ReadRoute, tags=["periods"])
Reason = Annotated[str, StringConstraints(min_length=1, max_length=500)]


class PeriodLockCreate(Body):
    """Close the books up to and with a day that is over."""

    closed_until: Day
    hard: bool = Field(strict=True, description="A hard lock is never lifted.")
    reason: Reason


class PeriodLockRead(BaseModel):
    """A lock of the books."""

    id: UUID
    closed_until: date
    hard: bool
    reason: str
    locked_by: str
    recorded_at: datetime

    @classmethod
    def of(cls, made: PeriodLock) -> Self:
        return cls(id=made.id, closed_until=made.closed_until, hard=made.hard, reason=made.reason, locked_by=made.actor,
                   recorded_at=made.recorded_at)


@writes.post("/period-locks", status_code=201, dependencies=[requires("periods:write")],
             responses=refuses("hard_lock_stands", "tenant_not_known_yet", status=409) | refuses("lock_in_future"))
async def lock_period(body: PeriodLockCreate, tx: Tx, validate_only: ValidateOnly = False) -> PeriodLockRead:
    """Close the books: nothing may take effect on or before that day any more."""
    wish = LockPeriod(body.closed_until, body.hard, body.reason)
    return PeriodLockRead.of(await lock(tx, wish))


class PeriodLockPage(Page[PeriodLockRead]):
    """Locks as they were recorded, the latest first: that one counts, and never less than the last hard one."""


@router.get("/period-locks", dependencies=[requires("reports:read")], responses=pages.RESPONSES)
async def list_period_locks(
    tx: Tx, response: Response, cursor: Paging, limit: Limit = pages.DEFAULT_LIMIT,
) -> PeriodLockPage:
    """Who closed the books up to which day, when and why."""
    found = await periods.locks(tx, int(cursor.after[0]) if cursor.after else None, limit)
    return PeriodLockPage(**cursor.page(response, found, limit, lambda row: [row["sequence"]], _listed))


def _listed(row: Any) -> PeriodLockRead:
    return PeriodLockRead(id=row["id"], closed_until=row["closed_until"], hard=row["hard"], reason=row["reason"],
                          locked_by=row["actor"], recorded_at=row["recorded_at"])
