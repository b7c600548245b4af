"""A rating policy tried before it is adopted: over the customers of today, and over the ratings of the past."""

from collections.abc import Sequence
from datetime import date
from typing import Self
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from credit_svc.api.rating_policies import REFUSED, RatingPolicyCreate
from credit_svc.api.rating_trial_shapes import (
    GradeMoveRead,
    LimitSumRead,
    NamedCustomerRead,
    RatingBookSumRead,
    TriedLimitRead,
    TriedTermsRead,
    better_and_worse,
    moves_of,
)
from credit_svc.api.shapes import amount_or_none
from credit_svc.domain.dry_run import sum_over
from credit_svc.domain.grade import Grade
from credit_svc.domain.rating_trial import sum_of_limits
from credit_svc.usecases.back_test_rating_policy import ReratedCustomer
from credit_svc.usecases.back_test_rating_policy import back_test_rating_policy as back_test
from credit_svc.usecases.dry_run_rating_policy import TriedCustomer
from credit_svc.usecases.dry_run_rating_policy import dry_run_rating_policy as dry_run
from dunlin_events.contracts.base import Amount
from dunlin_kit.auth import requires
from dunlin_kit.problems import refuses
from dunlin_kit.wire import Day
from dunlin_kit.write_route import Tx, WriteRoute

writes = APIRouter(route_class=WriteRoute, tags=["ratings"])
routers = (writes,)
SHOWN = 500


class TriedRatingRead(NamedCustomerRead):
    """A customer whose grade, limit or terms would be others, with both; `terms` null: none decided."""

    grade_before: Grade | None
    grade_after: Grade | None
    score_before: int | None
    score_after: int | None
    terms_before: TriedTermsRead | None
    terms_after: TriedTermsRead | None
    limits: list[TriedLimitRead]

    @classmethod
    def of(cls, one: TriedCustomer) -> Self:
        before, after = one.tried.before, one.tried.after
        return cls.model_validate(cls.told(one.named) | {
            "grade_before": before.grade, "grade_after": after.grade, "score_before": before.score,
            "score_after": after.score, "terms_before": TriedTermsRead.of(before.terms),
            "terms_after": TriedTermsRead.of(after.terms),
            "limits": [TriedLimitRead.of(currency, limit) for currency, limit in one.tried.limits.items()]})


class RatingPolicyDryRunRead(BaseModel):
    """What the policy would make of all customers that either policy grades, beside the one in force, both on what is
    known today."""

    customers: int
    better: int
    worse: int
    terms_changed: int
    blocked: int
    freed: int
    grades: list[GradeMoveRead]
    sums: list[RatingBookSumRead]
    changed: list[TriedRatingRead] = Field(description=f"Blocked first, then freed, then others; at most {SHOWN}.")

    @classmethod
    def of(cls, found: Sequence[TriedCustomer]) -> Self:
        pairs = [(one.tried.before.grade, one.tried.after.grade) for one in found]
        better, worse = better_and_worse(pairs)
        changed = sorted(
            (one for one in found if one.tried.is_changed),
            key=lambda one: (not one.tried.is_blocked, not one.tried.is_freed, one.named.number or ""))
        return cls(
            customers=len(found), better=better, worse=worse,
            terms_changed=sum(one.tried.moves_terms for one in found),
            blocked=sum(one.tried.is_blocked for one in found), freed=sum(one.tried.is_freed for one in found),
            grades=moves_of(pairs), sums=_sums_of(found),
            changed=[TriedRatingRead.of(one) for one in changed[:SHOWN]])


def _sums_of(found: Sequence[TriedCustomer]) -> list[RatingBookSumRead]:
    currencies = sorted({currency for one in found for currency in one.tried.limits})
    held = {currency: [one.tried.limits[currency] for one in found if currency in one.tried.limits]
            for currency in currencies}
    return [RatingBookSumRead.of(
        sum_of_limits(((one.before, one.after) for one in limits), currency),
        sum_over((one.tried for one in limits), currency)) for currency, limits in held.items()]


