"""Reverse a compensation: who paid it has the claim no more, and has its money back; the customer owes as before."""

from billing_svc.domain.compensation import (
    CompensationReversal,
    ReverseCompensation,
    fact_of_compensation_reversal,
    reversal_of,
)
from billing_svc.store import compensations, items
from billing_svc.usecases.posting import open_posting
from billing_svc.usecases.receive_compensation import in_base
from dunlin_events.contracts.base import Amount
from dunlin_events.contracts.billing import Origin
from dunlin_events.contracts.billing_compensations import CompensationReversed
from dunlin_kernel.frozen import replace
from dunlin_kernel.ids import new_id
from dunlin_kit.transaction import Transaction


async def reverse_compensation(tx: Transaction, wish: ReverseCompensation) -> CompensationReversal:
    """Refuses: compensation_not_found, exchange_rate_missing, and what `reversal_of` refuses."""
    named = (await compensations.get(tx, wish.compensation_id)).standing.compensation
    item = (await items.by_id(tx, [named.item_id]))[named.item_id]
    posting = await open_posting(tx, [(item.customer_id, item.amount.currency)])
    standing = (await compensations.get(tx, wish.compensation_id)).standing
    reversal = reversal_of(wish, standing, posting.books, new_id())
    one = replace(standing.compensation, customer_id=item.customer_id)
    reversal = replace(reversal, compensation=one)
    figures = posting.post(fact_of_compensation_reversal(reversal, in_base(posting, one, reversal.amount)))
    compensations.add_reversal(tx, reversal, recorded_at=posting.tenant.now)
    tx.emit(CompensationReversed(
        customer_id=one.customer_id, origin=Origin.LIVE, account=figures, reversal_id=reversal.id,
        compensation_id=one.id, item_id=one.item_id, number=item.number, amount=Amount.of(reversal.amount),
        claim_id=one.claim_id, effective_on=reversal.effective_on, reason=reversal.reason.value))
    posting.save()
    return reversal
