"""Waive fees: so much of each is not owed any more, and what was paid of that is the customer's credit again."""

from billing_svc.domain.fee_waiver import FeeWaiver, WaiveFee, fact_of_fee_waiver
from billing_svc.domain.interest_charge import given_back_of
from billing_svc.domain.proposal import alone
from billing_svc.store import fee_waivers, pending_payments
from billing_svc.usecases.charging_interest import give_back
from billing_svc.usecases.held_fee import hold_fee
from billing_svc.usecases.move_of import move_of
from billing_svc.usecases.posting import Posting
from dunlin_events.contracts.base import Amount
from dunlin_events.contracts.billing import Origin
from dunlin_events.contracts.billing_charges import FeeWaived
from dunlin_kit.transaction import Transaction


async def waive_fee(tx: Transaction, wish: WaiveFee, *, maker: str | None = None) -> FeeWaiver:
    """`maker`: who proposed it, where a second person approves it.

    Refuses: item_not_found, second_person_needed, period_locked, and what `waivable_fee` refuses.
    """
    held = await hold_fee(tx, wish)
    posting, item = held.posting, held.item
    if maker is None:
        alone(held.amount, pending_payments.policy_of(posting.beside[0]))
    day = posting.books.open_on(posting.tenant.today)
    waiver = FeeWaiver(wish.id, item.id, item.customer_id, held.amount, wish.reason, day, maker or tx.actor,
                       tx.actor if maker else None)
    back = given_back_of(held.paid, held.amount - min(held.amount, item.undisputed))
    await give_back(posting, back, waiver.reason.value, lambda: _enter(posting, waiver))
    posting.save()
    return waiver


def _enter(posting: Posting, waiver: FeeWaiver) -> None:
    figures = posting.post(fact_of_fee_waiver(waiver))
    after = posting.items[waiver.item_id]
    fee_waivers.add(posting.tx, waiver, recorded_at=posting.tenant.now)
    posting.tx.emit(FeeWaived(
        customer_id=waiver.customer_id, origin=Origin.LIVE, account=figures, waiver_id=waiver.id, number=after.number,
        invoice_id=after.invoice_id, claim_item_id=after.claim_item_id, amount=Amount.of(waiver.amount),
        waived_on=waiver.effective_on, reason=waiver.reason.value, items=[
            move_of(after, -waiver.amount)]))
