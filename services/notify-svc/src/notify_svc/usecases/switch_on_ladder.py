"""Switch on the ladders of imported items, which wait for a person."""

from uuid import UUID

from dunlin_kit import jobs, operations
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction
from notify_svc.store import items

SWITCH_ON_ITEMS = "switch_on_items"


async def switch_on_ladder(tx: Transaction, customer_id: UUID | None) -> UUID:
    """Begin the operation, for one customer or for all of the tenant's, and give its id."""
    tenant = await present(tx)
    total = await items.switched_off_count(tx, customer_id)
    operation_id = operations.start(tx, SWITCH_ON_ITEMS, total)
    jobs.schedule(tx, SWITCH_ON_ITEMS, str(operation_id), tenant.now, {
        "operation_id": str(operation_id), "total": total, "customer_id": str(customer_id) if customer_id else None})
    return operation_id
