"""Refunds: never more than is unapplied, on its day, on any day since, and today; and what undoes one."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing_svc.domain.account import Account
from billing_svc.domain.credit import Credit, CreditKind
from billing_svc.domain.posting_dates import Books, Step
from billing_svc.domain.refund import (
    PayRefund,
    Refund,
    RefundReason,
    RefundReversalReason,
    fact_of_refund,
    fact_of_refund_reversal,
    refund_back,
    refund_of,
    refund_standing,
)
from dunlin_kernel.errors import DomainError
from dunlin_kernel.money import Money

DAY = date(2026, 3, 1)
CUSTOMER = UUID(int=7)


def on(day: int) -> date:
    return DAY + timedelta(days=day)


def cny(minor: int) -> Money:
    return Money(minor, "CNY")


def credit(amount: int, left: int) -> Credit:
    return Credit(UUID(int=1), CUSTOMER, cny(amount), cny(left), DAY, DAY, DAY, 1, CreditKind.PAYMENT)


def wish(amount: Money | None = None, day: int | None = None) -> PayRefund:
    return PayRefund(UUID(int=2), UUID(int=1), RefundReason.OVERPAID, "bank_transfer", amount,
                     None if day is None else on(day))


def books(today: int = 30, closed: int | None = None) -> Books:
    return Books(None if closed is None else on(closed), on(today))


@pytest.mark.parametrize(
    ("amount", "day", "left", "closed", "code"),
    [
        (cny(1), None, 0, None, "nothing_unapplied"),
        (cny(0), None, 50, None, "amount_not_positive"),
        (cny(-1), None, 50, None, "amount_not_positive"),
        (cny(51), None, 50, None, "more_than_unapplied"),
        (Money(1, "EUR"), None, 50, None, "currency_mismatch"),
        (cny(1), -1, 50, None, "effective_too_early"),
        (cny(1), 31, 50, None, "effective_in_future"),
        (cny(1), 5, 50, 5, "period_locked"),
    ],
)
def test_what_is_refused(amount: Money, day: int | None, left: int, closed: int | None, code: str) -> None:
    steps = [Step(DAY, 100), Step(on(3), left - 100)]
    with pytest.raises(DomainError, match=code):
        refund_of(wish(amount, day), credit(100, left), steps, books(closed=closed))


def test_all_of_it_today_unless_said_otherwise() -> None:
    steps = [Step(DAY, 100), Step(on(3), -40)]
    assert refund_of(wish(), credit(100, 60), steps, books()) == Refund(
        UUID(int=2), UUID(int=1), CUSTOMER, cny(60), on(30))
    assert refund_of(wish(cny(60), 0), credit(100, 60), steps, books()).effective_on == DAY


def test_not_on_a_day_when_less_was_there() -> None:
    steps = [Step(DAY, 100), Step(on(3), -70), Step(on(9), 70)]
    with pytest.raises(DomainError, match="effective_too_early"):
        refund_of(wish(cny(31), 8), credit(100, 100), steps, books())
    assert refund_of(wish(cny(31), 9), credit(100, 100), steps, books()).effective_on == on(9)
    assert refund_of(wish(cny(30), 0), credit(100, 100), steps, books()).effective_on == DAY


@settings(max_examples=60)
@given(moves=st.lists(st.tuples(st.integers(0, 20), st.integers(-60, 60)), max_size=8), part=st.integers(1, 200),
       day=st.integers(0, 20))
def test_no_day_is_ever_below_zero(moves: list[tuple[int, int]], part: int, day: int) -> None:
    steps, left = [Step(DAY, 100)], 100
    for at, minor in moves:
        tried = [*steps, Step(on(at), minor)]
        if minor and left + minor <= 100 and all(
                sum(one.minor for one in tried if one.effective_on <= on(n)) >= 0 for n in range(21)):
            steps, left = tried, left + minor
    try:
        refund = refund_of(wish(cny(part), day), credit(100, left), steps, books(20))
    except DomainError:
        least = min(sum(one.minor for one in steps if one.effective_on <= on(n)) for n in range(day, 21))
        assert part > least
    else:
        after = [*steps, Step(refund.effective_on, -part)]
        assert all(sum(one.minor for one in after if one.effective_on <= on(n)) >= 0 for n in range(21))


def test_a_refund_and_its_reversal_leave_nothing() -> None:
    refund = Refund(UUID(int=2), UUID(int=1), CUSTOMER, cny(60), on(3))
    paid = fact_of_refund(refund)
    back = fact_of_refund_reversal(refund_back(refund, RefundReversalReason.BOUNCED, None, books(), UUID(int=3)))
    assert {line.account.value: line.amount.minor for line in paid.journal} == {"customer_credit": 60, "bank": -60}
    zero = cny(0)
    account = Account(CUSTOMER, zero, zero, cny(100), 0, 0)
    assert account.after(paid).unapplied == cny(40)
    assert account.after(paid).after(back).unapplied == cny(100)
    assert (back.effective_on, back.undoes) == (on(30), refund.id)


def test_a_correction_takes_the_day_of_the_refund_and_nothing_is_undone_twice() -> None:
    refund = Refund(UUID(int=2), UUID(int=1), CUSTOMER, cny(60), on(3))
    wrong = RefundReversalReason.RECORDED_IN_ERROR
    assert refund_back(refund, wrong, None, books(), UUID(int=3)).effective_on == on(3)
    assert refund_back(refund, wrong, None, books(closed=5), UUID(int=3)).effective_on == on(6)
    with pytest.raises(DomainError, match="effective_too_early"):
        refund_back(refund, wrong, on(2), books(), UUID(int=3))
    assert refund_standing(refund, (), ()) is refund
    for undone, claimed, code in (({refund.id}, (), "refund_reversed"), ((), {refund.id}, "refund_reclaimed")):
        with pytest.raises(DomainError, match=code):
            refund_standing(refund, undone, claimed)
