"""Let a person or a role post into what is softly closed, for a reason and a time."""

from dataclasses import dataclass
from datetime import date, datetime

from billing_svc.domain.period import LockException, granted
from billing_svc.store import audit, lock_exceptions, periods
from dunlin_kernel.ids import new_id
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction


@dataclass(frozen=True, slots=True)
class GrantLockException:
    """The wish: who may post, on days from which on, until when, and why."""

    subject: str | None
    scope: str | None
    from_on: date
    ends_at: datetime
    reason: str


async def grant_lock_exception(tx: Transaction, wish: GrantLockException) -> LockException:
    """It counts for postings that begin after it. Refuses: tenant_not_known_yet, and what `granted` refuses."""
    await periods.hold(tx)
    tenant = await present(tx)
    made = granted(LockException(
        new_id(), wish.subject, wish.scope, wish.from_on, wish.ends_at, wish.reason, tx.actor, tenant.now),
        await periods.state(tx), tenant.now)
    lock_exceptions.add(tx, made)
    audit.add(tx, "lock_exception_granted", made.id, customer_id=None, recorded_at=tenant.now,
              after={"subject": made.subject, "scope": made.scope, "from_on": str(made.from_on),
                     "ends_at": made.ends_at.isoformat()})
    return made
