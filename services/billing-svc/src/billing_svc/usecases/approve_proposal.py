"""Approve a proposal that somebody else made: the refund is paid, the credit note issued, the fee
let go, now."""

from uuid import UUID

from billing_svc.domain.fee_waiver import WaiveFee
from billing_svc.domain.proposal import Proposal
from billing_svc.domain.refund import PayRefund
from billing_svc.store import accounts, proposals
from billing_svc.usecases.issue_credit_note import issue_credit_note
from billing_svc.usecases.pay_refund import pay_refund
from billing_svc.usecases.waive_fee import waive_fee
from dunlin_kit.transaction import Transaction


async def approve_proposal(tx: Transaction, proposal_id: UUID) -> Proposal:
    """Refuses: proposal_not_found, illegal_transition, second_person_needed, and what `pay_refund`, `issue_credit_note`
    and `waive_fee` refuse."""
    named = await proposals.by_id(tx, proposal_id)
    await accounts.lock(tx, [(named.customer_id, named.amount.currency)])
    approved = (await proposals.by_id(tx, proposal_id)).approved(tx.actor)
    if isinstance(approved.wish, PayRefund):
        await pay_refund(tx, [approved.wish], approved=True)
    elif isinstance(approved.wish, WaiveFee):
        await waive_fee(tx, approved.wish, maker=approved.maker)
    else:
        await issue_credit_note(tx, [approved.wish], approved=True)
    proposals.decide(tx, approved)
    return approved
