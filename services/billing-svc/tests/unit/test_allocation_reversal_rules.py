"""The undoing of one allocation: its day, its value date, and that the account is as if it had never been made."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_svc.domain.account import Account
from billing_svc.domain.allocation import Allocation, fact_of_allocation
from billing_svc.domain.posting_dates import Books
from billing_svc.domain.reversal import (
    UndoReason,
    UndoWish,
    fact_of_allocation_reversal,
    standing,
    undo_allocation,
)
from dunlin_kernel.errors import DomainError
from dunlin_kernel.money import Money

DAY = date(2026, 3, 1)
CUSTOMER = UUID(int=7)
WRONG, MOVED = UndoReason.RECORDED_IN_ERROR, UndoReason.REASSIGNED


def on(day: int) -> date:
    return DAY + timedelta(days=day)


def allocation(minor: int = 6000, day: int = 0, value_day: int = -2) -> Allocation:
    return Allocation(UUID(int=1), CUSTOMER, UUID(int=2), UUID(int=3), Money(minor, "CNY"), on(day), on(value_day))


def books(closed: int | None, today: int = 60) -> Books:
    return Books(None if closed is None else on(closed), on(today))


@pytest.mark.parametrize(
    ("reason", "wanted", "closed", "effective", "value"),
    [
        (WRONG, None, None, 0, -2),
        (WRONG, None, 9, 10, -2),
        (WRONG, 20, 9, 20, -2),
        (MOVED, None, None, 60, 60),
        (MOVED, 5, None, 5, 5),
        (MOVED, 0, None, 0, 0),
    ],
)
def test_a_correction_takes_the_original_day_and_a_reassignment_its_own(
    reason: UndoReason, wanted: int | None, closed: int | None, effective: int, value: int,
) -> None:
    wish = UndoWish(UUID(int=1), reason, None if wanted is None else on(wanted))
    undone = undo_allocation(wish, allocation(), books(closed), UUID(int=9))
    assert (undone.effective_on, undone.business_on) == (on(effective), on(value))


@pytest.mark.parametrize(
    ("wanted", "closed", "code"),
    [(-1, None, "effective_too_early"), (61, None, "effective_in_future"), (5, 5, "period_locked"),
     (-1, 5, "effective_too_early")],
)
@pytest.mark.parametrize("reason", UndoReason)
def test_days_on_which_nothing_is_undone(reason: UndoReason, wanted: int, closed: int | None, code: str) -> None:
    with pytest.raises(DomainError) as refused:
        undo_allocation(UndoWish(UUID(int=1), reason, on(wanted)), allocation(), books(closed), UUID(int=9))
    assert refused.value.code == code


def test_an_allocation_is_undone_once() -> None:
    assert standing(allocation(), {UUID(int=8)}) == allocation()
    with pytest.raises(DomainError) as refused:
        standing(allocation(), {UUID(int=1)})
    assert refused.value.code == "already_reversed"


@given(minor=st.integers(1, 10**9), day=st.integers(0, 50), reason=st.sampled_from(UndoReason),
       wanted=st.none() | st.integers(0, 60), closed=st.none() | st.integers(0, 59))
def test_the_account_is_as_if_never_allocated_and_no_day_is_against_the_rules(
    minor: int, day: int, reason: UndoReason, wanted: int | None, closed: int | None,
) -> None:
    one, calendar = allocation(minor, day, day), books(closed)
    try:
        undone = undo_allocation(
            UndoWish(one.id, reason, None if wanted is None else on(wanted)), one, calendar, UUID(int=9))
    except DomainError as refused:
        assert wanted is not None, "without a named day there always is one"
        assert refused.code in ("period_locked", "effective_too_early")  # noqa: PT017
        return
    assert max(one.effective_on, calendar.first_open_day) <= undone.effective_on <= calendar.today
    assert undone.business_on >= one.business_on
    before = Account(CUSTOMER, one.amount, Money.zero("CNY"), one.amount, 0, 0)
    there, back = fact_of_allocation(one), fact_of_allocation_reversal(undone)
    after = before.after(there).after(back)
    assert (after.open, after.unapplied) == (before.open, before.unapplied)
    assert sorted((line.account, line.amount.minor) for line in there.journal) == sorted(
        (line.account, -line.amount.minor) for line in back.journal)
