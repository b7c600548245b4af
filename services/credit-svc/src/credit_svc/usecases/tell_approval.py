"""Tell that something waits for a second person, and what came of it: the inbox over all services shows it."""

from credit_svc.store.covers import KnownCover
from credit_svc.store.limit_proposals import LimitProposal
from dunlin_events.consuming import Tx
from dunlin_events.contracts.base import Amount
from dunlin_events.contracts.credit_approvals import ApprovalAsked, ApprovalEnded, ApprovalOutcome, ApprovalSubject


def tell_approval(tx: Tx, one: LimitProposal | KnownCover, outcome: ApprovalOutcome | None = None) -> None:
    """Gather that it is asked for, or its outcome."""
    limit = isinstance(one, LimitProposal)
    subject = ApprovalSubject.CREDIT_LIMIT if limit else ApprovalSubject.COVER
    approval_id = one.id if isinstance(one, LimitProposal) else one.cover.id
    tx.emit(_asked(one, subject) if outcome is None else ApprovalEnded(
        customer_id=one.customer_id, approval_id=approval_id, subject=subject, outcome=outcome))


def _asked(one: LimitProposal | KnownCover, subject: ApprovalSubject) -> ApprovalAsked:
    if isinstance(one, KnownCover):
        return ApprovalAsked(
            customer_id=one.customer_id, approval_id=one.cover.id, subject=subject,
            amount=Amount.of(one.cover.counts), maker=one.registered_by, since=one.registered_at)
    return ApprovalAsked(
        customer_id=one.customer_id, approval_id=one.id, subject=subject,
        amount=None if one.amount is None else Amount.of(one.amount), maker=one.proposed_by, since=one.proposed_at)
