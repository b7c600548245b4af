"""Reclaims: a payment that did not arrive takes with it what was paid back of it, whatever was paid when."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_svc.domain.account import Account
from billing_svc.domain.charge import Charge, ChargeReason
from billing_svc.domain.item import ItemKind
from billing_svc.domain.payment import Payment, PaymentState
from billing_svc.domain.posting_dates import Books, Step
from billing_svc.domain.reclaim import charge_of_reclaim, fact_of_reclaim, reclaim_on
from billing_svc.domain.refund import Refund, fact_of_refund
from billing_svc.domain.reversal import ReversalReason, ReversalWish, Undoing, fact_of_payment_reversal, undo
from dunlin_kernel.errors import DomainError
from dunlin_kernel.ids import new_id
from dunlin_kernel.money import Money

DAY, CUSTOMER, PAID = date(2026, 3, 1), UUID(int=7), UUID(int=1)


def on(day: int) -> date:
    return DAY + timedelta(days=day)


def cny(minor: int) -> Money:
    return Money(minor, "CNY")


def refund(day: int, minor: int) -> Refund:
    return Refund(new_id(), PAID, CUSTOMER, cny(minor), on(day))


def undoing(refunds: list[Refund], *, claimed: bool = True, today: int = 30) -> Undoing:
    back = sum(one.amount.minor for one in refunds)
    credit = Payment(PAID, CUSTOMER, cny(100), cny(100 - back), DAY, DAY, DAY, 1, state=PaymentState.CONFIRMED,
                     received_on=DAY)
    steps = [Step(DAY, 100), *(Step(one.effective_on, -one.amount.minor) for one in refunds)]
    return Undoing(credit, [], steps, Books(None, on(today)), refunds if claimed else ())


@pytest.mark.parametrize(
    ("refunds", "wanted", "claimed_on", "reversed_on"),
    [
        ([], 10, [], 10),
        ([(3, 60)], 10, [10], 10),
        ([(3, 60), (5, 40)], None, [30, 30], 30),
        ([(12, 60)], 10, [12], 10),
        ([(3, 60), (12, 10)], 10, [10, 12], 10),
    ],
)
def test_it_is_claimed_on_the_day_of_the_return_and_never_before_it_was_paid(
    refunds: list[tuple[int, int]], wanted: int | None, claimed_on: list[int], reversed_on: int,
) -> None:
    day = None if wanted is None else on(wanted)
    undone = undo(ReversalWish(PAID, ReversalReason.RETURNED, day), undoing([refund(*one) for one in refunds]), new_id)
    assert [one.effective_on for one in undone.reclaims] == [on(one) for one in claimed_on]
    assert undone.credit.effective_on == on(reversed_on)


def test_without_a_claim_what_was_paid_back_stops_it() -> None:
    with pytest.raises(DomainError, match="credit_refunded"):
        undo(ReversalWish(PAID, ReversalReason.RETURNED, None), undoing([refund(3, 60)], claimed=False), new_id)


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 25)), max_size=4), st.integers(0, 30))
def test_the_customer_owes_what_was_paid_back_and_the_credit_is_never_below_zero(
    paid: list[tuple[int, int]], day: int,
) -> None:
    refunds = [refund(*one) for one in paid]
    was = undoing(refunds)
    undone = undo(ReversalWish(PAID, ReversalReason.NOT_RECEIVED, on(day)), was, new_id)
    zero = cny(0)
    account = Account(CUSTOMER, zero, zero, cny(100), 0, 0)
    for one in refunds:
        account = account.after(fact_of_refund(one))
    for claimed in undone.reclaims:
        charge = Charge(new_id(), new_id(), "RCL-1", charge_of_reclaim(claimed))
        assert (charge.wish.kind, charge.wish.reason) == (ItemKind.RECLAIM, ChargeReason.RETURNED_PAYMENT)
        account = account.after(fact_of_reclaim(charge, claimed))
    account = account.after(fact_of_payment_reversal(undone.credit))
    assert (account.open, account.unapplied) == (cny(sum(minor for _, minor in paid)), zero)
    moved = [*was.steps, *(Step(one.effective_on, one.refund.amount.minor) for one in undone.reclaims),
             Step(undone.credit.effective_on, -100)]
    assert all(sum(one.minor for one in moved if one.effective_on <= on(n)) >= 0 for n in range(31))


def test_what_is_claimed_is_for_the_refund_it_undoes() -> None:
    claimed = reclaim_on(refund(3, 60), on(10))
    fact = fact_of_reclaim(Charge(new_id(), new_id(), "RCL-1", charge_of_reclaim(claimed)), claimed)
    assert fact.undoes == claimed.refund.id
    assert {line.account.value: line.amount.minor for line in fact.journal} == {
        "receivable_control": 60, "customer_credit": -60}
