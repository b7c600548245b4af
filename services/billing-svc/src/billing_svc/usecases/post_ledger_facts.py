"""Post facts of an older ledger, in their order, in one posting: by the same steps as live invoices and payments."""

import asyncio
from collections.abc import Mapping, Sequence
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
from billing_svc.usecases.posting import Posting, open_posting
from billing_svc.usecases.record_payment import enter_payment
from dunlin_kernel.ids import new_id
from dunlin_kit.transaction import Transaction

DESCRIPTION = "Taken over from an older ledger"
PART = 50
"""Facts that leave in one statement."""
BREATH = 10
"""After so many facts the loop may send on what is being written."""


@dataclass(frozen=True, slots=True)
class Takeover:
    """Into which series, and from which customers; `targets` are what payments may name."""

    series: str
    customers: Customers
    targets: Targets


async def post_ledger_facts(tx: Transaction, facts: Sequence[StagedFact], takeover: Takeover) -> None:
    """Issue each invoice, and confirm each payment and set it against its invoice; all or none.

    They are posted part by part: while the database writes one, the next is posted.
    Refuses: what `issue_drafts` and `record_payment` refuse.
    """
    drafts = {fact.external_id: _draft(fact, takeover) for fact in facts if fact.part is LedgerPart.INVOICE}
    posting = await open_posting(tx, [(_customer_id(fact, takeover), fact.amount.currency) for fact in facts])
    owed = {number: item.id for number, item in takeover.targets.items.items() if item.id is not None}
    posting.items |= await items.by_id(tx, owed.values())
    entering = _Entering(takeover, posting, await Issuing.begin(posting, list(drafts.values())), drafts, owed)
    for first in range(0, len(facts), PART):
        if first:
            await tx.write_ahead()
        await entering.enter(facts[first:first + PART])


class _Entering:
    """Facts of one posting, entered and stored part by part; `owed` are the items that payments may name."""

    def __init__(
        self, takeover: Takeover, posting: Posting, issuing: Issuing, drafts: Mapping[str, Invoice],
        owed: dict[str, UUID],
    ) -> None:
        self._takeover, self._posting, self._issuing, self._drafts = takeover, posting, issuing, drafts
        self._owed = owed

    async def enter(self, facts: Sequence[StagedFact]) -> None:
        posting = self._posting
        tx, now = posting.tx, posting.tenant.now
        paid: set[UUID] = set()
        for n, fact in enumerate(facts, 1):
            if fact.part is LedgerPart.INVOICE:
                invoice, (item,) = self._issuing.issue(self._drafts[fact.external_id])
                invoices.add(tx, invoice, created_at=now)
                self._owed[fact.external_id] = item.id
            else:
                recorded = await enter_payment(posting, _command(fact, self._takeover, self._owed))
                payments.add(tx, recorded.command, recorded.payment, now)
                paid.add(recorded.payment.id)
            if n % BREATH == 0:
                await asyncio.sleep(0)
        posting.save(fresh=self._issuing.save() | paid)


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
