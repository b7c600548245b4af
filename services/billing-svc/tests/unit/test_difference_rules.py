"""Small differences: within the tolerance, for a reason, on a day on which so much was open."""

from datetime import date, timedelta
from uuid import UUID

import pytest

from billing_svc.domain.difference import (
    FIRST_TOLERANCE_POLICY,
    CloseDifference,
    DifferenceReason,
    TolerancePolicy,
    closed_again,
    difference_of,
    difference_standing,
    fact_of_difference,
    fact_of_difference_reversal,
    reversal_of,
    tolerance_of,
)
from billing_svc.domain.item import Item
from billing_svc.domain.posting_dates import Books, Step
from dunlin_kernel.errors import DomainError
from dunlin_kernel.money import Money

DAY = date(2026, 3, 1)
TEN = TolerancePolicy(1, {"CNY": Money(1000, "CNY")}, 100)


def on(day: int) -> date:
    return DAY + timedelta(days=day)


def cny(minor: int) -> Money:
    return Money(minor, "CNY")


def item(left: int, disputed: int = 0, amount: int = 200_000) -> Item:
    return Item(UUID(int=3), UUID(int=2), "INV-1", UUID(int=7), cny(amount), cny(left), cny(disputed), DAY, DAY, on(30),
                1)


def steps(left: int, amount: int = 200_000) -> list[Step]:
    return [Step(DAY, amount), Step(on(5), left - amount)]


def wish(day: int | None = None) -> CloseDifference:
    return CloseDifference(UUID(int=9), UUID(int=3), DifferenceReason.ROUNDING, None if day is None else on(day))


@pytest.mark.parametrize(
    ("left", "disputed", "policy", "day", "code"),
    [
        (0, 0, TEN, None, "nothing_open"),
        (900, 1, TEN, None, "item_disputed"),
        (1001, 0, TEN, None, "above_tolerance"),
        (1, 0, FIRST_TOLERANCE_POLICY, None, "above_tolerance"),
        (1, 0, TolerancePolicy(1, {"EUR": Money(1000, "EUR")}), None, "above_tolerance"),
        (900, 0, TEN, -1, "effective_too_early"),
        (900, 0, TEN, 31, "effective_in_future"),
        (900, 0, TEN, 3, "period_locked"),
    ],
)
def test_what_is_refused(left: int, disputed: int, policy: TolerancePolicy, day: int | None, code: str) -> None:
    with pytest.raises(DomainError, match=code):
        difference_of(wish(day), item(left, disputed), steps(left), policy, Books(on(3), on(30)))


def test_never_more_than_a_share_of_the_item() -> None:
    assert [tolerance_of(item(1, amount=amount), TEN) for amount in (200_000, 50_000, 99)] == [
        cny(1000), cny(500), cny(0)]


@pytest.mark.parametrize(("share", "most"), [(0, 1), (10_001, 1), (100, -1)])
def test_a_policy_out_of_its_bounds_is_refused(share: int, most: int) -> None:
    with pytest.raises(DomainError, match="bad_tolerance_policy"):
        TolerancePolicy(1, {"CNY": cny(most)}, share)


def test_closing_and_reversing_leave_nothing() -> None:
    made = difference_of(wish(), item(1000), steps(1000), TEN, Books(None, on(30)))
    assert (made.amount, made.effective_on) == (cny(1000), on(30))
    closed = fact_of_difference(made)
    back = fact_of_difference_reversal(reversal_of(made, None, Books(None, on(40)), UUID(int=10)))
    assert {line.account.value: line.amount.minor for line in closed.journal} == {
        "small_differences": 1000, "receivable_control": -1000}
    settled = item(1000).after(closed.entries[0], closed.effective_on)
    assert settled.is_settled
    assert settled.after(back.entries[0], back.effective_on).open == cny(1000)
    assert (back.effective_on, back.undoes) == (on(40), made.id)
    assert difference_standing(made, ()) is made
    with pytest.raises(DomainError, match="difference_reversed"):
        difference_standing(made, {made.id})


def test_what_is_closed_again_keeps_its_reason_and_is_no_more_than_before() -> None:
    made = difference_of(wish(), item(1000), steps(1000), TEN, Books(None, on(30)))
    again = closed_again(made, cny(400), UUID(int=11), on(35))
    assert (again.id, again.amount, again.effective_on, again.reason) == (UUID(int=11), cny(400), on(35), made.reason)
    with pytest.raises(AssertionError):
        closed_again(made, cny(1001), UUID(int=11), on(35))
