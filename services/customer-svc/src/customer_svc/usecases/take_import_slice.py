"""The next rows of an import are taken over; in the end all are looked at once more, and what came of them is told."""

from typing import Any
from uuid import UUID

from customer_svc.domain.import_row import read_row
from customer_svc.store import import_rows
from customer_svc.usecases.take_imported_rows import Imported, take_imported_rows
from dunlin_kit import operations
from dunlin_kit.operations import OperationRead
from dunlin_kit.transaction import Transaction


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
    result = _result_of(await take_imported_rows(tx, [read_row(*row) for row in rows]))
    operations.succeed(tx, operation_id, operation.done, result)
    await import_rows.clear(tx, operation_id)


def _result_of(imported: Imported) -> dict[str, Any]:
    return {
        "registered": imported.registered, "unchanged": imported.unchanged,
        "refused": [{"line": r.line, "code": r.code, "detail": r.detail} for r in imported.refused],
        "customers": [{"external_id": key, "id": str(customer.id), "number": customer.number}
                      for key, customer in imported.customers.items()],
    }
