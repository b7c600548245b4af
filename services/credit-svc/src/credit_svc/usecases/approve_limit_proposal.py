"""Approve a proposed limit: it is set, by two persons."""

from dataclasses import replace
from uuid import UUID

from credit_svc.domain.limit_override import ProposalStatus, decided_by
from credit_svc.store import limit_proposals
from credit_svc.store.limit_proposals import LimitProposal
from credit_svc.store.limits import SetLimit
from credit_svc.usecases.setting_limit import SetCreditLimit, record_limit, setting_of
from credit_svc.usecases.tell_approval import tell_approval
from dunlin_events.contracts.credit_approvals import ApprovalOutcome
from dunlin_kit.transaction import Transaction


async def approve_limit_proposal(tx: Transaction, proposal_id: UUID) -> LimitProposal:
    """Judged again by today's policy and date; a first day that has passed becomes today.

    Refuses: proposal_not_found, proposal_decided, second_person_needed, and what `setting_of` refuses.
    """
    named = await limit_proposals.get(tx, proposal_id)
    setting = await setting_of(tx, SetCreditLimit(
        named.customer_id, named.currency, named.amount, named.valid_from, named.valid_until, named.reason,
        named.kind), starts_today=True)
    proposal = await limit_proposals.get(tx, proposal_id)
    status = decided_by(
        proposal.status, ProposalStatus.APPROVED, maker=proposal.proposed_by, checker=tx.actor)
    await record_limit(tx, setting, SetLimit(
        setting.fact, proposal.reason, proposal.proposed_by, setting.tenant.now, approved_by=tx.actor))
    after = replace(
        proposal, status=status, decided_by=tx.actor, decided_at=setting.tenant.now, limit_id=setting.fact.id)
    limit_proposals.keep(tx, after)
    tell_approval(tx, after, ApprovalOutcome.APPROVED)
    return after
