"""Approve a waiver of interest that somebody else proposed: so much of it is not owed any more."""

from dataclasses import replace
from uuid import UUID

from billing_svc.domain.interest_charge import given_back_of
from billing_svc.domain.interest_waiver import WaiverProposal, signed, waivable
from billing_svc.store import interest_waivers, items
from billing_svc.usecases.charging_interest import Waived, paid_on, waive_paid
from billing_svc.usecases.posting import open_posting
from dunlin_kernel.money import sum_money
from dunlin_kit.transaction import Transaction


async def approve_interest_waiver(tx: Transaction, waiver_id: UUID) -> WaiverProposal:
    """Refuses: waiver_not_found, illegal_transition, second_person_needed, period_locked, and what `waivable`
    refuses."""
    named = (await interest_waivers.by_id(tx, [waiver_id]))[waiver_id]
    posting = await open_posting(tx, [(named.customer_id, named.amount.currency)])
    held = (await interest_waivers.by_id(tx, [waiver_id]))[waiver_id]
    state = signed(held, tx.actor)
    posting.items |= await items.by_id(tx, [held.item_id])
    item, paid = posting.items[held.item_id], (await paid_on(posting, [held.item_id])).get(held.item_id, ())
    amount = waivable(item, held.amount, sum_money(held.amount.currency, (one.amount for one in paid)))
    back = given_back_of(paid, amount - min(amount, item.undisputed))
    await waive_paid(posting, Waived(item.id, amount, held.reason.value, held.maker), back)
    approved = replace(held, state=state)
    interest_waivers.decide(tx, approved)
    posting.save()
    return approved
