"""Reject a proposed limit of a group, or take one's own back."""

from dataclasses import replace
from uuid import UUID

from credit_svc.domain.limit_override import ProposalStatus, decided_by
from credit_svc.store import group_limit_proposals, groups
from credit_svc.store.group_limit_proposals import GroupLimitProposal
from credit_svc.usecases.tell_group_approval import tell_group_approval
from dunlin_events.contracts.credit_approvals import ApprovalOutcome
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction


async def reject_group_limit_proposal(tx: Transaction, proposal_id: UUID, reason: str) -> GroupLimitProposal:
    """Refuses: tenant_not_known_yet, proposal_not_found, proposal_decided."""
    tenant = await present(tx)
    named = await group_limit_proposals.get(tx, proposal_id)
    await groups.lock(tx, named.group_id)
    proposal = await group_limit_proposals.get(tx, proposal_id)
    status = decided_by(proposal.status, ProposalStatus.REJECTED, maker=proposal.proposed_by, checker=tx.actor)
    after = replace(
        proposal, status=status, decided_by=tx.actor, decided_at=tenant.now, decision_reason=reason)
    group_limit_proposals.keep(tx, after)
    tell_group_approval(tx, after, ApprovalOutcome.REJECTED)
    return after
