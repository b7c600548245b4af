"""Ratings: asked for, the one that counts with its explanation, and all that were made."""

from datetime import date, datetime
from typing import Self
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from credit_svc.api.shapes import amount_or_none
from credit_svc.domain.grade import Grade
from credit_svc.domain.limit_engine import LimitPart, bound_by
from credit_svc.domain.review import LimitMove, RatingCause
from credit_svc.domain.scorecard import Points
from credit_svc.store import rating_effects, ratings
from credit_svc.store.rating_effects import DecidedTerms, LimitEvaluation
from credit_svc.store.ratings import CreditRating
from credit_svc.usecases.rate_customer import rate_customer as rating_now
from dunlin_events.contracts.base import Amount
from dunlin_kit.auth import requires
from dunlin_kit.pages import RESPONSES, Limit, Page, Paging
from dunlin_kit.problems import refuses
from dunlin_kit.write_route import ReadRoute, Tx, WriteRoute

writes = APIRouter(route_class=WriteRoute, tags=["ratings"])
reads = APIRouter(route_class=ReadRoute, tags=["ratings"])
routers = (writes, reads)


class RatingPointsRead(BaseModel):
    """What one attribute gave, of how many points it could; `value` null: not known."""

    attribute: str
    value: int | None
    points: int
    best: int

    @classmethod
    def of(cls, one: Points) -> Self:
        return cls(attribute=one.variable, value=one.value, points=one.points, best=one.best)


class LimitEvaluationRead(BaseModel):
    """What a rating comes to as a limit: the least of its parts by the grade's factor; one that is null does not bind,
    and `bound_by` says which did.

    `stands` is the limit after it, `move` says why; up to `entitled` a cut comes back as soon as grade, risk or cap are
    better again; a need, a capacity or a record that has grown waits as a raise.
    """

    need: Amount
    capacity: Amount | None
    record: Amount | None
    risk: Amount | None
    cap: Amount | None
    factor_bps: int
    bound_by: list[LimitPart]
    wanted: Amount
    stands: Amount
    entitled: Amount
    move: LimitMove
    oldest_overdue_days: int
    limit_id: UUID | None

    @classmethod
    def of(cls, one: LimitEvaluation) -> Self:
        parts, decided = one.parts, one.decided
        return cls(
            need=Amount.of(parts.need), capacity=amount_or_none(parts.capacity), record=amount_or_none(parts.record),
            risk=amount_or_none(parts.risk), cap=amount_or_none(parts.cap), factor_bps=parts.factor_bps,
            bound_by=list(bound_by(parts)), wanted=Amount.of(parts.limit), stands=Amount.of(decided.limit),
            entitled=Amount.of(decided.entitled), move=decided.move, oldest_overdue_days=one.oldest_overdue_days,
            limit_id=one.limit_id)


class DecidedTermsRead(BaseModel):
    """The terms that a grade gave, from a day on."""

    version: int
    grade: Grade
    due_days: int
    prepayment_bps: int
    cash_on_delivery: bool
    decided_on: date
    rating_id: UUID

    @classmethod
    def of(cls, one: DecidedTerms) -> Self:
        return cls(
            version=one.version, grade=one.grade, due_days=one.terms.due_days,
            prepayment_bps=one.terms.prepayment_bps, cash_on_delivery=one.terms.cash_on_delivery, decided_on=one.on,
            rating_id=one.rating_id)


class CreditRatingRead(BaseModel):
    """A rating. Willingness and ability to pay have scores of their own, null where nothing is known; 300 to 850."""

    id: UUID
    customer_id: UUID
    rated_on: date
    rated_at: datetime
    rated_by: str
    cause: RatingCause
    policy_version: int
    grade: Grade
    score: int
    default_ppm: int = Field(description="Probability of default within a year, in millionths.")
    confidence_bps: int
    willingness_score: int | None
    ability_score: int | None
    ability_weight_bps: int = Field(description="What ability weighed: less, the older its statement is.")
    statement_id: UUID | None
    reasons: list[str] = Field(description="Attributes that lost most points, the largest loss first.")

    @classmethod
    def of(cls, one: CreditRating) -> Self:
        return cls(
            id=one.id, customer_id=one.customer_id, rated_on=one.rated_on, rated_at=one.rated_at,
            rated_by=one.rated_by, cause=one.cause, policy_version=one.policy_version, grade=one.grade,
            score=one.score, default_ppm=one.default_ppm, confidence_bps=one.confidence_bps,
            willingness_score=one.willingness_score, ability_score=one.ability_score,
            ability_weight_bps=one.ability_weight_bps, statement_id=one.statement_id, reasons=list(one.reasons))


class ExplainedRatingRead(BaseModel):
    """The rating that counts, each value with its points, what it came to as limits, and the terms that stand."""

    rating: CreditRatingRead
    willingness: list[RatingPointsRead]
    ability: list[RatingPointsRead]
    limits: list[LimitEvaluationRead]
    terms: DecidedTermsRead | None


class CreditRatingPage(Page[CreditRatingRead]):
    """Ratings of a customer, newest first."""


@writes.post("/credit/v1/customers/{customer_id}/ratings", status_code=201, dependencies=[requires("credit:write")],
             responses=refuses("customer_not_known_yet", "customer_merged", status=409) | refuses("nothing_to_rate"))
async def rate_customer(customer_id: UUID, tx: Tx) -> CreditRatingRead:
    """Rate a customer now. Where the policy says so, its limit and its terms follow."""
    return CreditRatingRead.of(await rating_now(tx, customer_id))


@reads.get("/credit/v1/customers/{customer_id}/rating", dependencies=[requires("credit:read")],
           responses=refuses("rating_not_found", status=404))
async def get_credit_rating(customer_id: UUID, tx: Tx) -> ExplainedRatingRead:
    """The rating that counts, and why it is what it is."""
    one = await ratings.get_last(tx, customer_id)
    terms = (await rating_effects.terms(tx, [customer_id])).get(customer_id)
    return ExplainedRatingRead(
        rating=CreditRatingRead.of(one), willingness=[RatingPointsRead.of(each) for each in one.willingness],
        ability=[RatingPointsRead.of(each) for each in one.ability],
        limits=[LimitEvaluationRead.of(each) for each in await rating_effects.of_rating(tx, one.id)],
        terms=None if terms is None else DecidedTermsRead.of(terms))


@reads.get("/credit/v1/customers/{customer_id}/ratings", dependencies=[requires("credit:read")], responses=RESPONSES)
async def list_credit_ratings(
    customer_id: UUID, tx: Tx, cursor: Paging, response: Response, limit: Limit = 50,
) -> CreditRatingPage:
    """Every rating ever made of a customer, newest first."""
    before = UUID(cursor.after[0]) if cursor.after else None
    found = await ratings.some(tx, customer_id, before=before, most=limit + 1)
    return CreditRatingPage(**cursor.page(response, found, limit, lambda one: [one.id], CreditRatingRead.of))
