"""A policy tried before it is adopted: who is blocked, who is freed, and decisions decided again."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit_svc.domain.cover import CountedCover, CoverKind
from credit_svc.domain.decision import DecisionInputs, DenialReason, StandingHold, decide
from credit_svc.domain.dry_run import Candidate, CurrencySum, Tried, redecided, replays, sum_over, tried
from credit_svc.domain.exposure import ExposureParts
from credit_svc.domain.hold import HoldRule, HoldRules, Use, Watched, hold_changes
from credit_svc.domain.hold_inputs import HoldInputs, OtherUse, PastDue
from credit_svc.domain.limit import LimitFact, LimitSource
from credit_svc.domain.owed_item import Overdue
from credit_svc.domain.policy import FIRST_POLICY
from dunlin_kernel.money import Money

TODAY = date(2026, 3, 10)
R = DenialReason


def cny(minor: int) -> Money:
    return Money(minor, "CNY")


def inputs(limit: int, opened: int, *, disputed: int = 0, holds: tuple[StandingHold, ...] = ()) -> DecisionInputs:
    fact = LimitFact(UUID(int=1), 1, "CNY", cny(limit), LimitSource.MANUAL, TODAY, None)
    parts = ExposureParts(cny(opened), cny(disputed), cny(0), cny(0), cny(0))
    return DecisionInputs(cny(1), TODAY, "active", fact, parts, FIRST_POLICY, {}, None, holds, UUID(int=5))


QUIET = Watched(TODAY, {}, {}, None, None, {})
LATE = replace(QUIET, overdue={"CNY": Overdue(TODAY - timedelta(days=40), cny(10))})
STRICT = Candidate(FIRST_POLICY, HoldRules(overdue_grace_days=30))
LENIENT = Candidate(replace(FIRST_POLICY, version=2, disputed_weight_bps=0), HoldRules())
HELD = (StandingHold(UUID(int=2), "overdue"),)
BY_HAND = (StandingHold(UUID(int=3), "manual"),)

TRIED = [
    ("nothing changes", inputs(100, 50), (), QUIET, STRICT, (), ()),
    ("a rule blocks", inputs(100, 50), (), LATE, STRICT, (), (R.ON_HOLD,)),
    ("not one whom a person spares", inputs(100, 50), (), replace(LATE, waived={HoldRule.OVERDUE: TODAY}), STRICT,
     (), ()),
    ("its end frees", inputs(100, 50, holds=HELD), (HoldRule.OVERDUE,), LATE, LENIENT, (R.ON_HOLD,), ()),
    ("but no hold by hand", inputs(100, 50, holds=BY_HAND), (HoldRule.MANUAL,), QUIET, LENIENT, (R.ON_HOLD,),
     (R.ON_HOLD,)),
    ("a weight frees", inputs(100, 130, disputed=60), (), QUIET, LENIENT, (R.OVER_LIMIT,), ()),
]


@pytest.mark.parametrize(("given_inputs", "standing", "watched", "by", "before", "after"), [row[1:] for row in TRIED],
                         ids=[row[0] for row in TRIED])
def test_tried(
    given_inputs: DecisionInputs, standing: tuple[HoldRule, ...], watched: Watched, by: Candidate,
    before: tuple[R, ...], after: tuple[R, ...],
) -> None:
    found = tried(given_inputs, standing, watched, by=by)
    assert (found.before, found.after) == (before, after)
    assert (found.is_blocked, found.is_freed) == (not before and bool(after), bool(before) and not after)


WATCHED = st.builds(
    Watched, st.just(TODAY),
    st.dictionaries(st.just("CNY"), st.builds(
        lambda days: Overdue(TODAY - timedelta(days=days), cny(10)), st.integers(1, 60)), max_size=1),
    st.dictionaries(st.sampled_from(["CNY", "USD"]), st.builds(
        lambda used, limit: Use(cny(used), cny(limit)), st.integers(0, 200), st.integers(0, 200))),
    st.sampled_from(["A", "E", None]), st.one_of(st.none(), st.just(TODAY)),
    st.dictionaries(st.sampled_from(HoldRule), st.just(TODAY), max_size=1))
RULES = st.builds(
    HoldRules, st.one_of(st.none(), st.integers(0, 60)), st.just({}), st.one_of(st.none(), st.just(0)),
    st.sampled_from([frozenset(), frozenset("E")]), st.one_of(st.none(), st.just(30)))


@given(st.integers(0, 200), st.integers(0, 200), WATCHED, RULES, st.sets(st.sampled_from(HoldRule)))
@settings(max_examples=100)
def test_the_same_policy_changes_nothing(
    limit: int, opened: int, watched: Watched, rules: HoldRules, before: set[HoldRule],
) -> None:
    """Whatever stood before, once the rules have looked at the customer."""
    changes = hold_changes(before, watched, rules)
    standing = before.difference(changes.release) | {cause.rule for cause in changes.place}
    holds = tuple(StandingHold(UUID(int=2), rule.value) for rule in sorted(standing))
    found = tried(inputs(limit, opened, holds=holds), standing, watched, by=Candidate(FIRST_POLICY, rules))
    assert (found.before, found.available_before) == (found.after, found.available_after)


LONG_DUE = HoldInputs((PastDue(TODAY - timedelta(days=40), cny(10)), PastDue(TODAY - timedelta(days=5), cny(7))))
USD_OVER = HoldInputs(others=(OtherUse(
    ExposureParts(*(Money(minor, "USD") for minor in (90, 0, 0, 0, 0))), Money(80, "USD"),
    (CountedCover(UUID(int=7), CoverKind.GUARANTEE, Money(5, "USD")),)),))
UNRATED = replace(USD_OVER, others=(replace(USD_OVER.others[0], limit=None),))
EXCEEDED = HoldRules(limit_exceeded_bps=0)
NO_COVERS = replace(FIRST_POLICY, cover_kinds=())
ANEW = [
    ("nothing was kept: as they stood", None, HELD, Candidate(FIRST_POLICY, HoldRules()), (R.ON_HOLD,), False),
    ("long overdue", LONG_DUE, (), STRICT, (R.ON_HOLD,), True),
    ("not so long", LONG_DUE, (), Candidate(FIRST_POLICY, HoldRules(overdue_grace_days=60)), (), True),
    ("more than the policy lets pass", LONG_DUE, (), Candidate(FIRST_POLICY, HoldRules(
        overdue_grace_days=3, overdue_above={"CNY": cny(16)})), (R.ON_HOLD,), True),
    ("no more than that", LONG_DUE, (), Candidate(FIRST_POLICY, HoldRules(
        overdue_grace_days=3, overdue_above={"CNY": cny(17)})), (), True),
    ("a person spares it", replace(LONG_DUE, waived={HoldRule.OVERDUE: TODAY}), (), STRICT, (), True),
    ("a rule without a cause lets go", HoldInputs(), HELD, STRICT, (), True),
    ("by hand it stands", HoldInputs(), BY_HAND, LENIENT, (R.ON_HOLD,), True),
    ("a grade", HoldInputs(grade="E"), (), Candidate(FIRST_POLICY, HoldRules(grades=frozenset("E"))),
     (R.ON_HOLD,), True),
    ("a broken promise", HoldInputs(promise_broken_on=TODAY), (), Candidate(
        FIRST_POLICY, HoldRules(broken_promise_days=3)), (R.ON_HOLD,), True),
    ("over the limit in another currency", USD_OVER, (), Candidate(NO_COVERS, EXCEEDED), (R.ON_HOLD,), True),
    ("by more than its covers", replace(USD_OVER, others=(replace(USD_OVER.others[0], covers=()),)), (),
     Candidate(FIRST_POLICY, EXCEEDED), (R.ON_HOLD,), True),
    ("not rated in another currency", UNRATED, (), Candidate(FIRST_POLICY, EXCEEDED), (), True),
]


@pytest.mark.parametrize(
    ("seen", "holds", "by", "reasons", "tried_anew"), [row[1:] for row in ANEW], ids=[row[0] for row in ANEW])
def test_holds_by_rule_are_judged_again(
    seen: HoldInputs | None, holds: tuple[StandingHold, ...], by: Candidate, reasons: tuple[R, ...], tried_anew: bool,
) -> None:
    asked = replace(inputs(100, 50, holds=holds), seen=seen)
    again = redecided(UUID(int=1), asked, approved=True, by=by)
    assert (again.then.reasons, again.holds_tried) == (reasons, tried_anew)


@pytest.mark.parametrize(("told", "reasons"), [
    ({"billing": 3}, (R.ON_HOLD, R.OVER_LIMIT)), ({"billing": 0}, (R.OVER_LIMIT,)), ({}, (R.OVER_LIMIT,))])
def test_a_limit_that_is_exceeded_holds_again_where_billing_told_of_the_account(
    told: dict[str, int], reasons: tuple[R, ...],
) -> None:
    asked = replace(inputs(100, 130), seen=HoldInputs(), positions=told)
    again = redecided(UUID(int=1), asked, approved=True, by=Candidate(FIRST_POLICY, EXCEEDED))
    assert again.then.reasons == reasons


def one(before: int | None, after: int | None, was: tuple[R, ...] = (), then: tuple[R, ...] = ()) -> Tried:
    return Tried(UUID(int=1), None if before is None else cny(before), None if after is None else cny(after), was, then)


def test_sums_count_only_who_can_buy() -> None:
    found = [one(100, 100), one(50, 50, then=(R.ON_HOLD,)), one(-30, 20, was=(R.OVER_LIMIT,)),
             one(None, None, (R.NOT_RATED,), (R.NOT_RATED,))]
    assert sum_over(found, "CNY") == CurrencySum(cny(150), cny(120), cny(50), cny(20))


@given(st.integers(1, 10**6), st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10000))
@settings(max_examples=60)
def test_a_decision_replays_and_is_decided_again(amount: int, limit: int, opened: int, weight: int) -> None:
    asked = replace(inputs(limit, opened, disputed=opened // 2), amount=cny(amount))
    answer = decide(asked)
    assert replays(asked, approved=answer.approved, reasons=answer.reasons)
    assert not replays(asked, approved=not answer.approved, reasons=answer.reasons)
    again = redecided(UUID(int=1), asked, approved=answer.approved, by=Candidate(FIRST_POLICY, HoldRules()))
    assert not again.is_changed
    by = replace(FIRST_POLICY, disputed_weight_bps=weight)
    lighter = redecided(UUID(int=1), asked, approved=answer.approved, by=Candidate(by, HoldRules()))
    assert not lighter.is_changed or lighter.then.approved
