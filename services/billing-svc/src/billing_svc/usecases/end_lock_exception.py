"""End an exception of a soft period lock early."""

from dataclasses import replace
from uuid import UUID

from billing_svc.domain.period import LockException
from billing_svc.store import audit, lock_exceptions, periods
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction


async def end_lock_exception(tx: Transaction, exception_id: UUID) -> LockException:
    """From now on it counts no more; one that has ended stays as it is.

    Refuses: lock_exception_not_found, tenant_not_known_yet.
    """
    await periods.hold(tx)
    tenant = await present(tx)
    held = await lock_exceptions.by_id(tx, exception_id)
    if held.ends_at <= tenant.now:
        return held
    ended = replace(held, ends_at=tenant.now)
    lock_exceptions.end(tx, ended)
    audit.add(tx, "lock_exception_ended", held.id, customer_id=None, recorded_at=tenant.now,
              before={"ends_at": held.ends_at.isoformat()})
    return ended
