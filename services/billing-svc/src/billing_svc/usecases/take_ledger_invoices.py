"""Take invoices of an older ledger over: issued in the import's own series, with their old number as external id."""

from collections.abc import Sequence
from decimal import Decimal

from billing_svc.domain.invoice import DraftInvoice
from billing_svc.domain.invoice_totals import LineDraft
from billing_svc.domain.ledger import Origin
from billing_svc.domain.ledger_import import Tally
from billing_svc.domain.ledger_judgement import judge_invoices
from billing_svc.domain.ledger_row import StagedFact
from billing_svc.store import ledger_import_looks
from billing_svc.usecases.create_invoice import CreateInvoice, create_invoice
from billing_svc.usecases.takeover import Takeover
from dunlin_kernel.ids import new_id

DESCRIPTION = "Taken over from an older ledger"


async def take_ledger_invoices(takeover: Takeover, facts: Sequence[StagedFact]) -> Tally:
    """Judge them and issue the new ones. Refuses: what `create_invoice` refuses."""
    known = await ledger_import_looks.known_invoices(takeover.tx, [fact.external_id for fact in facts])
    judged = judge_invoices(facts, takeover.customers, known, takeover.books)
    if judged.new:
        await create_invoice(takeover.tx, [_wish(takeover, fact) for fact in judged.new])
    return Tally(invoices=len(judged.new)) + takeover.keep(judged)


def _wish(takeover: Takeover, fact: StagedFact) -> CreateInvoice:
    line = LineDraft(DESCRIPTION, None, Decimal(1), Decimal(fact.amount.amount), Decimal(0))
    return CreateInvoice(DraftInvoice(
        new_id(), takeover.customer_of(fact), fact.amount.currency, (line,), series=takeover.series,
        issued_on=fact.day, due_on=fact.due_on, external_id=fact.external_id, origin=Origin.IMPORT), issue=True)
