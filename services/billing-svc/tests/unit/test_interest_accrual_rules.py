"""What has accrued on an account: per item what is due less what was charged, never below zero."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing_svc.domain.interest_accrual import accrued_of
from billing_svc.domain.interest_charge import Reckoning
from dunlin_kernel.money import Money

ITEM: Any = None
TO = date(2026, 3, 6)


def reckoned(total: int, charged: int) -> Reckoning:
    return Reckoning(ITEM, TO, (), Money(total, "CNY"), Money(charged, "CNY"), "contract")


@pytest.mark.parametrize(("items", "accrued"), [
    ((), 0), (((45_20, 0),), 45_20), (((45_20, 45_20),), 0), (((45_20, 40_00), (10, 0)), 5_30),
    (((40_00, 45_20),), 0), (((40_00, 45_20), (7, 0)), 7)],
    ids=["none", "all of it", "charged", "the rest", "too much", "too much of one lowers nothing of another"])
def test_what_has_accrued(items: tuple[tuple[int, int], ...], accrued: int) -> None:
    assert accrued_of([reckoned(*one) for one in items], "CNY") == Money(accrued, "CNY")


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)), max_size=6))
@settings(max_examples=50)
def test_charging_it_leaves_nothing_to_accrue(items: list[tuple[int, int]]) -> None:
    due = [reckoned(*one) for one in items]
    after = [reckoned(one.total.minor, (one.charged + one.to_charge).minor) for one in due]
    assert accrued_of(after, "CNY").is_zero and accrued_of(due, "CNY").minor <= sum(total for total, _ in items)
