"""Approve a waiver of interest that somebody else proposed: so much of it is not owed any more."""

from dataclasses import replace
from uuid import UUID

from billing_svc.domain.interest_waiver import WaiverProposal, signed, waivable
from billing_svc.store import interest_waivers, items
from billing_svc.usecases.charging_interest import waive_interest
from billing_svc.usecases.posting import open_posting
from dunlin_kit.transaction import Transaction


async def approve_interest_waiver(tx: Transaction, waiver_id: UUID) -> WaiverProposal:
    """Refuses: waiver_not_found, illegal_transition, second_person_needed, period_locked, and what `waivable`
    refuses."""
    named = (await interest_waivers.by_id(tx, [waiver_id]))[waiver_id]
    posting = await open_posting(tx, [(named.customer_id, named.amount.currency)])
    held = (await interest_waivers.by_id(tx, [waiver_id]))[waiver_id]
    state = signed(held, tx.actor)
    posting.items |= await items.by_id(tx, [held.item_id])
    item = posting.items[held.item_id]
    waive_interest(posting, item, waivable(item, held.amount), held.reason.value, held.maker)
    approved = replace(held, state=state)
    interest_waivers.decide(tx, approved)
    posting.save()
    return approved
