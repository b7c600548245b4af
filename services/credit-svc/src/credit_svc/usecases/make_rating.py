"""How every rating is made, whoever asks for it: read, judged, recorded with what it rests on, and what follows."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID

from credit_svc.domain.grade import Grade
from credit_svc.domain.rating import Inputs, rate
from credit_svc.domain.rating_outcome import TermsGiven, terms_given
from credit_svc.domain.review import RatingCause, next_review
from credit_svc.store import behaviours, financial_statements, rating_effects, rating_policies, ratings
from credit_svc.store.rating_effects import DecidedTerms
from credit_svc.store.ratings import CreditRating, Occasion, rating_of
from credit_svc.store.watching import Moment
from credit_svc.usecases.move_limits import LimitDecided, RatingCase, decide_limits, move_limits
from credit_svc.usecases.watch_customers import watch_customers
from dunlin_events.contracts.credit_rating import CreditGrade, CreditRated, RatingCauseTold, TermsDecided
from dunlin_kernel.ids import new_id
from dunlin_kit.tenants import Tenant
from dunlin_kit.transaction import Transaction

Grades = Sequence[tuple[date, Grade]]


async def make_rating(tx: Transaction, customer_id: UUID, tenant: Tenant, cause: RatingCause) -> CreditRating:
    """Locks: the customer, then its heads, then its exposures.

    Refuses: customer_not_known_yet, nothing_to_rate.
    """
    case = await _judged(tx, customer_id, tenant, cause)
    await _record(tx, case, await decide_limits(tx, case))
    return case.rating


async def refresh_rating(tx: Transaction, customer_id: UUID, tenant: Tenant) -> CreditRating | None:
    """Rate again, and record it only where the score, a limit or the terms come out otherwise than last time.

    Refuses: customer_not_known_yet, nothing_to_rate.
    """
    case = await _judged(tx, customer_id, tenant, RatingCause.MOVED)
    last, limits = await ratings.last(tx, customer_id), await decide_limits(tx, case)
    if last is not None and last.score == case.rating.score and last.policy_version == case.rating.policy_version:
        before = {one.decided.limit.currency: (one.parts.limit, one.decided.limit)
                  for one in await rating_effects.of_rating(tx, last.id)}
        after = {one.head.currency: (one.got.parts.limit, one.got.decided.limit) for one in limits}
        if before == after and not case.changes_terms:
            ratings.looked(tx, customer_id, replace(case.look, review_on=_next_review(case, last.rated_on)))
            return None
    await _record(tx, case, limits)
    return case.rating


async def _judged(tx: Transaction, customer_id: UUID, tenant: Tenant, cause: RatingCause) -> RatingCase:
    await ratings.lock(tx, customer_id)
    asked, today = [customer_id], tenant.today
    policy, look = await rating_policies.in_force(tx), await ratings.look(tx, customer_id, today)
    seen = await behaviours.read(tx, asked, today=today)
    inputs = Inputs(today, seen[customer_id], (await financial_statements.last_years(tx, asked))[customer_id])
    rated = rate(inputs, policy)
    rating = rating_of(customer_id, rated, Occasion(new_id(), today, tenant.now, tx.actor, cause, policy.version))
    earlier = (await ratings.grades(tx, asked))[customer_id]
    terms = terms_given(rating.grade, earlier, policy, today=today)
    return RatingCase(
        rating, rated.assessment, inputs, policy, tenant, earlier, look, terms,
        (await rating_effects.terms(tx, asked)).get(customer_id))


async def _record(tx: Transaction, case: RatingCase, limits: Sequence[LimitDecided]) -> None:
    rating = case.rating
    ratings.add(tx, rating)
    tx.emit(_fact_of(rating, case.earlier))
    if case.terms is not None and case.changes_terms:
        _keep_terms(tx, case, case.terms)
    await move_limits(tx, case, limits)
    ratings.looked(tx, rating.customer_id, replace(case.look, review_on=_next_review(case, rating.rated_on)))
    await watch_customers(tx, [rating.customer_id], Moment(case.tenant.now, case.tenant.today))


def _next_review(case: RatingCase, rated_on: date) -> date | None:
    rating, policy = case.rating, case.policy
    return next_review(rating.cause, case.look.review_on, today=rated_on, days=policy.review_days[rating.grade]) if (
        policy.reviews) else None


def _fact_of(one: CreditRating, earlier: Grades) -> CreditRated:
    return CreditRated(
        customer_id=one.customer_id, rating_id=one.id, grade=CreditGrade(one.grade.value),
        previous_grade=CreditGrade(earlier[0][1].value) if earlier else None, score=one.score,
        willingness_score=one.willingness_score, ability_score=one.ability_score, default_ppm=one.default_ppm,
        confidence_bps=one.confidence_bps, reasons=list(one.reasons), cause=RatingCauseTold(one.cause.value),
        policy_version=one.policy_version, rated_on=one.rated_on)


def _keep_terms(tx: Transaction, case: RatingCase, got: TermsGiven) -> None:
    rating, wanted = case.rating, got.terms
    version = 1 if case.terms_before is None else case.terms_before.version + 1
    rating_effects.add_terms(
        tx, rating.customer_id, DecidedTerms(version, rating.id, got.grade, wanted, rating.rated_on))
    tx.emit(TermsDecided(
        customer_id=rating.customer_id, rating_id=rating.id, version=version, grade=CreditGrade(got.grade.value),
        due_days=wanted.due_days, prepayment_bps=wanted.prepayment_bps, cash_on_delivery=wanted.cash_on_delivery,
        decided_on=rating.rated_on))
