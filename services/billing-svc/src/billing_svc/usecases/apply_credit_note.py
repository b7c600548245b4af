"""Apply what a credit note has left to items of its customer, later than it was issued."""

from collections.abc import Sequence

from billing_svc.store import credit_notes
from billing_svc.usecases.apply_credit import AppliedCredit, ApplyCredit, apply_held
from billing_svc.usecases.posting import open_posting
from dunlin_kit.transaction import Transaction


async def apply_credit_note(tx: Transaction, wishes: Sequence[ApplyCredit]) -> list[AppliedCredit]:
    """Apply unapplied credit of credit notes, in order; all or none.

    Refuses: credit_note_not_found, nothing_unapplied, effective_too_early, effective_in_future, period_locked, and what
    the allocation refuses.
    """
    ids = [wish.credit_id for wish in wishes]
    named = await credit_notes.by_id(tx, ids)
    posting = await open_posting(tx, [(one.customer_id, one.amount.currency) for one in named.values()])
    posting.credits |= await credit_notes.by_id(tx, ids)
    return await apply_held(posting, wishes)
