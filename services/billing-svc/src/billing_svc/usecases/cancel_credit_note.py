"""Cancel credit notes: what they paid is owed again, what was earned less is earned; their numbers stay taken. Money
that a note freed, because it had earned a discount on what was credited, pays that again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from billing_svc.domain.credit_note import CancelReason, CreditNote, cancelled, fact_of_cancellation
from billing_svc.domain.credited_discount import TakenBack, given_again
from billing_svc.domain.reversal import CreditReversal, Undoing, undo_credit
from billing_svc.store import allocations, credit_notes, credited_discounts, customer_credits, items
from billing_svc.usecases.allocate_credit import AllocationDay, allocate_credit
from billing_svc.usecases.held_losses import HeldLosses
from billing_svc.usecases.posting import Posting, open_posting
from billing_svc.usecases.reverse_allocation import enter_reversal
from dunlin_events.contracts.base import Amount
from dunlin_events.contracts.billing import Origin
from dunlin_events.contracts.billing_credit_notes import CreditNoteCancelled
from dunlin_kernel.ids import new_id
from dunlin_kit.transaction import Transaction

REASON = "credit_note_cancelled"


@dataclass(frozen=True, slots=True)
class CancelCreditNote:
    """`effective_on` None means the note's own day for a correction, else today."""

    credit_note_id: UUID
    reason: CancelReason
    effective_on: date | None = None


async def cancel_credit_note(tx: Transaction, wishes: Sequence[CancelCreditNote]) -> list[CreditNote]:
    """Cancel credit notes, in order; all or none.

    Refuses: credit_note_not_found, credit_note_cancelled, credit_refunded, effective_too_early, effective_in_future,
    period_locked.
    """
    ids = [wish.credit_note_id for wish in wishes]
    named = await credit_notes.by_id(tx, ids)
    posting = await open_posting(tx, [(one.customer_id, one.amount.currency) for one in named.values()])
    posting.credits |= await credit_notes.by_id(tx, ids)
    live = await allocations.live_of(tx, ids)
    taken = await credited_discounts.by_notes(tx, ids)
    freed = [one for by_note in taken.values() for one in by_note]
    posting.credits |= await customer_credits.by_id(tx, {one.credit_id for one in freed})
    posting.items |= await items.by_id(tx, {one.item_id for one in live} | {one.item_id for one in freed})
    await posting.carrying.remember(tx, [one.id for one in live])
    await posting.remember_steps(ids)
    held = HeldLosses(posting)
    await held.remember(live)
    made = []
    for wish in wishes:
        note = posting.credit_note(wish.credit_note_id).standing()
        undoing = Undoing(note, [one for one in live if one.credit_id == note.id], posting.steps_of(note.id) or [],
                          posting.books)
        day = _cancelled(held, wish, undoing)
        await _give_again(posting, taken.get(note.id, ()), day)
        made.append(posting.credit_note(note.id))
    posting.save()
    return made


def _cancelled(held: HeldLosses, wish: CancelCreditNote, undoing: Undoing) -> date:
    posting = held.posting
    undone = undo_credit(
        undoing, new_id, wanted=wish.effective_on, correction=wish.reason is CancelReason.ISSUED_IN_ERROR)
    for one in undone.allocations:
        enter_reversal(posting, one, wish.reason.value)
        held.after(one)
    _enter(posting, undone.credit, wish.reason)
    posting.credits[wish.credit_note_id] = cancelled(posting.credit_note(wish.credit_note_id))
    return undone.credit.effective_on


async def _give_again(posting: Posting, taken: Sequence[TakenBack], day: date) -> None:
    for one in taken:
        credit = posting.credits[one.credit_id]
        await allocate_credit(
            posting, credit, given_again(one, credit, posting.items[one.item_id]),
            AllocationDay(None, day), reason=REASON, origin=Origin.LIVE)


def _enter(posting: Posting, reversal: CreditReversal, reason: CancelReason) -> None:
    note = posting.credit_note(reversal.credit.id)
    figures = posting.post(fact_of_cancellation(reversal, note))
    credit_notes.add_cancellation(posting.tx, reversal, reason, recorded_at=posting.tenant.now)
    posting.tx.emit(CreditNoteCancelled(
        customer_id=note.customer_id, origin=Origin.LIVE, account=figures, cancellation_id=reversal.id,
        credit_note_id=note.id, number=note.number, invoice_id=note.invoice_id, amount=Amount.of(note.amount),
        effective_on=reversal.effective_on, reason=reason.value))
