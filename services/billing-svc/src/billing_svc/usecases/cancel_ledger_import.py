"""Give up an import: what was taken stays in the books, what was not is refused, and the file can be sent again."""

from dataclasses import replace
from uuid import UUID

from billing_svc.domain.ledger_import import LedgerImport
from billing_svc.store import audit, ledger_import_rows, ledger_imports
from dunlin_kernel.errors import RuleBroken
from dunlin_kit import operations
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction

NOT_TAKEN = RuleBroken("ledger_import_cancelled", "The import was cancelled before this was taken.")


async def cancel_ledger_import(tx: Transaction, import_id: UUID) -> LedgerImport:
    """End it as it stands, and its operation; a slice that is being taken comes to its end first.

    Refuses: ledger_import_not_found, illegal_transition (it has ended), tenant_not_known_yet.
    """
    held = await ledger_imports.hold(tx, import_id)
    now = (await present(tx)).now
    await ledger_import_rows.refuse_rest(tx, held, NOT_TAKEN)
    after = held.cancelled(await ledger_import_rows.refused_rows(tx, import_id))
    await ledger_import_rows.clear(tx, import_id)
    operation_id = held.operation_id or await _begun(tx, after.total)
    await operations.cancel(tx, operation_id)
    after = replace(after, operation_id=operation_id)
    ledger_imports.move(tx, after)
    audit.add(tx, NOT_TAKEN.code, import_id, customer_id=None, recorded_at=now, after={
        "invoices": after.tally.invoices, "payments": after.tally.payments, "refused": after.tally.refused})
    return after


async def _begun(tx: Transaction, total: int | None) -> UUID:
    """Of an import that was never run: its end is told as that of any other."""
    operation_id = operations.start(tx, "run_ledger_import", total)
    await tx.flush()
    return operation_id
