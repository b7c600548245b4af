"""Rows of an existing archive are received: they wait for the operation that takes them over, slice by slice."""

from collections.abc import Sequence
from uuid import UUID

from customer_svc.domain.import_row import RowTexts
from customer_svc.store import import_rows
from dunlin_kernel.ids import CustomerId, new_id
from dunlin_kit import jobs, operations
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction

IMPORT_CUSTOMERS = "import_customers"


async def import_customers(tx: Transaction, rows: Sequence[RowTexts]) -> UUID:
    """The operation that takes them. Refuses: tenant_not_known_yet."""
    operation_id = operations.start(tx, IMPORT_CUSTOMERS, len(rows))
    import_rows.stage(tx, operation_id, [(CustomerId(new_id()), row) for row in rows])
    payload = {"operation_id": str(operation_id), "started_by": tx.actor}
    jobs.schedule(tx, IMPORT_CUSTOMERS, str(operation_id), (await present(tx)).now, payload)
    return operation_id
