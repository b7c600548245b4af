"""Approve a proposed limit of a group: it is set, by two persons."""

from dataclasses import replace
from uuid import UUID

from credit_svc.domain.limit_override import ProposalStatus, decided_by
from credit_svc.store import group_limit_proposals
from credit_svc.store.group_limit_proposals import GroupLimitProposal
from credit_svc.store.groups import SignedLimit
from credit_svc.usecases.setting_group_limit import SetGroupLimit, record_group_limit, setting_of
from credit_svc.usecases.tell_group_approval import tell_group_approval
from dunlin_events.contracts.credit_approvals import ApprovalOutcome
from dunlin_kit.transaction import Transaction


async def approve_group_limit_proposal(tx: Transaction, proposal_id: UUID) -> GroupLimitProposal:
    """It holds from today. Refuses: proposal_not_found, proposal_decided, second_person_needed, and what `setting_of`
    refuses."""
    named = await group_limit_proposals.get(tx, proposal_id)
    setting = await setting_of(tx, SetGroupLimit(named.group_id, named.amount, named.valid_until, named.reason))
    proposal = await group_limit_proposals.get(tx, proposal_id)
    status = decided_by(proposal.status, ProposalStatus.APPROVED, maker=proposal.proposed_by, checker=tx.actor)
    record_group_limit(tx, proposal.group_id, setting.limit, SignedLimit(
        proposal.reason, proposal.proposed_by, setting.tenant.now, approved_by=tx.actor))
    after = replace(
        proposal, status=status, decided_by=tx.actor, decided_at=setting.tenant.now, limit_id=setting.limit.id)
    group_limit_proposals.keep(tx, after)
    tell_group_approval(tx, after, ApprovalOutcome.APPROVED)
    return after
