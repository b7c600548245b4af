"""The rating policy: scorecards, grades with what they give, the limit engine and reviews, as versions only added."""

from datetime import date
from typing import Annotated, Self

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from credit_svc.api.rating_policy_shapes import (
    GradeRuleBody,
    GradeRuleRead,
    LimitEngineBody,
    LimitEngineRead,
    ScorecardBody,
    ScorecardRead,
    Whole,
)
from credit_svc.api.shapes import Body
from credit_svc.domain.ability import Freshness
from credit_svc.domain.behaviour import Segment
from credit_svc.domain.grade import Grade, GradeBands
from credit_svc.domain.policy import MAX_DAYS
from credit_svc.domain.rating_policy import RatingPolicy, Scorecards
from credit_svc.domain.scorecard import HIGHEST, LOWEST
from credit_svc.store import rating_policies
from credit_svc.usecases import adopt_rating_policy as adopting
from dunlin_kernel.errors import RuleBroken
from dunlin_kit.auth import requires
from dunlin_kit.pages import DEFAULT_LIMIT, RESPONSES, Limit, Page, Paging
from dunlin_kit.problems import refuses
from dunlin_kit.wire import Day
from dunlin_kit.write_route import ReadRoute, Tx, WriteRoute

writes = APIRouter(route_class=WriteRoute, tags=["ratings"])
reads = APIRouter(route_class=ReadRoute, tags=["ratings"])
routers = (writes, reads)
Score = Annotated[int, Field(ge=LOWEST, le=HIGHEST)]


class GradeScoresBody(Body):
    """The lowest score of each grade; what lies below D is E."""

    a: Score
    b: Score
    c: Score
    d: Score


class ScorecardRulesBody(Body):
    """The cards (left out: as before), what ability weighs while its statement is fresh, and what few cases lean on."""

    willingness: ScorecardBody | None = None
    ability: ScorecardBody | None = None
    ability_weight_bps: Whole = 3_000
    much_late_bps: Whole = 1_000
    segment_cases: Annotated[int, Field(ge=1, le=MAX_DAYS)] = 5
    fresh_days: Annotated[int, Field(ge=0, le=MAX_DAYS)] = 540
    stale_days: Annotated[int, Field(ge=1, le=MAX_DAYS)] = 1_095

    def to_cards(self, before: Scorecards) -> Scorecards:
        return Scorecards(
            self.willingness.to_card() if self.willingness else before.willingness,
            self.ability.to_card() if self.ability else before.ability, self.ability_weight_bps,
            Segment(self.much_late_bps, self.segment_cases), Freshness(self.fresh_days, self.stale_days))


class RatingPolicyCreate(Body):
    """A rating policy to adopt; a section left out stays as in the version before."""

    reviews: bool = Field(description="Customers are rated again by the calendar and when they worsen.")
    sets_limits: bool = Field(description="A rating moves the base limit; else it only says what it would be.")
    decides_terms: bool = Field(description="A rating decides terms of trade.")
    effective_from: Day | None = Field(default=None, description="The tenant's today when left out.")
    reason: Annotated[str, Field(min_length=1, max_length=500)]
    scorecards: ScorecardRulesBody | None = None
    scores: GradeScoresBody | None = None
    grades: Annotated[list[GradeRuleBody], Field(min_length=5, max_length=5)] | None = None
    engine: LimitEngineBody | None = None

    def to_command(self) -> adopting.AdoptRatingPolicy:
        return adopting.AdoptRatingPolicy(self.effective_from, self.reason, self.after)

    def after(self, before: RatingPolicy, version: int, effective_from: date, reason: str) -> RatingPolicy:
        """The version that follows. Refuses: bad_policy, bad_scorecard, and what amounts refuse."""
        given = {one.grade: one for one in self.grades or ()}
        if self.grades is not None and set(given) != set(Grade):
            raise RuleBroken("bad_policy", "Name each grade once.")
        factors = {grade: one.factor_bps for grade, one in given.items()} or dict(before.limits.factors)
        engine = self.engine or LimitEngineBody.model_validate(
            LimitEngineRead.of(before.limits).model_dump())
        return RatingPolicy(
            version, effective_from, reason, self.reviews, self.sets_limits, self.decides_terms,
            self.scorecards.to_cards(before.cards) if self.scorecards else before.cards,
            GradeBands(**self.scores.model_dump()) if self.scores else before.bands, engine.to_rules(factors),
            {grade: one.terms for grade, one in given.items()} or before.terms,
            {grade: one.review_days for grade, one in given.items()} or before.review_days)


