"""Routes that close the books."""

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field, StringConstraints

from billing_svc.api.shapes import Body
from billing_svc.usecases.lock_period import LockPeriod, PeriodLock
from billing_svc.usecases.lock_period import lock_period as lock
from dunlin_kit.auth import requires
from dunlin_kit.problems import refuses
from dunlin_kit.wire import Day
from dunlin_kit.write_route import Tx, ValidateOnly, WriteRoute

writes = APIRouter(prefix="/billing/v1", route_class=WriteRoute, tags=["periods"])
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
