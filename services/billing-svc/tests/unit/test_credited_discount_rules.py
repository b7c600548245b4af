"""What is credited takes its share of a discount with it: over the allocations that had one, no more than they had."""

from datetime import date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_svc.domain.allocation import Allocation
from billing_svc.domain.credit import Credit, CreditKind
from billing_svc.domain.credited_discount import TakenBack, credited_parts, given_again, taken_back
from billing_svc.domain.discount import Discount
from billing_svc.domain.item import Item
from dunlin_kernel.money import Money

DAY = date(2026, 3, 1)


def cny(minor: int) -> Money:
    return Money(minor, "CNY")


def paid(relieved: int, off: int) -> Allocation:
    discount = Discount(cny(off), cny(0)) if off else None
    some = UUID(int=1)
    return Allocation(some, some, some, some, cny(relieved - off), DAY, DAY, discount)


@pytest.mark.parametrize(
    ("rest", "allocations", "before", "parts"),
    [
        (113_000, [(113_000, 2_260)], 0, [(113_000, False)]),
        (56_500, [(113_000, 2_260)], 0, [(56_500, True)]),
        (1, [(113_000, 2_260)], 0, [(1, True)]),
        (56_500, [(113_000, 0)], 0, []),
        (56_500, [], 0, []),
        (56_500, [(50_000, 0), (63_000, 1_260)], 0, [(31_500, True)]),
        (56_500, [(50_000, 0), (31_500, 630)], 25_000, [(31_500, False)]),
        (30_000, [(50_000, 1_000), (25_000, 250)], 0, [(20_000, True), (10_000, True)]),
        (100, [(50_000, 0), (63_000, 1_260)], 90_000, [(100, True)]),
        (200_000, [(50_000, 0), (63_000, 1_260)], 0, [(63_000, False)]),
    ],
)
def test_how_much_of_each_allocation_is_credited(
    rest: int, allocations: list[tuple[int, int]], before: int, parts: list[tuple[int, bool]],
) -> None:
    found = credited_parts(cny(rest), [paid(*one) for one in allocations], cny(before))
    assert [(one.credited.minor, one.paid_again) for one in found] == parts


@given(st.integers(1, 10_000), st.lists(st.tuples(st.integers(2, 5_000), st.booleans()), max_size=5),
       st.integers(0, 5_000))
def test_no_more_is_credited_than_was_relieved_nor_than_there_is(
    rest: int, allocations: list[tuple[int, bool]], before: int,
) -> None:
    found = credited_parts(cny(rest), [paid(relieved, int(off)) for relieved, off in allocations], cny(before))
    assert sum(one.credited.minor for one in found) <= rest
    assert all(one.allocation.discount and 0 < one.credited.minor <= one.allocation.relieved.minor for one in found)
    if found and before == 0:
        shared = min(rest, sum(relieved for relieved, _ in allocations))
        whole = sum(relieved for relieved, _ in allocations)
        assert all(abs(one.credited.minor * whole - shared * one.allocation.relieved.minor) < whole for one in found)


@pytest.mark.parametrize(
    ("was", "again", "amount", "discount"),
    [
        ((113_000, 2_260), [], 110_740, 2_260),
        ((113_000, 2_260), [(56_500, 1_130)], 55_370, 1_130),
        ((113_000, 2_260), [(112_999, 2_260)], 1, 0),
        ((113_000, 0), [(50_000, 0)], 63_000, 0),
    ])
def test_what_a_note_took_back_is_what_was_paid_less_what_is_paid_again(
    was: tuple[int, int], again: list[tuple[int, int]], amount: int, discount: int,
) -> None:
    found = taken_back(paid(*was), [paid(*one) for one in again])
    assert (found.amount, found.discount.total) == (cny(amount), cny(discount))


@pytest.mark.parametrize(
    ("unapplied", "owed", "disputed", "off", "share"),
    [
        (55_370, 56_500, 0, 1_130, (55_370, 1_130)),
        (90_000, 90_000, 0, 1_130, (55_370, 1_130)),
        (55_370, 55_370, 0, 0, (55_370, None)),
        (40_000, 56_500, 0, 1_130, (40_000, None)),
        (55_370, 56_499, 0, 1_130, (55_370, None)),
        (55_370, 56_500, 20_000, 1_130, (36_500, None)),
        (55_370, 0, 0, 1_130, None),
        (0, 56_500, 0, 1_130, None),
    ])
def test_a_cancelled_note_gives_the_money_again_as_far_as_both_sides_are_there(
    unapplied: int, owed: int, disputed: int, off: int, share: tuple[int, int | None] | None,
) -> None:
    some = UUID(int=1)
    taken = TakenBack(some, some, cny(55_370), Discount(cny(off), cny(0)))
    credit = Credit(some, some, cny(110_740), cny(unapplied), DAY, DAY, DAY, 1, CreditKind.PAYMENT)
    item = Item(some, some, "INV-1", some, cny(113_000), cny(owed), cny(disputed), DAY, DAY, DAY, 1)
    made = given_again(taken, credit, item)
    assert [(one.amount.minor, one.discount.total.minor if one.discount else None) for one in made.shares] == (
        [share] if share else [])
    assert made.rest == cny(unapplied - (share[0] if share else 0))
