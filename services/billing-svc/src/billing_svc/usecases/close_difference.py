"""Close small differences: what is left of an item within the tolerance is owed no more, for a named reason."""

from collections.abc import Sequence
from dataclasses import dataclass

from billing_svc.domain.difference import CloseDifference, Difference, difference_of, fact_of_difference
from billing_svc.domain.giving_up import without_unapplied_note
from billing_svc.domain.item import Item
from billing_svc.store import credit_notes, differences, items
from billing_svc.usecases.move_of import move_of
from billing_svc.usecases.posting import Posting, open_posting
from billing_svc.usecases.tell_settled import load_siblings, tell_settled
from dunlin_events.contracts.base import Amount
from dunlin_events.contracts.billing import Origin
from dunlin_events.contracts.billing_differences import DifferenceClosed
from dunlin_kernel.errors import NotFound
from dunlin_kit.transaction import Transaction


@dataclass(frozen=True, slots=True)
class ClosedDifference:
    """What was closed, and the item right after it."""

    difference: Difference
    item: Item


async def close_difference(tx: Transaction, wishes: Sequence[CloseDifference]) -> list[ClosedDifference]:
    """Close what is left of items, in order; all or none.

    Refuses: item_not_found, credit_note_unapplied, and what `difference_of` refuses.
    """
    ids = [wish.item_id for wish in wishes]
    named = await items.by_id(tx, ids)
    for item_id in ids:
        if item_id not in named:
            raise NotFound("item_not_found", "There is no such item.", item_id=item_id)
    posting = await open_posting(tx, [(one.customer_id, one.amount.currency) for one in named.values()])
    posting.items |= await items.by_id(tx, ids)
    await load_siblings(posting, ids)
    await posting.remember_steps(ids)
    unapplied = await credit_notes.unapplied_on(tx, posting.items.values())
    policy = await differences.policy_in_force(tx)
    closed = []
    for wish in wishes:
        item = posting.items[wish.item_id]
        difference = difference_of(wish, item, posting.steps_of(item.id) or [], policy, posting.books)
        without_unapplied_note(item, unapplied.get(item.invoice_id))
        enter_difference(posting, difference)
        closed.append(ClosedDifference(difference, posting.items[item.id]))
    posting.save()
    return closed


def enter_difference(posting: Posting, difference: Difference) -> None:
    """Enter one; its item and the siblings of that must be in the posting."""
    differences.add(posting.tx, difference, recorded_at=posting.tenant.now)
    figures = posting.post(fact_of_difference(difference))
    item = posting.items[difference.item_id]
    posting.tx.emit(DifferenceClosed(
        customer_id=item.customer_id, origin=Origin.LIVE, account=figures, difference_id=difference.id,
        invoice_id=item.invoice_id, number=item.number, amount=Amount.of(difference.amount),
        items=[move_of(item, -difference.amount)], effective_on=difference.effective_on,
        reason=difference.reason.value))
    tell_settled(posting, item, settled_on=difference.effective_on, origin=Origin.LIVE)