class RatingPolicyBackTest(RatingPolicyCreate):
    """A rating policy, and the days of the ratings to try it on, both inclusive."""

    first_day: Day
    last_day: Day


class ReratedLimitRead(BaseModel):
    """What a rating came to as a limit, and what it would have; null: what it was reckoned from was not stored yet."""

    currency: str
    wanted_before: Amount
    wanted_after: Amount | None


class ReratedRead(NamedCustomerRead):
    """A rating that would have been another; `grade_after` null: nothing would have been left to rate."""

    rating_id: UUID
    rated_on: date
    grade_before: Grade
    grade_after: Grade | None
    score_before: int
    score_after: int | None
    limits: list[ReratedLimitRead]

    @classmethod
    def of(cls, one: ReratedCustomer) -> Self:
        stored, then, limits = one.again.stored, one.again.then, one.again.limits
        return cls.model_validate(cls.told(one.named) | {
            "rating_id": stored.rating_id, "rated_on": stored.rated_on, "grade_before": stored.grade,
            "grade_after": one.again.grade, "score_before": stored.score, "score_after": then and then.score,
            "limits": [ReratedLimitRead(
                currency=limit.wanted.currency, wanted_before=Amount.of(limit.wanted),
                wanted_after=amount_or_none(limits.get(limit.wanted.currency))) for limit in stored.limits]})


class RatingPolicyBackTestRead(BaseModel):
    """What the policy would have made of the ratings of these days, from the values that were stored with each. `sums`
    are over the last rating of each customer; `limits_untried`: limits whose trade was not stored yet."""

    ratings: int
    better: int
    worse: int
    grades: list[GradeMoveRead]
    limits_untried: int
    sums: list[LimitSumRead]
    changed: list[ReratedRead] = Field(description=f"The latest first; at most {SHOWN}.")

    @classmethod
    def of(cls, found: Sequence[ReratedCustomer]) -> Self:
        pairs = [(one.again.stored.grade, one.again.grade) for one in found]
        better, worse = better_and_worse(pairs)
        changed = [one for one in reversed(found) if one.again.is_changed]
        untried = sum(limit.trade is None for one in found for limit in one.again.stored.limits)
        return cls(
            ratings=len(found), better=better, worse=worse, grades=moves_of(pairs), limits_untried=untried,
            sums=_last_sums_of(found), changed=[ReratedRead.of(one) for one in changed[:SHOWN]])


def _last_sums_of(found: Sequence[ReratedCustomer]) -> list[LimitSumRead]:
    last = {one.named.customer_id: one.again for one in found}
    pairs = [(limit.wanted, again.limits[limit.wanted.currency]) for again in last.values()
             for limit in again.stored.limits if limit.wanted.currency in again.limits]
    currencies = sorted({before.currency for before, _ in pairs})
    return [LimitSumRead.model_validate(LimitSumRead.told(sum_of_limits(
        (pair for pair in pairs if pair[0].currency == currency), currency))) for currency in currencies]


@writes.post("/credit/v1/rating-policies:dry-run", dependencies=[requires("credit:write")], responses=REFUSED)
async def dry_run_rating_policy(body: RatingPolicyCreate, tx: Tx) -> RatingPolicyDryRunRead:
    """What adopting this rating policy would do today: whose grade, limit and terms change, by how much in all, and who
    would be blocked or freed. Nothing changes."""
    return RatingPolicyDryRunRead.of(await dry_run(tx, body.to_command()))


@writes.post("/credit/v1/rating-policies:back-test", dependencies=[requires("credit:write")],
             responses=REFUSED | refuses("validity_reversed", "too_many_decisions"))
async def back_test_rating_policy(body: RatingPolicyBackTest, tx: Tx) -> RatingPolicyBackTestRead:
    """What this rating policy would have made of the ratings of these days. Nothing changes."""
    return RatingPolicyBackTestRead.of(await back_test(
        tx, body.to_command(), begins=body.first_day, ends=body.last_day))
