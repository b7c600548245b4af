"""Receive rows of an older ledger: what can be read waits for its turn, the rest is refused with the reason."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from billing_svc.domain.ledger_import import LedgerImport, LedgerImportStatus
from billing_svc.domain.ledger_judgement import Refused
from billing_svc.domain.ledger_row import LedgerPart, RowTexts, StagedFact, read_row
from billing_svc.store import ledger_import_rows, ledger_imports
from dunlin_kernel.errors import Conflict, DomainError
from dunlin_kit.transaction import Transaction


async def add_ledger_rows(tx: Transaction, import_id: UUID, rows: Sequence[RowTexts]) -> LedgerImport:
    """Stage rows; a line that was received before is passed over.

    Refuses: ledger_import_not_found, ledger_import_closed.
    """
    held = await ledger_imports.hold(tx, import_id)
    if held.status is not LedgerImportStatus.RECEIVING:
        raise Conflict("ledger_import_closed", "The import runs, or has ended: it takes no more rows.")
    facts: list[StagedFact] = []
    refused: list[Refused] = []
    for row in rows:
        try:
            facts += read_row(row)
        except DomainError as why:
            refused.append(_refused(row, why))
    ledger_import_rows.stage(tx, import_id, facts)
    ledger_import_rows.refuse(tx, import_id, refused)
    received = replace(held, last_line=max(held.last_line, *(row.line for row in rows)))
    ledger_imports.move(tx, received)
    return received


def _refused(row: RowTexts, why: DomainError) -> Refused:
    """By its invoice, so that payments of that in other rows are refused with it; a payment alone by itself."""
    part = LedgerPart.PAYMENT if row.payment and not row.invoice else LedgerPart.ROW
    said = row.invoice or row.payment
    return Refused(row.line, part, (said.external_id.strip() or None) if said else None, why.code, why.detail)
