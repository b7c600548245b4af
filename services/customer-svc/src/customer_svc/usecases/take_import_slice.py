"""The next rows of an import are taken over; in the end all are looked at once more, and what came of them is told."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from customer_svc.domain.import_row import read_row
from customer_svc.domain.likeness import Alike, alike
from customer_svc.store import alike_customers, import_rows
from customer_svc.usecases.take_imported_rows import Imported, take_imported_rows
from dunlin_kernel.ids import CustomerId
from dunlin_kit import operations
from dunlin_kit.operations import OperationRead
from dunlin_kit.transaction import Transaction

MOST_ALIKE = 5_000


async def take_import_slice(tx: Transaction, operation_id: UUID, size: int) -> OperationRead:
    """How far the operation is after up to `size` rows more. Refuses: tenant_not_known_yet."""
    operation = await operations.get(tx, operation_id)
    rows = await import_rows.some(tx, operation_id, operation.done, size)
    await take_imported_rows(tx, [read_row(*row) for row in rows])
    after = operation.model_copy(update={"done": operation.done + len(rows)})
    operations.progress(tx, operation_id, after.done, after.total)
    return after


async def end_customer_import(tx: Transaction, operation_id: UUID) -> None:
    """All were taken or refused: the result says what came of each row. Refuses: tenant_not_known_yet."""
    operation = await operations.get(tx, operation_id)
    rows = await import_rows.some(tx, operation_id, 0, operation.done)
    imported = await take_imported_rows(tx, [read_row(*row) for row in rows])
    customers = list(imported.customers.values())
    found = alike(customers, await alike_customers.some(tx, customers, MOST_ALIKE))
    operations.succeed(tx, operation_id, operation.done, _result_of(imported, found))
    await import_rows.clear(tx, operation_id)


def _result_of(imported: Imported, found: Mapping[CustomerId, Sequence[Alike]]) -> dict[str, Any]:
    return {
        "registered": imported.registered, "unchanged": imported.unchanged,
        "refused": [{"line": r.line, "code": r.code, "detail": r.detail} for r in imported.refused],
        "customers": [{"external_id": key, "id": str(customer.id), "number": customer.number}
                      for key, customer in imported.customers.items()],
        "alike": [{"number": customer.number, "others": [one.customer.number for one in found[customer.id]]}
                  for customer in imported.customers.values() if customer.id in found],
    }
