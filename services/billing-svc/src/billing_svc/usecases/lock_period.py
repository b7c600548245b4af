"""Lock a period: wait until no posting is under way, then say up to which day the books are closed."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from billing_svc.domain.period import lock_up_to
from billing_svc.store import audit, periods
from dunlin_events.contracts.billing import PeriodLocked
from dunlin_kernel.ids import new_id
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction


@dataclass(frozen=True, slots=True)
class LockPeriod:
    """The wish to close the books up to and with a day."""

    closed_until: date
    hard: bool
    reason: str


@dataclass(frozen=True, slots=True)
class PeriodLock:
    """A lock as it was recorded."""

    id: UUID
    closed_until: date
    hard: bool
    reason: str
    actor: str
    recorded_at: datetime


async def lock_period(tx: Transaction, wish: LockPeriod) -> PeriodLock:
    """Close the books. Refuses: lock_in_future, hard_lock_stands, tenant_not_known_yet."""
    await periods.hold(tx)
    tenant = await present(tx)
    state = await periods.state(tx)
    after = lock_up_to(state, wish.closed_until, hard=wish.hard, today=tenant.today)
    assert after.closed_until is not None
    made = PeriodLock(new_id(), after.closed_until, wish.hard, wish.reason, tx.actor, tenant.now)
    periods.add(tx, made.id, made.closed_until, hard=made.hard, reason=made.reason, recorded_at=made.recorded_at)
    audit.add(tx, "period_locked", made.id, customer_id=None, recorded_at=tenant.now,
              before={"closed_until": str(state.closed_until)}, after={"closed_until": str(made.closed_until)})
    tx.emit(PeriodLocked(closed_until=made.closed_until, hard=made.hard))
    return made
