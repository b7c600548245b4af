"""Set what is kept for an order against its invoices, right when they are issued."""

from collections.abc import Sequence
from uuid import UUID

from billing_svc.domain.allocation import AllocationRule, Choice
from billing_svc.domain.credit import Credit
from billing_svc.domain.discounting import allocate_discounted
from billing_svc.domain.invoice import Invoice
from billing_svc.domain.item import Item
from billing_svc.store import deposits, payments
from billing_svc.usecases.allocate_credit import AllocationDay, allocate_credit
from billing_svc.usecases.posting import Posting
from dunlin_events.contracts.billing import Origin
from dunlin_kit.transaction import Transaction

REASON = "deposit"
Issued = tuple[Invoice, tuple[Item, ...]]


async def apply_deposits(posting: Posting, issued: Sequence[Issued]) -> dict[UUID, tuple[Item, ...]]:
    """What was paid ahead of each invoice's order pays it, as far as that goes; the documents were gathered before.

    Returns the items as they stand, by invoice, of those whose order a deposit was paid on. Refuses: what the
    allocation refuses.
    """
    kept = await _kept(posting.tx, issued)
    if not kept:
        return {}
    await posting.tx.flush()
    posting.credits |= await payments.by_id(posting.tx, {one for ids in kept.values() for one in ids})
    paid = [one for one in issued if one[0].id in kept]
    for invoice, owed in paid:
        for credit_id in kept[invoice.id]:
            await _applied(posting, posting.credits[credit_id], invoice, owed)
    posting.save()
    return {invoice.id: tuple(posting.items[item.id] for item in owed) for invoice, owed in paid}


async def _kept(tx: Transaction, issued: Sequence[Issued]) -> dict[UUID, list[UUID]]:
    """By invoice, what is kept for its order."""
    found = await deposits.of_orders(tx, [invoice.wish for invoice, _ in issued])
    fits = {invoice.id: [one.credit_id for one in found if one.pays(invoice.wish)] for invoice, _ in issued}
    return {invoice_id: ids for invoice_id, ids in fits.items() if ids}


async def _applied(posting: Posting, credit: Credit, invoice: Invoice, owed: Sequence[Item]) -> None:
    payable = {item.id: posting.items[item.id] for item in owed if posting.items[item.id].open.is_positive}
    if not payable or credit.unapplied.is_zero or (credit.customer_id, credit.amount.currency) != invoice.account:
        return
    allocated = allocate_discounted(credit, Choice(AllocationRule.OLDEST_FIRST), payable)
    await allocate_credit(
        posting, credit, allocated, AllocationDay(None, owed[0].effective_on), reason=REASON, origin=Origin.LIVE)
