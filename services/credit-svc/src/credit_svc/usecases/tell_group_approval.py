"""Tell that a group's limit waits for a second person, or waits no more, for the inbox over all services."""

from credit_svc.store.group_limit_proposals import GroupLimitProposal
from dunlin_events.contracts.base import Amount
from dunlin_events.contracts.credit_approvals import ApprovalOutcome, GroupApprovalAsked, GroupApprovalEnded
from dunlin_kit.transaction import Transaction


def tell_group_approval(tx: Transaction, one: GroupLimitProposal, outcome: ApprovalOutcome | None = None) -> None:
    """Gather it: asked for, without an outcome."""
    if outcome is None:
        tx.emit(GroupApprovalAsked(
            approval_id=one.id, group_id=one.group_id, group_number=one.number, group_name=one.name,
            amount=None if one.amount is None else Amount.of(one.amount), maker=one.proposed_by, since=one.proposed_at))
    else:
        tx.emit(GroupApprovalEnded(approval_id=one.id, group_id=one.group_id, outcome=outcome))
