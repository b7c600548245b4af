"""Reverse payments: undo the allocations, then the payment, each by a fact of its own with its own date."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from billing_svc.domain.item import Item, ItemKind
from billing_svc.domain.payment import Payment
from billing_svc.domain.reversal import (
    CreditReversal,
    ReversalWish,
    Undoing,
    Undone,
    fact_of_payment_reversal,
    return_fee,
    undo,
)
from billing_svc.store import allocations, items, payments
from billing_svc.usecases.charging import Charging
from billing_svc.usecases.posting import Posting, open_posting
from billing_svc.usecases.reverse_allocation import enter_reversal
from dunlin_events.contracts.base import Amount
from dunlin_events.contracts.billing import Origin, PaymentReversed
from dunlin_kernel.ids import new_id
from dunlin_kit.transaction import Transaction


@dataclass(frozen=True, slots=True)
class ReversedPayment:
    """The payment, what was undone, and the fee that its return cost."""

    payment: Payment
    undone: Undone
    fee: Item | None


async def reverse_payment(tx: Transaction, wishes: Sequence[ReversalWish]) -> list[ReversedPayment]:
    """Reverse payments, in order; all or none.

    Refuses: payment_not_found, illegal_transition, credit_refunded, fee_not_meant, amount_not_positive,
    currency_mismatch, effective_too_early, effective_in_future, period_locked.
    """
    ids = [wish.payment_id for wish in wishes]
    named = await payments.by_id(tx, ids)
    posting = await open_posting(tx, [(one.customer_id, one.amount.currency) for one in named.values()])
    posting.credits |= await payments.by_id(tx, ids)
    live = await allocations.live_of(tx, ids)
    posting.items |= await items.by_id(tx, {one.item_id for one in live})
    await posting.carrying.remember(tx, [one.id for one in live])
    await posting.remember_steps(ids)
    charging = await Charging.begin(posting, [ItemKind.FEE] if any(wish.fee for wish in wishes) else [])
    reversed_ = [_reversed(posting, charging, wish, Undoing(
        posting.payment(wish.payment_id), [one for one in live if one.credit_id == wish.payment_id],
        posting.steps_of(wish.payment_id) or [], posting.books)) for wish in wishes]
    posting.save(fresh=charging.save())
    return reversed_


def _reversed(posting: Posting, charging: Charging, wish: ReversalWish, undoing: Undoing) -> ReversedPayment:
    ended = posting.payment(wish.payment_id).reversed()
    undone = undo(wish, undoing, new_id)
    fee = return_fee(wish, undone, posting.items)
    for one in undone.allocations:
        enter_reversal(posting, one, wish.reason.value)
    _enter_payment(posting, undone.credit, wish)
    payment = posting.credits[ended.id] = replace(posting.payment(ended.id), state=ended.state)
    return ReversedPayment(payment, undone, charging.charge(fee) if fee else None)


def _enter_payment(posting: Posting, reversal: CreditReversal, wish: ReversalWish) -> None:
    figures = posting.post(fact_of_payment_reversal(reversal))
    allocations.add_payment_reversal(posting.tx, reversal, reason=wish.reason.value, recorded_at=posting.tenant.now)
    posting.tx.emit(PaymentReversed(
        customer_id=reversal.credit.customer_id, origin=Origin.LIVE, account=figures, payment_id=reversal.credit.id,
        amount=Amount.of(reversal.amount), effective_on=reversal.effective_on, reason=wish.reason.value))
