"""Reverse refunds that came back or were never paid: the credit has the amount again, and keeps it unapplied."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from billing_svc.domain.refund import (
    Refund,
    RefundReversal,
    RefundReversalReason,
    fact_of_refund_reversal,
    refund_back,
    refund_standing,
)
from billing_svc.store import customer_credits, refunds
from billing_svc.usecases.posting import Posting, open_posting
from dunlin_events.contracts.base import Amount
from dunlin_events.contracts.billing import Origin
from dunlin_events.contracts.billing_refunds import RefundReversed
from dunlin_kernel.ids import new_id
from dunlin_kit.transaction import Transaction


@dataclass(frozen=True, slots=True)
class ReverseRefund:
    """`effective_on` None means today for one that bounced, the refund's own day for a correction."""

    refund_id: UUID
    reason: RefundReversalReason
    effective_on: date | None = None


async def reverse_refund(tx: Transaction, wishes: Sequence[ReverseRefund]) -> list[RefundReversal]:
    """Reverse refunds, in order; all or none.

    Refuses: refund_not_found, refund_reversed, refund_reclaimed, effective_too_early, effective_in_future,
    period_locked.
    """
    named = await refunds.by_id(tx, [wish.refund_id for wish in wishes])
    posting = await open_posting(tx, [(one.customer_id, one.amount.currency) for one in named.values()])
    gone, claimed = await refunds.reversed_of(tx, named), await refunds.reclaimed_of(tx, named)
    await posting.carrying.remember(tx, named)
    posting.credits |= await customer_credits.by_id(tx, {one.credit_id for one in named.values()})
    made = []
    for wish in wishes:
        made.append(_reversed(posting, wish, refund_standing(named[wish.refund_id], gone, claimed)))
        gone.add(wish.refund_id)
    posting.save()
    return made


def _reversed(posting: Posting, wish: ReverseRefund, refund: Refund) -> RefundReversal:
    reversal = refund_back(refund, wish.reason, wish.effective_on, posting.books, new_id())
    figures = posting.post(fact_of_refund_reversal(reversal))
    refunds.add_reversal(posting.tx, reversal, wish.reason, recorded_at=posting.tenant.now)
    posting.tx.emit(RefundReversed(
        customer_id=refund.customer_id, origin=Origin.LIVE, account=figures, reversal_id=reversal.id,
        refund_id=refund.id, credit_id=refund.credit_id, amount=Amount.of(refund.amount),
        effective_on=reversal.effective_on, reason=wish.reason.value))
    return reversal
