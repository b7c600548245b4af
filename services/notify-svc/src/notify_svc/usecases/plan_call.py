"""Plan a call to a customer, by hand."""

from datetime import date
from uuid import UUID

from dunlin_kernel.errors import NotReady
from dunlin_kernel.ids import new_id
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction
from notify_svc.domain.call import CallReason, CallTask
from notify_svc.store import calls, customers


async def plan_call(tx: Transaction, customer_id: UUID, *, due_on: date, note: str | None) -> CallTask:
    """Refuses: customer_not_known_yet."""
    tenant = await present(tx)
    if customer_id not in await customers.lock(tx, [customer_id]):
        raise NotReady("customer_not_known_yet", "This service has not heard of the customer yet; try again.")
    task = CallTask(new_id(), customer_id, CallReason.BY_HAND, due_on, tenant.today, tx.actor, note=note)
    calls.add(tx, task)
    return task
