"""Post facts of an older ledger, in their order, in one posting: by the same steps as live invoices and payments."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from billing_svc.domain.allocation import AllocationRule, Choice, Part
from billing_svc.domain.invoice import DraftInvoice, Invoice, draft
from billing_svc.domain.invoice_totals import LineDraft
from billing_svc.domain.ledger import Origin
from billing_svc.domain.ledger_judgement import Targets
from billing_svc.domain.ledger_row import LedgerPart, StagedFact
from billing_svc.domain.payment import RecordPayment
from billing_svc.store import invoices, items, payments
from billing_svc.usecases.issuing import Issuing
from billing_svc.usecases.judge_ledger_facts import Customers
from billing_svc.usecases.posting import open_posting
from billing_svc.usecases.record_payment import RecordedPayment, enter_payment
from dunlin_kernel.ids import new_id
from dunlin_kit.transaction import Transaction

DESCRIPTION = "Taken over from an older ledger"


@dataclass(frozen=True, slots=True)
class Takeover:
    """Into which series, and from which customers; `targets` are what payments may name."""

    series: str
    customers: Customers
    targets: Targets


async def post_ledger_facts(tx: Transaction, facts: Sequence[StagedFact], takeover: Takeover) -> None:
    """Issue each invoice, and confirm each payment and set it against its invoice; all or none.

    Refuses: what `issue_drafts` and `record_payment` refuse.
    """
    drafts = {fact.external_id: _draft(fact, takeover) for fact in facts if fact.part is LedgerPart.INVOICE}
    posting = await open_posting(tx, [(_customer_id(fact, takeover), fact.amount.currency) for fact in facts])
    owed = {number: item.id for number, item in takeover.targets.items.items() if item.id is not None}
    posting.items |= await items.by_id(tx, owed.values())
    issuing = await Issuing.begin(posting, list(drafts.values()))
    issued: list[Invoice] = []
    recorded: list[RecordedPayment] = []
    for fact in facts:
        if fact.part is LedgerPart.INVOICE:
            invoice, (item,) = issuing.issue(drafts[fact.external_id])
            issued.append(invoice)
            owed[fact.external_id] = item.id
        else:
            recorded.append(await enter_payment(posting, _command(fact, takeover, owed)))
    for one in issued:
        invoices.add(tx, one, created_at=posting.tenant.now)
    for paid in recorded:
        payments.add(tx, paid.command, paid.payment, posting.tenant.now)
    posting.save(fresh=issuing.save() | {paid.payment.id for paid in recorded})


def _customer_id(fact: StagedFact, takeover: Takeover) -> UUID:
    return takeover.customers[fact.customer_external_id].id


def _draft(fact: StagedFact, takeover: Takeover) -> Invoice:
    line = LineDraft(DESCRIPTION, None, Decimal(1), Decimal(fact.amount.amount), Decimal(0))
    return draft(DraftInvoice(
        new_id(), _customer_id(fact, takeover), fact.amount.currency, (line,), series=takeover.series,
        issued_on=fact.day, due_on=fact.due_on, external_id=fact.external_id, origin=Origin.IMPORT))


def _command(fact: StagedFact, takeover: Takeover, owed: dict[str, UUID]) -> RecordPayment:
    assert fact.method is not None, "a payment has a method"
    number = fact.invoice_external_id
    choice = Choice(AllocationRule.NONE) if number is None else Choice(AllocationRule.ITEMS, (Part(owed[number]),))
    return RecordPayment(
        new_id(), _customer_id(fact, takeover), fact.amount, fact.day, fact.method, choice, reference=number,
        external_id=fact.external_id, origin=Origin.IMPORT)
