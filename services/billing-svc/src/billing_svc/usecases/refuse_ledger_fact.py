"""Refuse the fact of an import whose turn it is, for a reason that only showed when it was written."""

from uuid import UUID

from billing_svc.domain.ledger_import import LedgerImport, LedgerImportStatus, Tally
from billing_svc.domain.ledger_judgement import Refused
from billing_svc.store import ledger_import_rows, ledger_imports
from dunlin_kernel.errors import DomainError
from dunlin_kit.transaction import Transaction


async def refuse_ledger_fact(tx: Transaction, import_id: UUID, why: DomainError) -> LedgerImport:
    """The next one alone was tried, and refused. Refuses: ledger_import_not_found."""
    held = await ledger_imports.hold(tx, import_id)
    facts = await ledger_import_rows.next_of(tx, held, 1)
    if held.status is not LedgerImportStatus.RUNNING or not facts:
        return held
    ledger_import_rows.refuse(tx, import_id, [Refused.of(facts[0], why)])
    after = held.after(facts, Tally(refused=1))
    ledger_imports.move(tx, after)
    return after
