"""Propose a limit of a group that another person is to approve."""

from credit_svc.domain.limit_override import ProposalStatus
from credit_svc.store import group_limit_proposals
from credit_svc.store.group_limit_proposals import GroupLimitProposal
from credit_svc.usecases.setting_group_limit import SetGroupLimit, setting_of
from credit_svc.usecases.tell_group_approval import tell_group_approval
from dunlin_kernel.ids import new_id
from dunlin_kit.transaction import Transaction


async def propose_group_limit(tx: Transaction, command: SetGroupLimit) -> GroupLimitProposal:
    """It changes nothing until it is approved. Refuses: what `setting_of` refuses."""
    setting = await setting_of(tx, command)
    limit, group = setting.limit, setting.group
    proposal = GroupLimitProposal(
        id=new_id(), group_id=command.group_id, number=group.number, name=group.name, currency=limit.currency,
        amount=limit.amount, valid_until=limit.valid_until, reason=command.reason, proposed_by=tx.actor,
        proposed_at=setting.tenant.now, status=ProposalStatus.WAITING)
    group_limit_proposals.add(tx, proposal)
    tell_group_approval(tx, proposal)
    return proposal
