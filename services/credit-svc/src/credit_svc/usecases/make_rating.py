"""How every rating is made, whoever asks for it: read, judged, recorded with what it rests on, and what follows."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from credit_svc.domain.grade import Grade
from credit_svc.domain.rating import Inputs, rate
from credit_svc.domain.review import RatingCause, steady_grade
from credit_svc.store import behaviours, financial_statements, rating_effects, rating_policies, ratings
from credit_svc.store.rating_effects import DecidedTerms
from credit_svc.store.ratings import CreditRating, Occasion, rating_of
from credit_svc.store.watching import Moment
from credit_svc.usecases.move_limits import RatingCase, move_limits
from credit_svc.usecases.plan_review import plan_review
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
    await ratings.lock(tx, customer_id)
    policy = await rating_policies.in_force(tx)
    inputs = Inputs(
        tenant.today, await behaviours.read(tx, customer_id, today=tenant.today),
        await financial_statements.last_years(tx, customer_id))
    rating = rating_of(customer_id, rate(inputs, policy), Occasion(
        new_id(), tenant.today, tenant.now, tx.actor, cause, policy.version))
    case, earlier = RatingCase(rating, inputs, policy, tenant), await ratings.grades(tx, customer_id)
    _record(tx, rating, earlier)
    await _decide_terms(tx, case, earlier)
    await move_limits(tx, case)
    plan_review(tx, rating, policy, zone=tenant.zone)
    await watch_customers(tx, [customer_id], Moment(tenant.now, tenant.today))
    return rating


def _record(tx: Transaction, one: CreditRating, earlier: Grades) -> None:
    ratings.add(tx, one)
    tx.emit(CreditRated(
        customer_id=one.customer_id, rating_id=one.id, grade=CreditGrade(one.grade.value),
        previous_grade=CreditGrade(earlier[0][1].value) if earlier else None, score=one.score,
        willingness_score=one.willingness_score, ability_score=one.ability_score, default_ppm=one.default_ppm,
        confidence_bps=one.confidence_bps, reasons=list(one.reasons), cause=RatingCauseTold(one.cause.value),
        policy_version=one.policy_version, rated_on=one.rated_on))


async def _decide_terms(tx: Transaction, case: RatingCase, earlier: Grades) -> None:
    rating, policy = case.rating, case.policy
    if not policy.decides_terms:
        return
    grade = steady_grade(rating.grade, earlier, today=rating.rated_on, wait_days=policy.limits.raise_days)
    last, wanted = await rating_effects.terms(tx, rating.customer_id), policy.terms[grade]
    if last is not None and last.terms == wanted:
        return
    version = 1 if last is None else last.version + 1
    rating_effects.add_terms(
        tx, rating.customer_id, DecidedTerms(version, rating.id, grade, wanted, rating.rated_on))
    tx.emit(TermsDecided(
        customer_id=rating.customer_id, rating_id=rating.id, version=version, grade=CreditGrade(grade.value),
        due_days=wanted.due_days, prepayment_bps=wanted.prepayment_bps, cash_on_delivery=wanted.cash_on_delivery,
        decided_on=rating.rated_on))
