"""Reverse small differences that were closed: so much is owed again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from billing_svc.domain.difference import (
    DifferenceReversal,
    difference_standing,
    fact_of_difference_reversal,
    reversal_of,
)
from billing_svc.store import differences, items
from billing_svc.usecases.close_difference import ClosedDifference
from billing_svc.usecases.move_of import move_of
from billing_svc.usecases.posting import Posting, open_posting
from dunlin_events.contracts.base import Amount
from dunlin_events.contracts.billing import Origin
from dunlin_events.contracts.billing_differences import DifferenceReversed
from dunlin_kernel.ids import new_id
from dunlin_kit.transaction import Transaction


@dataclass(frozen=True, slots=True)
class ReverseDifference:
    """`effective_on` None means today."""

    difference_id: UUID
    effective_on: date | None = None


async def reverse_difference(tx: Transaction, wishes: Sequence[ReverseDifference]) -> list[ClosedDifference]:
    """Reverse them, in order; all or none.

    Refuses: difference_not_found, difference_reversed, effective_too_early, effective_in_future, period_locked.
    """
    named = await differences.by_id(tx, [wish.difference_id for wish in wishes])
    posting = await open_posting(tx, [(one.customer_id, one.amount.currency) for one in named.values()])
    gone = await differences.reversed_of(tx, named)
    await posting.carrying.remember(tx, named)
    posting.items |= await items.by_id(tx, {one.item_id for one in named.values()})
    made = []
    for wish in wishes:
        was = difference_standing(named[wish.difference_id], gone)
        gone.add(was.id)
        reversal = reversal_of(was, wish.effective_on, posting.books, new_id())
        enter_difference_reversal(posting, reversal)
        made.append(ClosedDifference(was, posting.items[was.item_id]))
    posting.save()
    return made


def enter_difference_reversal(posting: Posting, reversal: DifferenceReversal) -> None:
    """Enter one; its item must be in the posting."""
    was, figures = reversal.difference, posting.post(fact_of_difference_reversal(reversal))
    item = posting.items[was.item_id]
    differences.add_reversal(posting.tx, reversal, recorded_at=posting.tenant.now)
    posting.tx.emit(DifferenceReversed(
        customer_id=item.customer_id, origin=Origin.LIVE, account=figures, reversal_id=reversal.id,
        difference_id=was.id, invoice_id=item.invoice_id, number=item.number, amount=Amount.of(was.amount),
        items=[move_of(item, was.amount)], effective_on=reversal.effective_on))
