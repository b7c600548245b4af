"""Collecting by persons: when a case opens, its stages, calls and their outcomes, the worklist's order."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dunlin_kernel.errors import DomainError, RuleBroken
from dunlin_kernel.ids import new_id
from dunlin_kernel.lifecycle import IllegalTransition
from dunlin_kernel.money import Money
from notify_svc.domain.call import CallOutcome, CallReason, CallTask
from notify_svc.domain.collection_case import (
    MAX_RECONCILE_DAYS,
    MAX_RECONCILE_TIMES,
    CaseAction,
    CaseReason,
    CaseStage,
    CollectionCase,
    CollectionPolicy,
)
from notify_svc.domain.item import DunnedItem
from notify_svc.domain.ladder import NOT_BEGUN
from notify_svc.domain.promise import PromiseStatus
from notify_svc.domain.worklist import POINTS, BrokenPromise, Candidate, PromiseSeen, Why, rank
from notify_svc.domain.worth import Rates

TODAY = date(2026, 6, 1)
POLICY = CollectionPolicy(1, 60, Money(100_000, "CNY"), 2, broken_promise_days=7)
RATES = Rates("CNY", {"USD": Decimal("7.1"), "JPY": Decimal("0.048125")})


def item(late: int, opened: int = 100, *, disputed: int = 0, currency: str = "CNY", active: bool = True) -> DunnedItem:
    return DunnedItem(new_id(), new_id(), new_id(), "I", date(2026, 1, 1), TODAY - timedelta(days=late), 1,
                      Money(opened, currency), active, NOT_BEGUN, Money(disputed, currency))


@pytest.mark.parametrize(("items", "reason"), [
    ([], None),
    ([item(59)], None),
    ([item(60)], CaseReason.CHRONIC),
    ([item(60, disputed=100)], None),
    ([item(60, active=False)], None),
    ([item(1, 60_000), item(2, 40_000)], CaseReason.LARGE),
    ([item(1, 60_000), item(0, 40_000)], None),
    ([item(1, 60_000), item(2, 40_000, currency="EUR")], None),
    ([item(1, 60_000), item(2, 5_634, currency="USD")], CaseReason.LARGE),
    ([item(1, 60_000), item(2, 5_633, currency="USD")], None),
    ([item(1, 60_000), item(2, 40_000, disputed=1)], None),
    ([item(61), item(1, 100_000)], CaseReason.CHRONIC),
])
def test_a_case_is_opened_for_old_or_large_debts(items: list[DunnedItem], reason: CaseReason | None) -> None:
    assert POLICY.opens(items, TODAY, RATES) is reason


def test_rules_that_are_off_open_nothing() -> None:
    assert CollectionPolicy(1, None, None, 1).opens([item(900, 10**9)], TODAY, RATES) is None


@pytest.mark.parametrize(("days", "large", "again"), [(0, None, 1), (3651, None, 1), (1, Money(0, "CNY"), 1),
                                                      (1, None, 0), (1, None, 31)])
def test_what_is_no_collection_policy(days: int, large: Money | None, again: int) -> None:
    with pytest.raises(RuleBroken, match="bad_collection_policy"):
        CollectionPolicy(1, days, large, again)


@pytest.mark.parametrize("wrong", [
    {"reconcile_after_days": 0}, {"reconcile_after_days": MAX_RECONCILE_DAYS + 1}, {"reconcile_times": -1},
    {"reconcile_times": MAX_RECONCILE_TIMES + 1}, {"broken_promise_days": 0}, {"broken_promise_days": 366},
    {"statement_answer_days": 0}, {"statement_answer_days": 91},
    {"limitation_months": 11}, {"limitation_months": 361}])
def test_a_statement_is_not_reminded_of_beyond_measure(wrong: dict[str, Any]) -> None:
    with pytest.raises(RuleBroken, match="bad_collection_policy"):
        replace(POLICY, **wrong)
    assert replace(POLICY, reconcile_after_days=MAX_RECONCILE_DAYS, reconcile_times=0).reconcile_times == 0
    assert replace(POLICY, reconcile_after_days=1, reconcile_times=MAX_RECONCILE_TIMES).reconcile_after_days == 1


@pytest.mark.parametrize("edges", [(1, Money(1, "CNY"), 1), (3650, None, 30), (None, None, 30)])
def test_a_policy_goes_up_to_its_edges(edges: tuple[int | None, Money | None, int]) -> None:
    days, large, again = edges
    assert CollectionPolicy(1, days, large, again).call_again_days == again


def test_a_statement_is_reminded_of_every_so_many_days_so_many_times() -> None:
    policy = replace(POLICY, reconcile_after_days=7, reconcile_times=2)
    assert [policy.reconciles_on(TODAY, reminded) for reminded in range(3)] == [TODAY + timedelta(days=7)] * 2 + [None]
    for times in (-1, 25):
        with pytest.raises(RuleBroken, match="bad_collection_policy"):
            replace(POLICY, reconcile_times=times)


def case(stage: CaseStage = CaseStage.COLLECTING) -> CollectionCase:
    closed = TODAY if stage is CaseStage.CLOSED else None
    return CollectionCase(new_id(), new_id(), CaseReason.CHRONIC, stage, None, None, None, TODAY, "rule", closed)


@pytest.mark.parametrize("before", list(CaseStage))
@pytest.mark.parametrize("after", list(CaseStage))
def test_an_open_case_comes_to_any_stage_and_a_closed_one_to_none(before: CaseStage, after: CaseStage) -> None:
    if before is CaseStage.CLOSED:
        with pytest.raises(IllegalTransition):
            case(before).advanced(stage=after, action=None, on=None)
        with pytest.raises(IllegalTransition):
            case(before).closed(TODAY, "agreed")
    elif after is not CaseStage.CLOSED:
        moved = case(before).advanced(stage=after, action=CaseAction.VISIT, on=TODAY)
        assert (moved.stage, moved.next_action, moved.version) == (after, CaseAction.VISIT, 2)
    else:
        ended = case(before).closed(TODAY, "agreed")
        assert (ended.stage, ended.closed_on, ended.end_reason, ended.next_action, ended.version) == (
            after, TODAY, "agreed", None, 2)


@pytest.mark.parametrize(("reason", "stage", "owed", "over"), [
    (CaseReason.CHRONIC, CaseStage.COLLECTING, [item(1)], False),
    (CaseReason.CHRONIC, CaseStage.DEMAND, [item(0)], True),
    (CaseReason.LARGE, CaseStage.COLLECTING, [], True),
    (CaseReason.BY_HAND, CaseStage.COLLECTING, [item(0)], False),
    (CaseReason.BY_HAND, CaseStage.COLLECTING, [], True),
    (CaseReason.CHRONIC, CaseStage.SUIT, [], False),
])
def test_a_case_is_over_when_its_debt_is(
    reason: CaseReason, stage: CaseStage, owed: list[DunnedItem], over: bool,
) -> None:
    assert replace(case(stage), reason=reason).over(owed, TODAY) is over


@pytest.mark.parametrize(("action", "on"), [(CaseAction.CALL, None), (None, TODAY)])
def test_what_comes_next_has_a_day(action: CaseAction | None, on: date | None) -> None:
    with pytest.raises(RuleBroken, match="bad_next_action"):
        case().advanced(stage=CaseStage.DEMAND, action=action, on=on)


def call(attempt: int = 1) -> CallTask:
    return CallTask(new_id(), new_id(), CallReason.BY_HAND, TODAY, TODAY, "clerk", attempt)


@pytest.mark.parametrize(("outcome", "attempt", "again"), [
    *((outcome, 1, None) for outcome in CallOutcome if outcome is not CallOutcome.NOT_REACHED),
    (CallOutcome.NOT_REACHED, 1, 2), (CallOutcome.NOT_REACHED, 4, 5), (CallOutcome.NOT_REACHED, 5, None)])
def test_who_was_not_reached_is_called_again_five_times_at_most(
    outcome: CallOutcome, attempt: int, again: int | None,
) -> None:
    promise = new_id() if outcome is CallOutcome.PROMISE else None
    logged = call(attempt).logged(outcome, on=TODAY, by="li", note=None, promise_id=promise)
    following = logged.again(new_id(), after_days=2)
    assert (following.attempt if following else None) == again
    if following:
        assert (following.due_on, following.reason) == (TODAY + timedelta(days=2), CallReason.NOT_REACHED)
        assert (following.opened_on, following.opened_by) == (TODAY, "li")


def test_a_call_is_logged_once_and_a_promise_comes_with_one() -> None:
    with pytest.raises(RuleBroken, match="promise_missing"):
        call().logged(CallOutcome.PROMISE, on=TODAY, by="li", note=None, promise_id=None)
    with pytest.raises(RuleBroken, match="promise_missing"):
        call().logged(CallOutcome.REACHED, on=TODAY, by="li", note=None, promise_id=new_id())
    logged = call().logged(CallOutcome.REACHED, on=TODAY, by="li", note="x", promise_id=None)
    with pytest.raises(DomainError, match="logged already"):
        logged.logged(CallOutcome.REACHED, on=TODAY, by="li", note=None, promise_id=None)


def owing(late: int | None = 10, amount: int = 100, **changes: Any) -> Candidate:
    due = None if late is None else TODAY - timedelta(days=late)
    blank = Candidate(new_id(), (Money(amount, "CNY"),) if due else (), due, None, None, False, None, None)
    return replace(blank, **changes)


def promise(status: PromiseStatus, days: int = 0) -> PromiseSeen:
    return PromiseSeen(new_id(), Money(100, "CNY"), TODAY + timedelta(days=days), status)


def broken(days_ago: int = 0, *, owed: bool = True, acted: int | None = None) -> BrokenPromise:
    """Broken so many days ago; `acted` on so many days after that."""
    on = TODAY - timedelta(days=days_ago)
    acted_on = None if acted is None else on + timedelta(days=acted)
    return BrokenPromise(promise(PromiseStatus.BROKEN, -days_ago - 1), on, owed, acted_on)


LATER = TODAY + timedelta(days=1)


@pytest.mark.parametrize(("candidate", "why"), [
    (owing(), [Why.OVERDUE]),
    (owing(31), [Why.OVER_30_DAYS]),
    (owing(61), [Why.OVER_60_DAYS]),
    (owing(91, 100_000), [Why.OVER_90_DAYS, Why.LARGE]),
    (owing(address_refused=True), [Why.ADDRESS_REFUSED, Why.OVERDUE]),
    (owing(broken=broken()), [Why.PROMISE_BROKEN, Why.OVERDUE]),
    (owing(broken=broken(6)), [Why.PROMISE_BROKEN, Why.OVERDUE]),
    (owing(broken=broken(7)), [Why.OVERDUE]),
    (owing(broken=broken(owed=False)), [Why.OVERDUE]),
    (owing(broken=broken(3, acted=-1)), [Why.PROMISE_BROKEN, Why.OVERDUE]),
    (owing(broken=broken(3, acted=0)), [Why.OVERDUE]),
    (owing(broken=broken(3), promise=promise(PromiseStatus.RUNNING, 1)), []),
    (owing(promise=promise(PromiseStatus.BROKEN)), [Why.OVERDUE]),
    (owing(promise=promise(PromiseStatus.KEPT)), [Why.OVERDUE]),
    (owing(promise=promise(PromiseStatus.RUNNING)), [Why.PROMISE_DUE, Why.OVERDUE]),
    (owing(promise=promise(PromiseStatus.RUNNING, 1)), []),
    (owing(promise=promise(PromiseStatus.RUNNING, 1), call_due_on=TODAY), [Why.CALL_DUE]),
    (owing(call_due_on=LATER, action_due_on=TODAY), [Why.ACTION_DUE, Why.OVERDUE]),
    (owing(talked_on=TODAY), []),
    (owing(talked_on=TODAY, action_due_on=TODAY), [Why.ACTION_DUE]),
    (owing(None), []),
    (owing(None, call_due_on=TODAY), [Why.CALL_DUE]),
])
def test_why_somebody_is_called(candidate: Candidate, why: list[Why]) -> None:
    ranked = rank([candidate], today=TODAY, policy=POLICY, rates=RATES)
    assert [list(one.why) for one in ranked] == ([why] if why else [])


@pytest.mark.parametrize(("sums", "minor"), [
    ((), 0), ((Money(150, "CNY"),), 150), ((Money(150, "CNY"), Money(100, "USD")), 860),
    ((Money(1000, "JPY"),), 4813), ((Money(10**9, "EUR"), Money(1, "CNY")), 1)])
def test_what_sums_in_several_currencies_are_worth(sums: tuple[Money, ...], minor: int) -> None:
    assert RATES.worth(sums) == Money(minor, "CNY")


def test_of_two_that_weigh_the_same_who_owes_more_is_called_first() -> None:
    """57 days and 5,650.00 CNY, 47 days and 85,993.00, 40 days and 12,000.00 USD at 7.1; 61 days weigh more."""
    policy = replace(POLICY, large=None)
    people = [owing(57, 565_000), owing(47, 8_599_300), owing(40, overdue=(Money(1_200_000, "USD"),)), owing(61, 1)]
    ranked = rank(people, today=TODAY, policy=policy, rates=RATES)
    assert [people.index(one.candidate) for one in ranked] == [3, 1, 2, 0]
    assert [one.worth.minor for one in ranked] == [1, 8_599_300, 8_520_000, 565_000]
    assert rank([people[2]], today=TODAY, policy=POLICY, rates=RATES)[0].why == (Why.LARGE, Why.OVER_30_DAYS)


def test_the_broken_promise_that_is_a_reason_is_shown_and_else_the_last_one() -> None:
    kept = promise(PromiseStatus.KEPT)
    for gone, shown in ((broken(1), PromiseStatus.BROKEN), (broken(8), PromiseStatus.KEPT)):
        [row] = rank([owing(broken=gone, promise=kept)], today=TODAY, policy=POLICY, rates=RATES)
        assert row.promise is not None
        assert row.promise.status is shown


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(1, 120), st.booleans(), st.sampled_from([None, *PromiseStatus])), max_size=12))
def test_the_list_is_in_one_order_and_says_why(drawn: list[tuple[int, bool, PromiseStatus | None]]) -> None:
    people = [
        owing(late, call_due_on=TODAY if due else None, promise=promise(status) if status else None)
        for late, due, status in drawn]
    ranked = rank(people, today=TODAY, policy=POLICY, rates=RATES)
    assert len(ranked) == len(people)
    assert all(one.points == sum(POINTS[reason] for reason in one.why) for one in ranked)
    assert all(first.key < second.key for first, second in pairwise(ranked))
    assert ranked == rank(reversed(people), today=TODAY, policy=POLICY, rates=RATES)
