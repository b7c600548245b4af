"""Take what was received into the ledger, in order of time, as an operation."""

from dataclasses import replace
from uuid import UUID

from billing_svc.domain.ledger_import import LedgerImport, LedgerImportStatus, Tally
from billing_svc.store import ledger_import_rows, ledger_imports
from billing_svc.usecases.plan_ledger_round import plan_ledger_round
from dunlin_kit import operations
from dunlin_kit.transaction import Transaction


async def run_ledger_import(tx: Transaction, import_id: UUID) -> LedgerImport:
    """Begin, or go on where a run has come to a stand; one that has ended stays so. Rows received later are refused.

    Refuses: ledger_import_not_found, tenant_not_known_yet.
    """
    held = await ledger_imports.hold(tx, import_id)
    if held.status is LedgerImportStatus.ENDED:
        return held
    if held.status is not LedgerImportStatus.RUNNING:
        running = held.to(LedgerImportStatus.RUNNING)
        facts = await ledger_import_rows.order(tx, import_id)
        refused = await ledger_import_rows.refused_rows(tx, import_id)
        held = replace(
            running, total=facts + refused, tally=Tally(refused=refused),
            operation_id=operations.start(tx, "run_ledger_import", facts + refused))
    return await plan_ledger_round(tx, held)
