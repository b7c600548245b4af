"""Reject a proposed limit, or take one's own back."""

from dataclasses import replace
from uuid import UUID

from credit_svc.domain.limit_override import ProposalStatus, decided_by
from credit_svc.store import heads, limit_proposals
from credit_svc.store.limit_proposals import LimitProposal
from credit_svc.usecases.tell_approval import tell_approval
from dunlin_events.contracts.credit_approvals import ApprovalOutcome
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction


async def reject_limit_proposal(tx: Transaction, proposal_id: UUID, reason: str) -> LimitProposal:
    """Refuses: tenant_not_known_yet, proposal_not_found, proposal_decided."""
    tenant = await present(tx)
    named = await limit_proposals.get(tx, proposal_id)
    await heads.lock(tx, named.customer_id, named.currency)
    proposal = await limit_proposals.get(tx, proposal_id)
    status = decided_by(
        proposal.status, ProposalStatus.REJECTED, maker=proposal.proposed_by, checker=tx.actor)
    after = replace(
        proposal, status=status, decided_by=tx.actor, decided_at=tenant.now, decision_reason=reason)
    limit_proposals.keep(tx, after)
    tell_approval(tx, after, ApprovalOutcome.REJECTED)
    return after
