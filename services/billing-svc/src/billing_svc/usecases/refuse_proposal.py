"""Refuse a proposal: nothing was moved by it, and nothing is."""

from uuid import UUID

from billing_svc.domain.proposal import Proposal
from billing_svc.store import accounts, audit, proposals
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction


async def refuse_proposal(tx: Transaction, proposal_id: UUID) -> Proposal:
    """Refuses: proposal_not_found, illegal_transition."""
    named = await proposals.by_id(tx, proposal_id)
    await accounts.lock(tx, [(named.customer_id, named.amount.currency)])
    tenant = await present(tx)
    refused = (await proposals.by_id(tx, proposal_id)).refused(tx.actor)
    proposals.decide(tx, refused)
    audit.add(tx, f"{refused.kind.value}_refused", refused.id, customer_id=refused.customer_id, recorded_at=tenant.now)
    return refused
