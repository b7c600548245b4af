"""A group's exposure: members together, none below zero unless set off, in one currency at declared rates."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit_svc.domain.decision import DecisionInputs, DenialReason, decide
from credit_svc.domain.exposure import ExposureParts
from credit_svc.domain.group import (
    GroupLimit,
    GroupStanding,
    MemberParts,
    RateMissing,
    converted,
    group_exposure,
    group_use,
    member_exposures,
    newly_exceeded,
    with_order,
)
from credit_svc.domain.limit import LimitFact, LimitSource
from credit_svc.domain.policy import FIRST_POLICY
from credit_svc.store.group_inputs import group_as_json, group_of_json
from dunlin_kernel.money import Money

TODAY = date(2026, 3, 10)
ONE, TWO, THREE = UUID(int=1), UUID(int=2), UUID(int=3)


def cny(minor: int) -> Money:
    return Money(minor, "CNY")


def member(customer: UUID, opened: int, unapplied: int = 0, currency: str = "CNY") -> MemberParts:
    nothing = Money.zero(currency)
    return MemberParts(customer, ExposureParts(
        Money(opened, currency), nothing, nothing, nothing, Money(unapplied, currency)))


def group(*members: MemberParts, limit: int | None = 1000, set_off: bool = False) -> GroupStanding:
    amount = None if limit is None else cny(limit)
    return GroupStanding(UUID(int=9), "CNY", "CNY", set_off, GroupLimit(UUID(int=8), 1, "CNY", amount, TODAY, None),
                         members, {"USD": Decimal("7.1000"), "JPY": Decimal("0.048125")})


EXPOSURES = [
    ("none", group(), 0),
    ("a sum", group(member(ONE, 300), member(TWO, 400)), 700),
    ("no member below zero", group(member(ONE, 300), member(TWO, 0, 200)), 300),
    ("but by an agreement", group(member(ONE, 300), member(TWO, 0, 200), set_off=True), 100),
    ("one member over its currencies first", group(member(ONE, 0, 7100), member(ONE, 1000, currency="USD")), 0),
    ("at the day's rate", group(member(ONE, 1000, currency="USD"), member(TWO, 1, currency="JPY")), 7105),
]


@pytest.mark.parametrize(("standing", "exposure"), [row[1:] for row in EXPOSURES], ids=[row[0] for row in EXPOSURES])
def test_group_exposure(standing: GroupStanding, exposure: int) -> None:
    assert group_exposure(standing, FIRST_POLICY) == cny(exposure)


def test_what_is_used_and_left() -> None:
    members = (member(ONE, 300), member(TWO, 400))
    assert group_use(group(*members), FIRST_POLICY, today=TODAY) == (cny(700), cny(300))
    assert group_use(group(*members, limit=None), FIRST_POLICY, today=TODAY) == (cny(700), None)
    assert group_use(group(member(ONE, 1, currency="EUR")), FIRST_POLICY, today=TODAY) == (None, None)


def test_a_group_in_another_currency_than_the_tenants() -> None:
    in_usd = replace(group(), currency="USD")
    assert converted(cny(710), in_usd) == Money(100, "USD")
    assert converted(Money(10000, "JPY"), in_usd) == Money(6778, "USD")
    with pytest.raises(RateMissing):
        converted(Money(1, "EUR"), in_usd)


MEMBERS = st.tuples(st.sampled_from([ONE, TWO, THREE]), st.integers(0, 10**6), st.integers(0, 10**6))


@given(st.lists(MEMBERS, max_size=8))
@settings(max_examples=60)
def test_set_off_never_makes_it_more_and_no_member_is_lost(told: list[tuple[UUID, int, int]]) -> None:
    apart = group(*(member(*one) for one in told))
    together = replace(apart, set_off=True)
    assert group_exposure(together, FIRST_POLICY) <= group_exposure(apart, FIRST_POLICY)
    members = member_exposures(apart, FIRST_POLICY)
    assert sum(one.minor for one in members.values()) == group_exposure(together, FIRST_POLICY).minor
    assert group_of_json(group_as_json(apart)) == apart


def inputs(amount: int, standing: GroupStanding | None) -> DecisionInputs:
    own = LimitFact(UUID(int=7), 1, "CNY", cny(10**6), LimitSource.MANUAL, TODAY, None)
    return DecisionInputs(
        cny(amount), TODAY, "active", own, ExposureParts(cny(0), cny(0), cny(0), cny(0), cny(0)), FIRST_POLICY, {},
        customer_id=ONE, group=standing)


HALF = group(member(ONE, 300), member(TWO, 400))
DECIDED = [
    ("no group", 10**6, None, ()),
    ("to the cent", 300, HALF, ()),
    ("a cent over", 301, HALF, (DenialReason.GROUP_OVER_LIMIT,)),
    ("no limit binds", 10**5, replace(HALF, limit=replace(HALF.limit, amount=None)), ()),
    ("an ended one is zero", 1, replace(HALF, limit=replace(HALF.limit, valid_until=TODAY - timedelta(days=1))),
     (DenialReason.GROUP_OVER_LIMIT,)),
    ("the order first uses the member's own credit", 500, group(member(ONE, 0, 400), member(TWO, 900)), ()),
    ("a missing rate refuses", 1, group(member(TWO, 1, currency="EUR")), (DenialReason.RATE_MISSING,)),
]


@pytest.mark.parametrize(("amount", "standing", "reasons"), [row[1:] for row in DECIDED],
                         ids=[row[0] for row in DECIDED])
def test_a_groups_limit_binds_each_order(
    amount: int, standing: GroupStanding | None, reasons: tuple[DenialReason, ...],
) -> None:
    assert decide(inputs(amount, standing)).reasons == reasons


@given(st.integers(1, 10**5), st.integers(0, 10**5), st.integers(0, 10**5), st.integers(0, 10**5))
@settings(max_examples=60)
def test_what_is_approved_leaves_the_group_inside_its_limit(amount: int, one: int, two: int, limit: int) -> None:
    standing = group(member(ONE, one), member(TWO, two), limit=limit)
    after = group_exposure(with_order(standing, ONE, cny(amount)), FIRST_POLICY)
    assert decide(inputs(amount, standing)).approved == (after <= cny(limit))


DOLLARS = group(member(ONE, 100, currency="USD"), member(TWO, 300), limit=1050)
STRONGER = replace(DOLLARS, rates={"USD": Decimal("7.60")})


def test_a_new_rate_that_puts_a_group_over_its_limit_names_who_uses_most() -> None:
    assert newly_exceeded(DOLLARS, STRONGER, FIRST_POLICY, today=TODAY) == (ONE, cny(10), cny(1050))
    assert newly_exceeded(STRONGER, STRONGER, FIRST_POLICY, today=TODAY) is None
    assert newly_exceeded(STRONGER, DOLLARS, FIRST_POLICY, today=TODAY) is None
    assert newly_exceeded(replace(DOLLARS, rates={}), STRONGER, FIRST_POLICY, today=TODAY) is not None
    assert newly_exceeded(DOLLARS, replace(STRONGER, rates={}), FIRST_POLICY, today=TODAY) is None
    to_the_cent = replace(STRONGER, limit=replace(STRONGER.limit, amount=cny(1060)))
    assert newly_exceeded(DOLLARS, to_the_cent, FIRST_POLICY, today=TODAY) is None
    unbound = replace(STRONGER, limit=replace(STRONGER.limit, amount=None))
    assert newly_exceeded(DOLLARS, unbound, FIRST_POLICY, today=TODAY) is None
