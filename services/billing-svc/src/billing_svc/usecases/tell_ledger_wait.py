"""Say in an import's operation what it stands still for, so that whoever watches it need not guess."""

from uuid import UUID

from billing_svc.domain.ledger_import import LedgerImportStatus
from billing_svc.store import ledger_imports
from dunlin_kernel.errors import NotReady
from dunlin_kit import operations
from dunlin_kit.transaction import Transaction


async def tell_ledger_wait(tx: Transaction, import_id: UUID, why: NotReady) -> None:
    """Until the next facts are taken; nothing where it has ended meanwhile. Refuses: ledger_import_not_found."""
    held = await ledger_imports.hold(tx, import_id)
    if held.status is LedgerImportStatus.RUNNING and held.operation_id is not None:
        line = f"Line {why.facts['line']}: " if "line" in why.facts else ""
        operations.wait(tx, held.operation_id, why.code, line + why.detail)
