"""Propose a limit that another person is to approve."""

from credit_svc.domain.limit_override import ProposalStatus
from credit_svc.store import limit_proposals
from credit_svc.store.limit_proposals import LimitProposal
from credit_svc.usecases.setting_limit import SetCreditLimit, setting_of
from credit_svc.usecases.tell_approval import tell_approval
from dunlin_kernel.ids import new_id
from dunlin_kit.transaction import Transaction


async def propose_limit(tx: Transaction, command: SetCreditLimit) -> LimitProposal:
    """It changes nothing until it is approved. Refuses: what `setting_of` refuses."""
    setting = await setting_of(tx, command)
    fact = setting.fact
    proposal = LimitProposal(
        id=new_id(), customer_id=command.customer_id, currency=fact.currency, kind=fact.kind, amount=fact.amount,
        valid_from=fact.valid_from, valid_until=fact.valid_until, reason=command.reason, proposed_by=tx.actor,
        proposed_at=setting.tenant.now, status=ProposalStatus.WAITING)
    limit_proposals.add(tx, proposal)
    tell_approval(tx, proposal)
    return proposal