class RatingPolicyRead(BaseModel):
    """A version of the rating policy."""

    version: int
    effective_from: date
    reason: str
    reviews: bool
    sets_limits: bool
    decides_terms: bool
    willingness: ScorecardRead
    ability: ScorecardRead
    ability_weight_bps: int
    much_late_bps: int
    segment_cases: int
    fresh_days: int
    stale_days: int
    grades: list[GradeRuleRead]
    engine: LimitEngineRead

    @classmethod
    def of(cls, one: RatingPolicy) -> Self:
        cards = one.cards
        return cls(
            version=one.version, effective_from=one.effective_from, reason=one.reason, reviews=one.reviews,
            sets_limits=one.sets_limits, decides_terms=one.decides_terms,
            willingness=ScorecardRead.of(cards.willingness), ability=ScorecardRead.of(cards.ability),
            ability_weight_bps=cards.ability_weight_bps, much_late_bps=cards.segment.much_late_bps,
            segment_cases=cards.segment.cases, fresh_days=cards.freshness.fresh_days,
            stale_days=cards.freshness.stale_days, grades=[_grade(one, grade) for grade in Grade],
            engine=LimitEngineRead.of(one.limits))


class RatingPolicyPage(Page[RatingPolicyRead]):
    """The versions ever adopted, newest first, and the one every tenant begins by."""


def _grade(one: RatingPolicy, grade: Grade) -> GradeRuleRead:
    terms = one.terms[grade]
    return GradeRuleRead(
        grade=grade, from_score=getattr(one.bands, grade.value.lower(), None), factor_bps=one.limits.factors[grade],
        due_days=terms.due_days, prepayment_bps=terms.prepayment_bps, cash_on_delivery=terms.cash_on_delivery,
        review_days=one.review_days[grade])


REFUSED = refuses(
    "bad_policy", "bad_scorecard", "effective_in_past", "unknown_currency", "malformed_amount", "wrong_precision",
    "amount_too_large")


@writes.post("/credit/v1/rating-policies", status_code=201, dependencies=[requires("credit:write")], responses=REFUSED)
async def adopt_rating_policy(body: RatingPolicyCreate, tx: Tx) -> RatingPolicyRead:
    """Adopt a rating policy from a day on; ratings already made keep the version they were made by."""
    return RatingPolicyRead.of(await adopting.adopt_rating_policy(tx, body.to_command()))


@reads.get("/credit/v1/rating-policies/current", dependencies=[requires("credit:read")])
async def get_rating_policy(tx: Tx) -> RatingPolicyRead:
    """The rating policy that counts today."""
    return RatingPolicyRead.of(await rating_policies.in_force(tx))


@reads.get("/credit/v1/rating-policies", dependencies=[requires("credit:read")], responses=RESPONSES)
async def list_rating_policies(
    tx: Tx, cursor: Paging, response: Response, limit: Limit = DEFAULT_LIMIT,
) -> RatingPolicyPage:
    """All versions, also those that are not effective yet."""
    found = await rating_policies.versions(tx, cursor.after[0] if cursor.after else None, limit + 1)
    return RatingPolicyPage(**cursor.page(response, found, limit, lambda one: [one.version], RatingPolicyRead.of))
