"""Reverse payments: undo the allocations, claim back what was refunded, then undo the payment, each by a fact of its
own with its own date."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from billing_svc.domain.charge import Charge
from billing_svc.domain.item import Item, ItemKind
from billing_svc.domain.payment import Payment
from billing_svc.domain.reclaim import Reclaim, charge_of_reclaim, fact_of_reclaim
from billing_svc.domain.reversal import (
    CreditReversal,
    ReversalReason,
    ReversalWish,
    Undoing,
    Undone,
    fact_of_payment_reversal,
    return_fee,
    undo,
)
from billing_svc.store import allocations, items, payments, refunds
from billing_svc.usecases.charging import Charging
from billing_svc.usecases.held_losses import HeldLosses
from billing_svc.usecases.posting import Posting, open_posting
from billing_svc.usecases.reverse_allocation import enter_reversal
from dunlin_events.contracts.base import AccountFigures, Amount
from dunlin_events.contracts.billing import InvoicedItem, Origin, PaymentReversed
from dunlin_events.contracts.billing_refunds import RefundReclaimed
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
    paid_back = await refunds.standing_of(tx, _not_arrived(wishes))
    await posting.carrying.remember(tx, [*(one.id for one in live), *(one.id for one in paid_back)])
    await posting.remember_steps(ids)
    held = HeldLosses(posting)
    await held.remember(live)
    charging = await Charging.begin(posting, [
        *([ItemKind.FEE] if any(wish.fee for wish in wishes) else []), *([ItemKind.RECLAIM] if paid_back else [])])
    reversed_ = [_reversed(held, charging, wish, Undoing(
        posting.payment(wish.payment_id), [one for one in live if one.credit_id == wish.payment_id],
        posting.steps_of(wish.payment_id) or [], posting.books,
        [one for one in paid_back if one.credit_id == wish.payment_id])) for wish in wishes]
    posting.save(fresh=charging.save())
    return reversed_


def _not_arrived(wishes: Sequence[ReversalWish]) -> list[UUID]:
    """What was paid back of one that was recorded in error is in error too, until somebody says otherwise."""
    return [wish.payment_id for wish in wishes if wish.reason is not ReversalReason.RECORDED_IN_ERROR]


def _reversed(held: HeldLosses, charging: Charging, wish: ReversalWish, undoing: Undoing) -> ReversedPayment:
    posting = held.posting
    ended = posting.payment(wish.payment_id).reversed()
    undone = undo(wish, undoing, new_id)
    fee = return_fee(wish, undone, posting.items)
    for one in undone.allocations:
        enter_reversal(posting, one, wish.reason.value)
        held.after(one)
    for claimed in undone.reclaims:
        _enter_reclaim(posting, charging, claimed)
    _enter_payment(posting, undone.credit, wish)
    payment = posting.credits[ended.id] = replace(posting.payment(ended.id), state=ended.state)
    return ReversedPayment(payment, undone, charging.charge(fee) if fee else None)


def _enter_reclaim(posting: Posting, charging: Charging, reclaim: Reclaim) -> None:
    def entered(charge: Charge, figures: AccountFigures) -> RefundReclaimed:
        refunds.add_reclaim(posting.tx, charge, reclaim)
        return _told(charge, reclaim, figures)

    charging.charge(charge_of_reclaim(reclaim), entered, lambda charge: fact_of_reclaim(charge, reclaim))


def _told(charge: Charge, reclaim: Reclaim, figures: AccountFigures) -> RefundReclaimed:
    refund, wish = reclaim.refund, charge.wish
    return RefundReclaimed(
        customer_id=wish.customer_id, origin=Origin.LIVE, account=figures, charge_id=charge.id, number=charge.number,
        items=[InvoicedItem(item_id=charge.item_id, due_on=wish.due_on, amount=Amount.of(wish.amount))],
        refund_id=refund.id, payment_id=refund.credit_id, amount=Amount.of(wish.amount), charged_on=wish.effective_on)


def _enter_payment(posting: Posting, reversal: CreditReversal, wish: ReversalWish) -> None:
    figures = posting.post(fact_of_payment_reversal(reversal))
    allocations.add_payment_reversal(posting.tx, reversal, reason=wish.reason.value, recorded_at=posting.tenant.now)
    posting.tx.emit(PaymentReversed(
        customer_id=reversal.credit.customer_id, origin=Origin.LIVE, account=figures, payment_id=reversal.credit.id,
        amount=Amount.of(reversal.amount), effective_on=reversal.effective_on, reason=wish.reason.value))
