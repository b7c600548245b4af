"""Waive fees: so much of each is not owed any more, and what was paid of that is the customer's credit again."""

from billing_svc.domain.fee_waiver import FeeWaiver, WaiveFee
from billing_svc.domain.interest_charge import given_back_of
from billing_svc.domain.proposal import alone
from billing_svc.store import pending_payments
from billing_svc.usecases.held_fee import hold_fee
from billing_svc.usecases.let_go_of_fee import let_go_of_fee
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
    await let_go_of_fee(posting, waiver, back)
    posting.save()
    return waiver
