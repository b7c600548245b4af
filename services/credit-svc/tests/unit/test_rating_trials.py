"""A rating policy tried before it is adopted: grades, limits and terms of both policies, and ratings made again."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given as given_by
from hypothesis import settings
from hypothesis import strategies as st

from credit_svc.domain.ability import Figures, FinancialStatement, Freshness, StatementSource
from credit_svc.domain.behaviour import Behaviour, Lately
from credit_svc.domain.decision import DecisionInputs, DenialReason
from credit_svc.domain.exposure import ExposureParts
from credit_svc.domain.grade import Grade, GradeBands, GradeTerms
from credit_svc.domain.hold import HoldRules, Use, Watched
from credit_svc.domain.limit import LimitFact, LimitSource, limit_in_force
from credit_svc.domain.limit_engine import EngineRules, Trade
from credit_svc.domain.policy import FIRST_POLICY
from credit_svc.domain.rating import Inputs
from credit_svc.domain.rating_outcome import Rateable, given, trade_counted
from credit_svc.domain.rating_policy import RatingPolicy, Scorecards
from credit_svc.domain.rating_trial import (
    Book,
    LimitSum,
    StoredLimit,
    StoredRating,
    rerated,
    sum_of_limits,
    tried_rating,
)
from credit_svc.domain.review import RatingCause, Standing, next_review
from credit_svc.domain.willingness import LearntPayment, PaymentRecord
from dunlin_kernel.money import Money

TODAY = date(2026, 3, 10)
R = DenialReason


def cny(minor: int) -> Money:
    return Money(minor, "CNY")


POLICY = RatingPolicy(
    2, TODAY, "by score", reviews=True, sets_limits=True, decides_terms=True, bands=GradeBands(600, 580, 540, 500))
ON_REQUEST = replace(POLICY, reviews=False)
HARSH = replace(POLICY, version=3, bands=GradeBands(840, 830, 820, 810))
TRADE = Trade(cny(1_200_000), 365, 30, 0, cny(100_000))
PAID = PaymentRecord().learning(LearntPayment.of(UUID(int=1), None, cny(100), due_on=TODAY, paid_on=TODAY))
NOBODY = Behaviour({}, Lately(), {}, None, None, 0, 0, 0)
PAYER = replace(NOBODY, records={"CNY": PAID}, first_billed_on=TODAY - timedelta(days=900))
YEAR_END = date(2025, 12, 31)
STATED = FinancialStatement(UUID(int=8), YEAR_END, "CNY", StatementSource.AUDITED, Figures(
    100_000, 50_000, 30_000, 20_000, 10_000, 40_000, 60_000, 150_000))


def fact(amount: int | None, source: LimitSource = LimitSource.POLICY) -> LimitFact:
    return LimitFact(UUID(int=3), 1, "CNY", None if amount is None else cny(amount), source, date(2026, 1, 1), None)


def rateable(
    limit: LimitFact | None, behaviour: Behaviour = PAYER, *, rated: Grade | None = Grade.A,
    terms: GradeTerms | None = None,
) -> Rateable:
    facts = [] if limit is None else [limit]
    return Rateable(
        Inputs(TODAY, behaviour, ()), {"CNY": TRADE},
        {"CNY": Standing(limit_in_force(facts, today=TODAY), (), TODAY)},
        () if rated is None else [(TODAY - timedelta(days=60), rated)], terms)


def book(limit: LimitFact | None, rules: HoldRules | None = None, *, used: int = 0) -> Book:
    parts = ExposureParts(cny(used), cny(0), cny(0), cny(0), cny(0))
    order = DecisionInputs(cny(1), TODAY, "active", limit, parts, FIRST_POLICY, {}, None, (), UUID(int=5))
    uses = {"CNY": Use(cny(used), None if limit is None else limit.amount)}
    return Book({"CNY": order}, set(), Watched(TODAY, {}, uses, "A", None, {}), rules or HoldRules())


GIVEN = [
    ("graded, limited, with terms", rateable(None, rated=None), POLICY, "A", True, GradeTerms(60, 0)),
    ("never rated, on request only", rateable(None, rated=None), ON_REQUEST, None, False, None),
    ("rated before, on request", rateable(None), ON_REQUEST, "A", True, GradeTerms(60, 0)),
    ("nothing to rate: as it was", rateable(None, NOBODY, rated=Grade.C), POLICY, "C", False, None),
    ("never rated, nothing to rate", rateable(None, NOBODY, rated=None), POLICY, None, False, None),
    ("terms by people", rateable(None, terms=GradeTerms(7, 0)), replace(POLICY, decides_terms=False), "A", True,
     GradeTerms(7, 0)),
]


@pytest.mark.parametrize(
    ("one", "policy", "grade", "limited", "terms"), [row[1:] for row in GIVEN], ids=[row[0] for row in GIVEN])
def test_what_a_policy_gives(
    one: Rateable, policy: RatingPolicy, grade: str | None, limited: bool, terms: GradeTerms | None,
) -> None:
    got = given(one, policy)
    assert (got.grade and got.grade.value, bool(got.limits), got.terms) == (grade, limited, terms)


def test_a_statement_that_says_nothing_any_more_bounds_no_limit() -> None:
    stated = replace(TRADE, net_worth=cny(10), existing_lines=cny(0))
    old = replace(POLICY, cards=Scorecards(freshness=Freshness(1, 2)))
    assert trade_counted(stated, YEAR_END, POLICY, today=TODAY) == stated
    assert trade_counted(stated, YEAR_END, old, today=TODAY) == TRADE
    assert trade_counted(TRADE, None, old, today=TODAY) == TRADE
    one = rateable(None)
    with_statement = replace(one, inputs=Inputs(TODAY, PAYER, (STATED,)), trades={"CNY": stated})
    assert given(with_statement, POLICY).limits["CNY"].parts.capacity == cny(1)
    assert given(with_statement, old).limits["CNY"].parts.capacity is None


LIMIT = given(rateable(None), POLICY).limits["CNY"].decided.limit
GRADES_HOLD = HoldRules(grades=frozenset("E"))
TRIED = [
    ("the same policy", fact(LIMIT.minor), POLICY, POLICY, HoldRules(), 0, ((), ())),
    ("a first limit frees", None, replace(POLICY, sets_limits=False), POLICY, HoldRules(), 0, ((R.NOT_RATED,), ())),
    ("a cut blocks", fact(LIMIT.minor), POLICY, HARSH, HoldRules(), 10, ((), (R.NO_CREDIT,))),
    ("a grade holds", fact(LIMIT.minor), POLICY, replace(HARSH, sets_limits=False), GRADES_HOLD, 0, ((), (R.ON_HOLD,))),
    ("too much is used of a limit that is cut", fact(LIMIT.minor), POLICY, HARSH, HoldRules(limit_exceeded_bps=0), 10,
     ((), (R.ON_HOLD, R.NO_CREDIT))),
    ("an override stands", fact(500, LimitSource.OVERRIDE), POLICY, HARSH, HoldRules(), 0, ((), ())),
]


@pytest.mark.parametrize(
    ("limit", "now", "by", "rules", "used", "reasons"), [row[1:] for row in TRIED], ids=[row[0] for row in TRIED])
def test_who_is_blocked_and_who_is_freed(
    limit: LimitFact | None, now: RatingPolicy, by: RatingPolicy, rules: HoldRules, used: int,
    reasons: tuple[tuple[R, ...], tuple[R, ...]],
) -> None:
    found = tried_rating(rateable(limit), book(limit, rules, used=used), now=now, by=by)
    tried = found.limits["CNY"].tried
    assert (tried.before, tried.after) == reasons and found.is_graded
    assert (found.is_blocked, found.is_freed) == (tried.is_blocked, tried.is_freed)
    assert found.moves_grade == (by.bands != now.bands)


def test_what_counts_as_changed() -> None:
    one, kept = rateable(fact(LIMIT.minor)), fact(LIMIT.minor)
    more_days = replace(POLICY, terms={**POLICY.terms, Grade.A: GradeTerms(90, 0)})
    assert not tried_rating(one, book(kept), now=POLICY, by=POLICY).is_changed
    terms = tried_rating(one, book(kept), now=POLICY, by=more_days)
    assert terms.is_changed and terms.moves_terms and not terms.moves_grade
    no_trade = Book({}, set(), replace(book(kept).watched, uses={}), HoldRules())
    grade = tried_rating(
        replace(one, trades={}), no_trade, now=POLICY, by=replace(HARSH, decides_terms=False))
    assert grade.is_changed and grade.moves_grade
    unknown = tried_rating(rateable(kept, NOBODY, rated=None), book(kept), now=POLICY, by=HARSH)
    assert not unknown.is_graded and not unknown.is_changed


@given_by(st.integers(0, 3_000_000), st.booleans(), st.booleans(), st.booleans(), st.integers(0, 500_000))
@settings(max_examples=60)
def test_the_policy_in_force_changes_nothing(
    held: int, sets_limits: bool, decides_terms: bool, reviews: bool, used: int,
) -> None:
    policy = replace(POLICY, sets_limits=sets_limits, decides_terms=decides_terms, reviews=reviews)
    limit = fact(held or None)
    found = tried_rating(
        rateable(limit, rated=None), book(limit, HoldRules(limit_exceeded_bps=0, grades=frozenset("A")), used=used),
        now=policy, by=policy)
    assert not found.is_changed and not found.is_blocked and not found.is_freed


VALUES = {"days_late": 0, "tenure_months": 30, "oldest_overdue_days": 0}
STORED = StoredRating(
    UUID(int=1), UUID(int=2), TODAY, Grade.A, 0, VALUES, None, None, [StoredLimit(cny(1), TRADE)])
AGAIN = [
    ("better or worse by the bands", STORED, HARSH, "E", True),
    ("no limit without its trade", replace(STORED, limits=[StoredLimit(cny(1), None)]), HARSH, "E", False),
    ("by its statement alone", replace(
        STORED, willingness=None, ability={"equity_ratio_bps": 4000}, statement_ended_on=YEAR_END), HARSH, "E", True),
    ("which said nothing any more", replace(
        STORED, willingness=None, ability={"equity_ratio_bps": 4000}, statement_ended_on=YEAR_END),
     replace(HARSH, cards=Scorecards(freshness=Freshness(1, 2))), None, False),
]


@pytest.mark.parametrize(
    ("stored", "policy", "grade", "limited"), [row[1:] for row in AGAIN], ids=[row[0] for row in AGAIN])
def test_a_rating_of_the_past_is_made_again(
    stored: StoredRating, policy: RatingPolicy, grade: str | None, limited: bool,
) -> None:
    again = rerated(stored, policy)
    assert (again.grade and again.grade.value, bool(again.limits), again.is_changed) == (grade, limited, True)


def test_made_again_by_its_own_policy_it_is_the_same() -> None:
    first = rerated(STORED, POLICY)
    assert first.then is not None
    own = replace(STORED, grade=first.then.grade, score=first.then.score, limits=[
        StoredLimit(first.limits["CNY"], TRADE)])
    assert not rerated(own, POLICY).is_changed
    assert rerated(own, replace(POLICY, limits=EngineRules(growth_bps=0, record_factor_bps=1))).is_changed


def test_sums_of_limits() -> None:
    pairs = [(cny(100), cny(60)), (None, cny(30)), (cny(5), None), (cny(7), cny(7))]
    assert sum_of_limits(pairs, "CNY") == LimitSum(cny(112), cny(97), cny(30), cny(45))


@pytest.mark.parametrize(("raise_days", "restore_days"), [(30, 7), (7, 30)])
def test_how_far_back_evaluations_say_something(raise_days: int, restore_days: int) -> None:
    assert EngineRules(raise_days=raise_days, restore_days=restore_days).days_back == 30


REVIEWS = [
    (RatingCause.PERIODIC, date(2026, 3, 10), date(2026, 6, 8)),
    (RatingCause.MOVED, None, date(2026, 6, 8)),
    (RatingCause.MOVED, date(2026, 4, 1), date(2026, 4, 1)),
    (RatingCause.MOVED, date(2026, 12, 1), date(2026, 6, 8)),
]


@pytest.mark.parametrize(("cause", "planned", "expected"), REVIEWS)
def test_what_moved_never_puts_a_review_off(cause: RatingCause, planned: date | None, expected: date) -> None:
    assert next_review(cause, planned, today=TODAY, days=90) == expected
