"""A sandbox's clock is moved on; every service follows it by the fact."""

from datetime import datetime

from customer_svc.domain.tenant import clock_moved
from customer_svc.store import tenants
from dunlin_events.contracts.customer import ClockAdvanced
from dunlin_kit.transaction import Transaction


async def advance_test_clock(tx: Transaction, to: datetime) -> datetime:
    """Where the clock stands now.

    Refuses: tenant_not_found, not_a_sandbox, clock_runs_backwards, clock_too_far.
    """
    tenant = await tenants.lock(tx)
    tx.recorded_at = now = clock_moved(tenant.clock_at, tenant.zone, to)
    tenants.move_clock(tx, now)
    tx.emit(ClockAdvanced(now=now))
    return now
