"""What a rating gives by a policy: the grade, a limit in each currency of the trade, and terms; for real, or tried."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from credit_svc.domain.grade import Assessment, Grade, GradeTerms
from credit_svc.domain.limit_engine import Evaluation, Trade, evaluate
from credit_svc.domain.rating import Inputs, rate
from credit_svc.domain.rating_policy import RatingPolicy
from credit_svc.domain.review import Decided, Standing, advised, decide_limit, steady_grade
from dunlin_kernel.errors import RuleBroken


@dataclass(frozen=True, slots=True)
class LimitGiven:
    """What the trade in one currency comes to part by part, and what of it takes effect."""

    trade: Trade
    parts: Evaluation
    decided: Decided


@dataclass(frozen=True, slots=True)
class TermsGiven:
    """Terms, and the grade that they are those of."""

    grade: Grade
    terms: GradeTerms


@dataclass(frozen=True, slots=True)
class Rateable:
    """A customer on a day: inputs, trade and the standing of limits by currency, days and grades of its ratings, newest
    first, and the terms that were decided last."""

    inputs: Inputs
    trades: Mapping[str, Trade]
    standings: Mapping[str, Standing]
    earlier: Sequence[tuple[date, Grade]]
    terms: GradeTerms | None


@dataclass(frozen=True, slots=True)
class Given:
    """What a policy gives a customer; `grade` None: not rated."""

    grade: Grade | None
    score: int | None
    terms: GradeTerms | None
    limits: Mapping[str, LimitGiven] = field(default_factory=dict)


def given(one: Rateable, policy: RatingPolicy) -> Given:
    """As if the customer were rated today; as it stands where nothing can be rated, or where it was never rated and the
    policy rates on request only."""
    stands = Given(one.earlier[0][1] if one.earlier else None, None, one.terms)
    if not one.earlier and not policy.reviews:
        return stands
    try:
        graded = rate(one.inputs, policy).assessment
    except RuleBroken:
        return stands
    limits = {currency: limit_given(trade, one.standings[currency], one.inputs, graded, policy)
              for currency, trade in one.trades.items()}
    terms = terms_given(graded.grade, one.earlier, policy, today=one.inputs.today)
    return Given(graded.grade, graded.score, terms.terms if terms else one.terms, limits)


def limit_given(
    trade: Trade, standing: Standing, inputs: Inputs, graded: Assessment, policy: RatingPolicy,
) -> LimitGiven:
    """Takes effect where the policy sets limits; else it only says what the limit would be."""
    ended_on = None if inputs.statement is None else inputs.statement.ended_on
    counted = trade_counted(trade, ended_on, policy, today=inputs.today)
    parts = evaluate(counted, grade=graded.grade, default_ppm=graded.default_ppm, rules=policy.limits)
    overdue = inputs.behaviour.oldest_overdue_days(inputs.today)
    decided = decide_limit(parts, overdue, standing, policy.limits) if policy.sets_limits else advised(
        parts.limit, standing)
    return LimitGiven(trade, parts, decided)


def trade_counted(trade: Trade, ended_on: date | None, policy: RatingPolicy, *, today: date) -> Trade:
    """Without the net worth of a statement, of the year that ended then, once that says nothing any more."""
    if ended_on is not None and not policy.cards.freshness.confidence_bps(ended_on, today=today):
        return replace(trade, net_worth=None, existing_lines=None)
    return trade


def terms_given(
    grade: Grade, earlier: Sequence[tuple[date, Grade]], policy: RatingPolicy, *, today: date,
) -> TermsGiven | None:
    """None where the policy leaves terms to people."""
    if not policy.decides_terms:
        return None
    steady = steady_grade(grade, earlier, today=today, wait_days=policy.limits.raise_days)
    return TermsGiven(steady, policy.terms[steady])
