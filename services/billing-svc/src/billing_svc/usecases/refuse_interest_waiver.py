"""Refuse, or take back, a waiver of interest that was proposed: it stays owed."""

from dataclasses import replace
from uuid import UUID

from billing_svc.domain.interest_waiver import WAIVER_LIFECYCLE, InterestWaiverState, WaiverProposal
from billing_svc.store import accounts, audit, interest_waivers
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction


async def refuse_interest_waiver(tx: Transaction, waiver_id: UUID) -> WaiverProposal:
    """Whoever proposed it may do so too. Refuses: waiver_not_found, illegal_transition."""
    named = (await interest_waivers.by_id(tx, [waiver_id]))[waiver_id]
    await accounts.lock(tx, [(named.customer_id, named.amount.currency)])
    tenant = await present(tx)
    held = (await interest_waivers.by_id(tx, [waiver_id]))[waiver_id]
    refused = replace(held, state=WAIVER_LIFECYCLE.advance(held.state, InterestWaiverState.REFUSED))
    interest_waivers.decide(tx, refused)
    audit.add(tx, "interest_waiver_refused", refused.id, customer_id=refused.customer_id, recorded_at=tenant.now)
    return refused
