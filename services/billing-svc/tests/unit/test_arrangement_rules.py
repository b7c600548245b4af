"""Arrangements: what may be arranged, how parts are laid over items, and when a part was missed."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_svc.domain.arrangement import (
    Arrangement,
    ArrangementState,
    agreed_parts,
    arrangeable,
    judge,
    lay_over,
    revisable,
    schedule_of,
)
from billing_svc.domain.instalments import Instalment
from billing_svc.domain.item import Item
from billing_svc.domain.posting_dates import Step
from dunlin_kernel.errors import DomainError
from dunlin_kernel.money import Money, sum_money

DAY = date(2026, 3, 1)


def on(day: int) -> date:
    return DAY + timedelta(days=day)


def cny(minor: int) -> Money:
    return Money(minor, "CNY")


def item(number: int, opened: int, *, due: int = 0, currency: str = "CNY", **more: Any) -> Item:
    money, zero = Money(opened, currency), Money.zero(currency)
    return replace(Item(UUID(int=number), UUID(int=99), f"INV-{number}", UUID(int=7), Money(max(opened, 1), currency),
                        money, zero, DAY, DAY, on(due), 1), **more)


def part(day: int, minor: int) -> Instalment:
    return Instalment(on(day), cny(minor))


def agreed(*parts: Instalment, grace: int = 3, state: ArrangementState = ArrangementState.ACTIVE) -> Arrangement:
    return Arrangement(UUID(int=5), UUID(int=7), (UUID(int=1),), 1, state, parts, grace, DAY, on(99), 4)


ACTIVE, DEFAULTED, COMPLETED = ArrangementState.ACTIVE, ArrangementState.DEFAULTED, ArrangementState.COMPLETED


@pytest.mark.parametrize(
    ("items", "code"),
    [
        ([], "items_missing"),
        ([item(1, 10), item(2, 10, currency="USD")], "items_of_several_accounts"),
        ([item(1, 10), item(2, 10, customer_id=UUID(int=8))], "items_of_several_accounts"),
        ([item(1, 10), item(2, 0)], "nothing_open"),
        ([item(1, 10), item(2, 7), item(1, 10)], "item_named_twice"),
        ([item(1, 10, arrangement_id=UUID(int=6))], "already_arranged"),
    ],
)
def test_items_that_are_not_arranged(items: list[Item], code: str) -> None:
    with pytest.raises(DomainError) as refused:
        arrangeable(items, UUID(int=5))
    assert refused.value.code == code
    assert arrangeable([item(1, 10, arrangement_id=UUID(int=5)), item(2, 7)], UUID(int=5)) == cny(17)


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ([part(1, 99)], "instalments_do_not_sum"),
        ([part(1, 100), part(2, 0)], "amount_not_positive"),
        ([part(-1, 100)], "part_in_past"),
    ],
)
def test_parts_that_are_not_agreed(parts: list[Instalment], code: str) -> None:
    with pytest.raises(DomainError) as refused:
        agreed_parts(parts, cny(100), DAY)
    assert refused.value.code == code


def test_only_what_stands_is_revised() -> None:
    assert revisable(agreed(part(0, 1))).state is ACTIVE
    for state in (DEFAULTED, COMPLETED):
        with pytest.raises(DomainError, match="arrangement_ended"):
            revisable(agreed(part(0, 1), state=state))


@pytest.mark.parametrize(
    ("paid", "opened", "today", "expected"),
    [
        ([], 100, 13, (ACTIVE, 14)),
        ([], 100, 14, (DEFAULTED, 14)),
        ([(13, 40)], 60, 14, (ACTIVE, 24)),
        ([(14, 40)], 60, 14, (DEFAULTED, 14)),
        ([(10, 39)], 61, 14, (DEFAULTED, 14)),
        ([(10, 40)], 60, 23, (ACTIVE, 24)),
        ([(10, 40)], 60, 24, (DEFAULTED, 24)),
        ([(10, 40), (20, 60)], 0, 20, (COMPLETED, 24)),
        ([(2, 100)], 0, 3, (COMPLETED, 24)),
        ([(2, 100), (4, -100)], 100, 5, (ACTIVE, 14)),
        ([(2, 100), (4, -100)], 100, 15, (DEFAULTED, 14)),
        ([(10, 40), (20, 60), (21, 0)], 5, 20, (ACTIVE, 24)),
        ([(10, 40), (15, -40)], 100, 16, (DEFAULTED, 14)),
        ([(10, 40), (15, -40), (16, 40)], 60, 17, (DEFAULTED, 14)),
        ([(10, 40), (15, -40), (15, 40)], 60, 17, (ACTIVE, 24)),
        ([(10, 40), (20, 60), (21, -60)], 60, 22, (ACTIVE, 24)),
        ([(10, 40), (12, 60), (15, -40)], 40, 16, (ACTIVE, 24)),
    ],
)
def test_a_part_is_missed_when_its_grace_is_over_and_value_dates_decide(
    paid: list[tuple[int, int]], opened: int, today: int, expected: tuple[ArrangementState, int],
) -> None:
    one = agreed(part(10, 40), part(20, 60))
    found = judge(one, [Step(on(day), minor) for day, minor in paid], cny(opened), on(today))
    assert (found.state, (found.misses_on - DAY).days) == expected
    assert (found.missed is not None) == (found.state is DEFAULTED)


@given(opens=st.lists(st.integers(1, 500), min_size=1, max_size=5), cuts=st.lists(st.integers(1, 400), max_size=5),
       differs=st.integers(-300, 300))
def test_each_item_is_due_by_parts_that_sum_to_it(opens: list[int], cuts: list[int], differs: int) -> None:
    items = [item(n, opened, due=-n) for n, opened in enumerate(opens, 1)]
    whole = max(sum(opens) + differs, 1)
    parts = [part(n, minor) for n, minor in enumerate([*cuts, whole])]
    schedule = lay_over(parts, items)
    assert {item_id: sum_money("CNY", (share.amount for share in shares)) for item_id, shares in schedule.items()} == {
        one.id: one.open for one in items}
    oldest_first = [share.due_on for one in sorted(items, key=lambda one: one.due_on) for share in schedule[one.id]]
    assert oldest_first == sorted(oldest_first)
    assert oldest_first[-1] == parts[-1].due_on


def test_an_arrangement_is_of_the_sum_of_its_parts_and_gives_an_item_a_version_of_its_due_date() -> None:
    assert agreed_parts([part(9, 60), part(2, 40)], cny(100), DAY) == (part(2, 40), part(9, 60))
    one = agreed(part(2, 40), part(9, 60))
    assert (one.amount, one.currency) == (cny(100), "CNY")
    before = item(1, 100, due=-5)
    arranged = before.due_by(on(2), one.id)
    assert (before.stands_due_on, arranged.stands_due_on, arranged.due_on) == (on(-5), on(2), on(-5))
    assert (arranged.due_version, arranged.arrangement_id) == (2, one.id)
    assert arranged.due_by(before.due_on, None).stands_due_on == on(-5)


def test_what_is_paid_has_no_date_any_more() -> None:
    one = agreed(part(10, 100))
    assert schedule_of(one, {UUID(int=1): item(1, 0)}) == {}
    assert schedule_of(one, {UUID(int=1): item(1, 100)}) == {UUID(int=1): (part(10, 100),)}
