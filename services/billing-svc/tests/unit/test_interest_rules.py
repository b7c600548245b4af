"""Interest: which rule, which rate, which days on which principal, and what is charged or waived of it."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_svc.domain.allocation import Allocation
from billing_svc.domain.interest import Bearing, Contested, Segment, interest_of, segments_of
from billing_svc.domain.interest_charge import InterestWaiver, Reckoning, fact_of_interest_waiver, waived_of
from billing_svc.domain.interest_policy import (
    Debtor,
    InterestPolicy,
    InterestRule,
    RateStep,
    checked,
    rates_for,
    rule_for,
)
from billing_svc.domain.item import Item, ItemKind
from billing_svc.domain.posting_dates import Step
from dunlin_kernel.errors import DomainError
from dunlin_kernel.money import Money, sum_money

DUE = date(2026, 2, 4)
WHO = UUID(int=7)


def on(day: int) -> date:
    return DUE + timedelta(days=day)


def cny(minor: int) -> Money:
    return Money(minor, "CNY")


def rule(name: str = "r", margin: str = "12", base: int = 360, **more: Any) -> InterestRule:
    return InterestRule(name, Decimal(margin), base, **more)


def bearing(amount: int, *moves: tuple[int, int], contested: tuple[Contested, ...] = ()) -> Bearing:
    return Bearing(cny(amount), DUE, [Step(on(day), minor) for day, minor in moves], contested)


def contest(start: int, end: int | None, minor: int) -> Contested:
    return Contested(on(start), None if end is None else on(end), cny(minor))


RATE = (RateStep(DUE, Decimal(12)),)


@pytest.mark.parametrize(
    ("given", "to", "expected"),
    [
        (bearing(100), 30, [(0, 30, 100)]),
        (bearing(100), 0, []),
        (bearing(100, (10, -40)), 30, [(0, 10, 100), (10, 30, 60)]),
        (bearing(100, (10, -100)), 30, [(0, 10, 100)]),
        (bearing(100, (-5, -100)), 30, []),
        (bearing(100, (0, -40)), 30, [(0, 30, 60)]),
        (bearing(100, (10, -40), (10, 40)), 30, [(0, 30, 100)]),
        (bearing(100, (30, -40), (31, -60)), 30, [(0, 30, 100)]),
        (bearing(100, contested=(contest(5, None, 30),)), 30, [(0, 5, 100), (5, 30, 70)]),
        (bearing(100, contested=(contest(5, 20, 30),)), 30, [(0, 5, 100), (5, 20, 70), (20, 30, 100)]),
        (bearing(100, contested=(contest(-5, None, 100),)), 30, []),
        (bearing(100, (8, -90), contested=(contest(5, None, 30),)), 30, [(0, 5, 100), (5, 8, 70)]),
    ],
)
def test_days_are_counted_on_what_was_open_and_not_contested(
    given: Bearing, to: int, expected: list[tuple[int, int, int]],
) -> None:
    found = segments_of(given, RATE, on(to))
    assert [((one.from_on - DUE).days, (one.to_on - DUE).days, one.principal.minor) for one in found] == expected


def test_a_change_of_rate_cuts_a_segment_and_no_rate_bears_nothing() -> None:
    rates = (RateStep(DUE, Decimal(12)), RateStep(on(10), Decimal(0)), RateStep(on(20), Decimal(6)))
    found = segments_of(bearing(100), rates, on(30))
    assert [(one.days, one.rate) for one in found] == [(10, Decimal(12)), (10, Decimal(6))]


@pytest.mark.parametrize(
    ("base", "days", "expected"), [(360, 30, 4520), (365, 30, 4458), (365, 365, 54240), (365, 1, 149)])
def test_it_is_rounded_once(base: int, days: int, expected: int) -> None:
    """452,000 fen at 12 %: 30 of 365 days are 4,458.08 fen."""
    assert interest_of(segments_of(bearing(452_000), RATE, on(days)), base, "CNY") == cny(expected)
    halves = segments_of(bearing(452_000, (1, -1), (2, 1)), RATE, on(days))
    assert abs(interest_of(halves, base, "CNY").minor - expected) <= 1


@given(amount=st.integers(1, 10**9), paid=st.lists(st.tuples(st.integers(0, 90), st.integers(1, 10**8)), max_size=5),
       to=st.integers(0, 120))
def test_it_equals_the_sum_day_by_day(amount: int, paid: list[tuple[int, int]], to: int) -> None:
    left, moves = amount, []
    for day, minor in paid:
        part = min(minor, left)
        left -= part
        moves.append((day, -part))
    naive = Decimal(0)
    for day in range(to):
        principal = amount + sum(minor for when, minor in moves if when <= day)
        naive += Decimal(principal) * 12 / (100 * 365)
    found = interest_of(segments_of(bearing(amount, *moves), RATE, on(to)), 365, "CNY")
    assert abs(found.minor - naive) <= Decimal("0.5001")


EU = rule("EU", "8", 365, region="DE", reference="ECB", compensation=Money(4000, "EUR"))
CONTRACT = rule("contract", "18", 360, customer_id=WHO)


@pytest.mark.parametrize(
    ("debtor", "expected"),
    [
        (Debtor(WHO, "DE-BE", "EUR", DUE), "contract"),
        (Debtor(UUID(int=8), "DE-BE", "EUR", DUE), "EU"),
        (Debtor(UUID(int=8), "CN-BJ", "CNY", DUE), "CN"),
        (Debtor(UUID(int=8), "CN-BJ", "CNY", on(1)), "CN new"),
        (Debtor(UUID(int=8), None, "USD", DUE), None),
        (Debtor(UUID(int=8), "CN-BJ", "USD", DUE), None),
    ],
)
def test_the_first_rule_that_fits_counts(debtor: Debtor, expected: str | None) -> None:
    older, newer = [rule(name, region="CN", currency="CNY", due_from=since) for name, since in (
        ("CN", None), ("CN new", on(1)))]
    found = rule_for(InterestPolicy(1, (CONTRACT, EU, newer, older)), debtor)
    assert (found.name if found else None) == expected


def test_a_reference_rate_counts_from_its_day_and_is_never_below_zero() -> None:
    steps = [RateStep(on(10), Decimal("-9")), RateStep(on(-30), Decimal("2.15")), RateStep(on(-90), Decimal("4"))]
    assert [(step.effective_from, step.rate) for step in rates_for(EU, steps, DUE)] == [
        (DUE, Decimal("10.15")), (on(10), Decimal(0))]
    with pytest.raises(DomainError, match="reference_rate_missing"):
        rates_for(EU, [RateStep(on(1), Decimal(2))], DUE)
    assert rates_for(CONTRACT, [], DUE) == (RateStep(DUE, Decimal(18)),)


@pytest.mark.parametrize(
    "wrong",
    [
        (rule(base=364),),
        (rule(margin="-1"),),
        (rule(margin="100.0001"),),
        (rule(compensation=cny(0)),),
        (rule(), rule()),
    ],
)
def test_rules_that_are_refused(wrong: tuple[InterestRule, ...]) -> None:
    with pytest.raises(DomainError, match="bad_interest_rule"):
        checked(InterestPolicy(0, wrong))
    assert checked(InterestPolicy(0, (rule(margin="-1", reference="LPR"),))).rules


def interest_item(number: int, opened: int, day: int) -> Item:
    zero = cny(0)
    return Item(UUID(int=number), UUID(int=2), f"INT-{number}", WHO, cny(opened), cny(opened), zero, on(day), on(day),
                on(day), 1, kind=ItemKind.INTEREST, claim_item_id=UUID(int=1))


def allocated(number: int, item: Item, minor: int) -> Allocation:
    return Allocation(UUID(int=number), WHO, UUID(int=8), item.id, cny(minor), on(20), on(20))


@pytest.mark.parametrize(("too_much", "waived", "back"), [
    (20, {4: 20}, {}),
    (35, {4: 30, 3: 5}, {}),
    (45, {4: 35, 3: 10}, {12: 5}),
    (65, {4: 50, 3: 15}, {12: 5, 11: 15, 13: 5}),
    (99, {4: 50, 3: 49}, {12: 5, 11: 15, 13: 39}),
    (150, {4: 50, 3: 50}, {12: 5, 11: 15, 13: 40})])
def test_what_is_open_is_waived_before_what_was_paid_is_given_back(
    too_much: int, waived: dict[int, int], back: dict[int, int],
) -> None:
    older = replace(interest_item(3, 50, 10), open=cny(10))
    newer = replace(interest_item(4, 50, 20), open=cny(30))
    paid = {newer.id: [allocated(11, newer, 15), allocated(12, newer, 5)], older.id: [allocated(13, older, 40)]}
    found = waived_of([older, newer], cny(too_much), paid)
    assert {item.id.int: part.minor for item, part, _ in found} == waived
    given = {one.allocation.id.int: one for _, _, given in found for one in given}
    assert {number: one.amount.minor for number, one in given.items()} == back
    assert all(one.paid_again == one.allocation.amount - one.amount for one in given.values())


@pytest.mark.parametrize(
    ("total", "charged", "to_charge", "too_much"), [(100, 60, 40, 0), (60, 100, 0, 40), (60, 60, 0, 0)])
def test_the_difference_to_what_was_charged_is_charged_or_waived(
    total: int, charged: int, to_charge: int, too_much: int,
) -> None:
    found = Reckoning(interest_item(1, 1, 0), on(30), (), cny(total), cny(charged), "r")
    assert (found.to_charge, found.too_much) == (cny(to_charge), cny(too_much))


@pytest.mark.parametrize(
    ("segments", "charged", "nothing"),
    [((), 0, True), ((), 1, False), ((Segment(on(0), on(30), cny(1), Decimal(12)),), 0, False)])
def test_there_is_nothing_to_do_where_nothing_was_late_and_nothing_charged(
    segments: tuple[Segment, ...], charged: int, nothing: bool,
) -> None:
    assert Reckoning(interest_item(1, 1, 0), on(30), segments, cny(0), cny(charged), "r").is_nothing is nothing


@pytest.mark.parametrize(("days", "known"), [((), True), ((1, 30), True), ((1, 31), False)])
def test_what_is_reckoned_is_all_once_nothing_moved_after_its_day(days: tuple[int, ...], known: bool) -> None:
    moves = [Step(on(day), -1) for day in days]
    assert Bearing(cny(100), on(0), moves, ()).known_by(on(30)) is known


def test_the_latest_interest_is_waived_first_and_only_what_is_open_of_it() -> None:
    older, newer = interest_item(3, 50, 10), interest_item(4, 30, 20)
    disputed = replace(newer, disputed=cny(20))
    assert [(one.id.int, part.minor) for one, part, _ in waived_of([older, newer], cny(45), {})] == [(4, 30), (3, 15)]
    assert [part.minor for _, part, _ in waived_of([older, newer], cny(30), {})] == [30]
    waived = waived_of([older, disputed], cny(100), {})
    assert sum_money("CNY", (part for _, part, _ in waived)) == cny(60)
    fact = fact_of_interest_waiver(InterestWaiver(UUID(int=9), newer.id, WHO, cny(30), "goodwill", on(30)))
    assert newer.after(fact.entries[0], on(30)).is_settled
    assert {line.account.value: line.amount.minor for line in fact.journal} == {
        "receivable_control": -30, "interest": 30}
