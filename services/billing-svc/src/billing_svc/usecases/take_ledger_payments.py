"""Take payments of an older ledger over: each confirmed, and set against the invoice that it names."""

from collections.abc import Sequence

from billing_svc.domain.allocation import AllocationRule, Choice, Part
from billing_svc.domain.ledger import Origin
from billing_svc.domain.ledger_import import Tally
from billing_svc.domain.ledger_judgement import OwedItem, judge_payments, target_of
from billing_svc.domain.ledger_row import StagedFact
from billing_svc.domain.payment import RecordPayment
from billing_svc.store import ledger_import_looks, ledger_import_rows
from billing_svc.usecases.record_payment import record_payment
from billing_svc.usecases.takeover import Takeover
from dunlin_kernel.ids import new_id


async def take_ledger_payments(takeover: Takeover, facts: Sequence[StagedFact]) -> Tally:
    """Judge them and record the new ones. Refuses: what `record_payment` refuses."""
    known = await ledger_import_looks.known_payments(takeover.tx, [fact.external_id for fact in facts])
    named = {fact.invoice_external_id for fact in facts if fact.invoice_external_id is not None}
    items = await ledger_import_looks.owed_items(takeover.tx, named)
    refused = await ledger_import_rows.refused_invoices(takeover.tx, takeover.import_id, named - items.keys())

    def target(fact: StagedFact) -> OwedItem | None:
        return target_of(fact, items, refused)

    judged = judge_payments(facts, takeover.customers, known, target, takeover.books)
    if judged.new:
        await record_payment(takeover.tx, [_command(takeover, fact, target(fact)) for fact in judged.new])
    return Tally(payments=len(judged.new)) + takeover.keep(judged)


def _command(takeover: Takeover, fact: StagedFact, item: OwedItem | None) -> RecordPayment:
    assert fact.method is not None, "a payment has a method"
    choice = Choice(AllocationRule.NONE) if item is None else Choice(AllocationRule.ITEMS, (Part(item.id),))
    return RecordPayment(
        new_id(), takeover.customer_of(fact), fact.amount, fact.day, fact.method, choice,
        reference=fact.invoice_external_id, external_id=fact.external_id, origin=Origin.IMPORT)
