"""Take the next facts of an import into the ledger: in order of time, through the same use cases as live ones."""

from collections.abc import Sequence
from uuid import UUID

from billing_svc.domain.ledger_import import LedgerImport, LedgerImportStatus, heard_first
from billing_svc.domain.ledger_row import StagedFact
from billing_svc.store import customers, ledger_import_rows, ledger_imports
from billing_svc.usecases.judge_ledger_facts import judge_ledger_facts
from billing_svc.usecases.post_ledger_facts import Takeover, post_ledger_facts
from dunlin_kit import operations
from dunlin_kit.transaction import Transaction


async def take_ledger_slice(tx: Transaction, import_id: UUID, size: int) -> LedgerImport:
    """Judge up to `size` facts and take the new ones, or end the import where none is left.

    The end tidies up what was staged, which takes its time: it is a slice of its own, and holds no account.
    Refuses: customer_not_known_yet (the next one's), and what a use case refuses at the moment of writing.
    """
    held = await ledger_imports.hold(tx, import_id)
    if held.status is not LedgerImportStatus.RUNNING:
        return held
    tx.actor = held.started_by
    facts = await ledger_import_rows.next_of(tx, held, size)
    after = await _taken(tx, held, facts) if facts else held.to(LedgerImportStatus.ENDED)
    if not facts:
        await ledger_import_rows.clear(tx, held.id)
        await ledger_imports.analyse(tx)
    ledger_imports.move(tx, after)
    _tell(tx, after)
    return after


async def _taken(tx: Transaction, held: LedgerImport, facts: Sequence[StagedFact]) -> LedgerImport:
    heard = await customers.by_external_id(tx, {fact.customer_external_id for fact in facts})
    ready = heard_first(facts, heard)
    judgement = await judge_ledger_facts(tx, held.id, ready, heard)
    ledger_import_rows.refuse(tx, held.id, judgement.refused)
    if judgement.new:
        await post_ledger_facts(tx, judgement.new, Takeover(held.series, heard, judgement.targets))
    return held.after(ready, judgement.tally)


def _tell(tx: Transaction, after: LedgerImport) -> None:
    assert after.operation_id is not None, "a running import has its operation"
    tally = after.tally
    if after.status is LedgerImportStatus.ENDED:
        operations.succeed(tx, after.operation_id, tally.judged, {
            "invoices": tally.invoices, "payments": tally.payments, "unchanged": tally.unchanged,
            "refused": tally.refused})
    else:
        operations.progress(tx, after.operation_id, tally.judged, after.total)
