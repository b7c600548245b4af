"""Reverse allocations: the item owes its part again, the credit has it back and keeps it unapplied."""

from collections.abc import Sequence
from dataclasses import dataclass

from billing_svc.domain.credit import Credit
from billing_svc.domain.item import Item
from billing_svc.domain.reversal import (
    AllocationReversal,
    UndoWish,
    fact_of_allocation_reversal,
    standing,
    undo_allocation,
)
from billing_svc.store import allocations, customer_credits, items
from billing_svc.usecases.held_losses import HeldLosses
from billing_svc.usecases.posting import Posting, open_posting
from dunlin_events.contracts.base import Amount
from dunlin_events.contracts.billing import AllocationReversed, Origin
from dunlin_kernel.ids import new_id
from dunlin_kit.transaction import Transaction


@dataclass(frozen=True, slots=True)
class ReversedAllocation:
    """The undoing, and both sides right after it."""

    reversal: AllocationReversal
    item: Item
    credit: Credit


async def reverse_allocation(tx: Transaction, wishes: Sequence[UndoWish]) -> list[ReversedAllocation]:
    """Undo single allocations, in order; all or none.

    Refuses: allocation_not_found, already_reversed, effective_too_early, effective_in_future, period_locked.
    """
    named = await allocations.by_id(tx, [wish.allocation_id for wish in wishes])
    posting = await open_posting(tx, [(one.customer_id, one.amount.currency) for one in named.values()])
    undone = await allocations.undone_of(tx, named)
    await posting.carrying.remember(tx, named)
    posting.credits |= await customer_credits.by_id(tx, list({one.credit_id for one in named.values()}))
    posting.items |= await items.by_id(tx, {one.item_id for one in named.values()})
    held = HeldLosses(posting)
    await held.remember(named.values())
    made = []
    for wish in wishes:
        allocation = standing(named[wish.allocation_id], undone)
        reversal = undo_allocation(wish, allocation, posting.books, new_id())
        enter_reversal(posting, reversal, wish.reason.value)
        held.after(reversal)
        undone.add(allocation.id)
        made.append(ReversedAllocation(
            reversal, posting.items[allocation.item_id], posting.credits[allocation.credit_id]))
    posting.save()
    return made


def enter_reversal(posting: Posting, reversal: AllocationReversal, reason: str) -> None:
    """Enter the undoing of one allocation; its item and credit must be in the posting."""
    allocation = reversal.allocation
    figures = posting.post(fact_of_allocation_reversal(reversal))
    item = posting.items[allocation.item_id]
    allocations.add_reversal(posting.tx, reversal, reason=reason, recorded_at=posting.tenant.now)
    posting.tx.emit(AllocationReversed(
        customer_id=item.customer_id, origin=Origin.LIVE, account=figures, reversal_id=reversal.id,
        allocation_id=allocation.id, credit_id=allocation.credit_id, invoice_id=item.invoice_id, item_id=item.id,
        amount=Amount.of(allocation.amount), effective_on=reversal.effective_on, due_on=item.due_on,
        open_after=Amount.of(item.open),
        discount=Amount.of(allocation.discount.total) if allocation.discount else None))
