"""Deposits by terms, the policy that wants them first, and that all a decision looks at is kept to replay it."""

from dataclasses import fields, replace
from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit_svc.domain.cover import CountedCover, CoverKind
from credit_svc.domain.decision import DecisionInputs, DenialReason, StandingHold, decide
from credit_svc.domain.deposit import CashTerms, deposit_of
from credit_svc.domain.exposure import ExposureParts
from credit_svc.domain.group import GroupLimit, GroupStanding, MemberParts
from credit_svc.domain.hold import HoldRule
from credit_svc.domain.hold_inputs import HoldInputs, OtherUse, PastDue
from credit_svc.domain.limit import LimitFact, LimitKind, LimitSource
from credit_svc.domain.policy import FIRST_POLICY
from credit_svc.store import decisions
from dunlin_kernel.money import Money

TODAY, WHO = date(2026, 3, 1), UUID(int=1)


def cny(minor: int) -> Money:
    return Money(minor, "CNY")


def parts(*, reserved: int = 0, unapplied: int = 0) -> ExposureParts:
    return ExposureParts(cny(0), cny(0), cny(0), cny(reserved), cny(unapplied))


@pytest.mark.parametrize(("bps", "reserved", "unapplied", "asked", "missing"), [
    (0, 0, 0, 0, 0), (3000, 0, 0, 300, 300), (3000, 0, 299, 300, 1), (3000, 0, 300, 300, 0),
    (3000, 1000, 300, 300, 300), (3000, 1000, 600, 300, 0), (10_000, 0, 1000, 1000, 0), (3333, 0, 0, 333, 333)])
def test_what_is_paid_ahead(bps: int, reserved: int, unapplied: int, asked: int, missing: int) -> None:
    found = deposit_of(cny(1000), parts(reserved=reserved, unapplied=unapplied), CashTerms(bps))
    assert (found.asked.minor, found.missing.minor) == (asked, missing)


LIMIT = LimitFact(UUID(int=2), 1, "CNY", cny(5000), LimitSource.MANUAL, TODAY, None)
ORDER = DecisionInputs(cny(1000), TODAY, "active", LIMIT, parts(), FIRST_POLICY, {"billing": 3}, terms=CashTerms(3000))


def test_only_where_the_policy_wants_it_first_does_a_missing_deposit_refuse() -> None:
    told = decide(ORDER)
    assert (told.approved, told.deposit.asked, told.deposit.missing) == (True, cny(300), cny(300))
    first = replace(ORDER, policy=replace(FIRST_POLICY, deposit_first=True))
    assert decide(first).reasons == (DenialReason.DEPOSIT_MISSING,)
    assert decide(replace(first, parts=parts(unapplied=300))).approved
    prepaid = replace(first, limit=replace(LIMIT, amount=cny(0)), terms=CashTerms(10_000), parts=parts(unapplied=1000))
    assert decide(prepaid).approved and not decide(replace(prepaid, amount=cny(1001))).approved


@given(st.lists(st.integers(1, 2000), max_size=8), st.integers(0, 10_000), st.integers(0, 5000))
@settings(max_examples=60)
def test_one_payment_never_stands_for_two_orders(orders: list[int], bps: int, paid: int) -> None:
    policy, reserved = replace(FIRST_POLICY, deposit_first=True), 0
    for minor in orders:
        asked = replace(ORDER, amount=cny(minor), policy=policy, terms=CashTerms(bps),
                        limit=replace(LIMIT, amount=cny(10**9)), parts=parts(reserved=reserved, unapplied=paid))
        reserved += minor if decide(asked).approved else 0
    assert deposit_of(cny(0), parts(reserved=reserved, unapplied=paid), CashTerms(bps)).missing.is_zero


USED = ExposureParts(*(Money(minor, "USD") for minor in (5, 1, 2, 3, 4, 6, 7)))
SEEN = HoldInputs(
    (PastDue(date(2026, 2, 1), cny(9)),), (
        OtherUse(USED, Money(0, "USD"), (CountedCover(UUID(int=8), CoverKind.GUARANTEE, Money(50, "USD")),)),
        OtherUse(replace(USED, accrued=None, kept=None), None, ())),
    "C", date(2026, 2, 2), {HoldRule.OVERDUE: TODAY})


def test_all_that_a_decision_looks_at_is_kept() -> None:
    """A rule that is added with an input of its own fails here until that input is stored too."""
    temporary = replace(LIMIT, id=UUID(int=3), version=2, kind=LimitKind.TEMPORARY, valid_until=TODAY)
    group = GroupStanding(
        UUID(int=4), "CNY", "CNY", True, GroupLimit(UUID(int=5), 2, "CNY", cny(7000), TODAY, TODAY),
        (MemberParts(WHO, ExposureParts(cny(5), cny(1), cny(2), cny(3), cny(4), cny(6), cny(7))),),
        {"USD": Decimal("7.1000")})
    whole = DecisionInputs(
        cny(1000), TODAY, "suspended", LIMIT,
        ExposureParts(cny(5), cny(1), cny(2), cny(3), cny(4), cny(6), cny(7)),
        replace(FIRST_POLICY, version=9, cover_kinds=("deposit",), deposit_first=True, accrued_interest=True),
        {"billing": 3, "customer": 4},
        temporary, (StandingHold(UUID(int=6), "overdue"),), WHO, group,
        (CountedCover(UUID(int=7), CoverKind.DEPOSIT, cny(50)),), CashTerms(3000, cash_on_delivery=True), SEEN)
    least = DecisionInputs(cny(1), date(2026, 3, 2), "active", None, parts(), FIRST_POLICY, {})
    for name in (field.name for field in fields(DecisionInputs)):
        assert getattr(whole, name) != getattr(least, name), f"{name} is tried too"
    for inputs in (whole, least):
        again = decisions.inputs_of_text(decisions.text_of(inputs))
        assert again == inputs
        assert decide(again) == decide(inputs)
