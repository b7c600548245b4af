"""Pass on covers, and limits that wait for a second person, to the customer into which theirs was merged."""

from dataclasses import replace
from uuid import UUID

from credit_svc.domain.cover import CoverState
from credit_svc.store import covers, limit_proposals
from credit_svc.usecases.keep_covers import told_of
from credit_svc.usecases.tell_approval import tell_approval
from dunlin_events.contracts.credit_approvals import ApprovalOutcome
from dunlin_events.contracts.credit_covers import CoverTransferred
from dunlin_kit.transaction import Transaction


async def pass_covers(tx: Transaction, source_id: UUID, into_id: UUID) -> None:
    """Only after the lock on the heads of both; what was decided or ended stays in the history of the old one."""
    for proposal in await limit_proposals.pass_on(tx, source_id, into_id):
        tell_approval(tx, replace(proposal, customer_id=source_id), ApprovalOutcome.TRANSFERRED)
        tell_approval(tx, proposal)
    for known in await covers.pass_on(tx, source_id, into_id):
        if known.cover.state is CoverState.WAITING:
            tell_approval(tx, replace(known, customer_id=source_id), ApprovalOutcome.TRANSFERRED)
            tell_approval(tx, known)
        else:
            tx.emit(*(CoverTransferred(
                customer_id=one, **told_of(known.cover), source_id=source_id, into_id=into_id)
                for one in (source_id, into_id)))
