"""A group's limit by hand: what one person may give alone, and what adds up toward the step."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit_svc.domain.group import GroupLimit
from credit_svc.domain.group_override import (
    GroupLimitsBefore,
    check_group_alone,
    check_group_limit,
    check_same_currency,
    group_needs_second_person,
)
from credit_svc.domain.limit_override import EarlierLimit, OverrideRules
from dunlin_kernel.errors import Forbidden, RuleBroken
from dunlin_kernel.money import Money

TODAY = date(2026, 3, 10)
STEP = OverrideRules({"CNY": Money(100, "CNY")})


def limit(minor: int | None, currency: str = "CNY", until: date | None = None) -> GroupLimit:
    return GroupLimit(
        UUID(int=1), 1, currency, None if minor is None else Money(minor, currency), date(2026, 1, 1), until)


def before(last: GroupLimit | None, *earlier: tuple[int | None, int, bool], currency: str = "CNY") -> GroupLimitsBefore:
    """`earlier`: minor units or None, how many days ago, whether by one person alone; newest first."""
    return GroupLimitsBefore(last, [
        EarlierLimit(None if minor is None else Money(minor, currency), TODAY - timedelta(days=ago), alone)
        for minor, ago, alone in earlier])


ENDED = limit(500, until=date(2026, 3, 9))
CASES = [
    ("the first limit binds: it gives nothing", limit(10_000), before(None), STEP, False),
    ("after it was taken away likewise", limit(10_000), before(limit(None), (None, 1, False)), STEP, False),
    ("none stays none", limit(None), before(limit(None), (None, 1, False)), STEP, False),
    ("a cut", limit(400), before(limit(500), (500, 1, True)), STEP, False),
    ("up to the step", limit(600), before(limit(500), (500, 40, True)), STEP, False),
    ("above it", limit(601), before(limit(500), (500, 40, True)), STEP, True),
    ("to take it away is to give without end", limit(None), before(limit(500), (500, 1, False)), STEP, True),
    ("no step, no second person", limit(None), before(limit(500), (500, 1, True)), OverrideRules(), False),
    ("small raises add up", limit(601), before(limit(560), (560, 1, True), (500, 29, True)), STEP, True),
    ("so they do from below", limit(600), before(limit(560), (560, 1, True), (500, 29, True)), STEP, False),
    ("from what two agreed", limit(601), before(limit(560), (560, 1, False), (500, 29, True)), STEP, False),
    ("after 30 days no more", limit(601), before(limit(560), (560, 31, True), (100, 32, True)), STEP, False),
    ("a cut by one alone and back", limit(500), before(limit(1), (1, 0, True), (500, 9, False)), STEP, True),
    ("one that has ended is nothing", limit(101), before(ENDED, (500, 90, False)), STEP, True),
    ("nothing but the step", limit(100), before(ENDED, (500, 90, False)), STEP, False),
    ("a currency without a step has none small enough", limit(1, "EUR"), before(
        limit(0, "EUR"), (0, 1, False), currency="EUR"), STEP, True),
    ("another currency than the last counts from nothing", limit(101), before(
        limit(9_999, "EUR"), (9_999, 1, False), currency="EUR"), STEP, True),
    ("and is small enough below the step", limit(100), before(
        limit(9_999, "EUR"), (9_999, 1, False), currency="EUR"), STEP, False),
]


@pytest.mark.parametrize(("what", "new", "known", "rules", "needs"), CASES, ids=[case[0] for case in CASES])
def test_when_a_limit_of_a_group_takes_two(
    what: str, new: GroupLimit, known: GroupLimitsBefore, rules: OverrideRules, needs: bool,
) -> None:
    assert group_needs_second_person(new, known, rules, today=TODAY) is needs
    if needs:
        with pytest.raises(Forbidden, match="second_person_needed"):
            check_group_alone(new, known, rules, today=TODAY)
    else:
        check_group_alone(new, known, rules, today=TODAY)


@given(st.lists(st.integers(0, 400), min_size=1, max_size=12))
@settings(max_examples=60)
def test_one_person_alone_never_comes_further_than_the_step_in_a_month(wishes: list[int]) -> None:
    agreed, known = limit(100), [EarlierLimit(Money(100, "CNY"), TODAY, False)]
    stands = agreed
    for wish in wishes:
        wanted = limit(wish)
        if not group_needs_second_person(wanted, GroupLimitsBefore(stands, known), STEP, today=TODAY):
            stands, known = wanted, [EarlierLimit(wanted.amount, TODAY, True), *known]
        assert stands.amount is not None and stands.amount.minor <= 200


@pytest.mark.parametrize(("broken", "code"), [
    (limit(-1), "negative_limit"), (limit(1, until=date(2026, 3, 9)), "validity_in_past"),
])
def test_limits_that_are_refused(broken: GroupLimit, code: str) -> None:
    with pytest.raises(RuleBroken, match=code):
        check_group_limit(broken, today=TODAY)


def test_limits_that_are_taken() -> None:
    for one in (limit(0), limit(None), limit(1, until=TODAY)):
        check_group_limit(one, today=TODAY)


def test_a_proposal_is_of_the_groups_currency() -> None:
    check_same_currency(None, "CNY")
    check_same_currency(Money(1, "CNY"), "CNY")
    with pytest.raises(RuleBroken, match="currency_mismatch"):
        check_same_currency(Money(1, "EUR"), "CNY")
