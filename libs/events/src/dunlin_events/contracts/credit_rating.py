"""What credit-svc tells of ratings: that a look is due, what it came to, and the terms that follow from it."""

from datetime import date
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from dunlin_events.contracts.base import CustomerEvent
from dunlin_events.contracts.credit import OWNER
from dunlin_events.contracts.example_values import ID


class CreditGrade(StrEnum):
    """From the best to the worst."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"
    E = "E"


class RatingCauseTold(StrEnum):
    """Why a customer was looked at. `requested`: a person asked; `periodic`: the time of its grade is over; `worsened`:
    it pays much late, money came back, a dispute was lost; `cured`: what was overdue is not any more, or what
    counted against it was undone; `statement`: a new statement; `policy`: a policy that it was not rated by yet;
    `merged`: another one was merged into it; `moved`: what its rating rests on has moved since."""

    REQUESTED = "requested"
    PERIODIC = "periodic"
    WORSENED = "worsened"
    STATEMENT = "statement"
    POLICY = "policy"
    CURED = "cured"
    MERGED = "merged"
    MOVED = "moved"


class CreditRated(CustomerEvent):
    """A customer was rated. Scores lie between 300 and 850; willingness and ability to pay are told apart, null where
    nothing is known of one. `reasons` are the attributes that lost most points, the largest loss first."""

    owner: ClassVar[str] = OWNER
    rating_id: UUID
    grade: CreditGrade
    previous_grade: CreditGrade | None
    score: int
    willingness_score: int | None
    ability_score: int | None
    default_ppm: int = Field(description="Probability of default within a year, in millionths.")
    confidence_bps: int = Field(description="How far what the rating rests on can be trusted: 10,000 is fully.")
    reasons: list[str]
    cause: RatingCauseTold
    policy_version: int
    rated_on: date
    examples: ClassVar[tuple[dict[str, object], ...]] = (
        {"customer_id": ID + "1", "rating_id": ID + "7", "grade": "B", "previous_grade": None, "score": 604,
         "willingness_score": 604, "ability_score": None, "default_ppm": 17106, "confidence_bps": 1650,
         "reasons": ["tenure_months", "much_late_share_bps"], "cause": "requested", "policy_version": 1,
         "rated_on": "2026-03-01"},
        {"customer_id": ID + "1", "rating_id": ID + "7", "grade": "D", "previous_grade": "B", "score": 517,
         "willingness_score": 498, "ability_score": 561, "default_ppm": 262044, "confidence_bps": 7300,
         "reasons": ["oldest_overdue_days"], "cause": "worsened", "policy_version": 2, "rated_on": "2026-04-10"},
    )


class TermsDecided(CustomerEvent):
    """The terms that this customer's grade gives, from now on: days to pay, the share of an order paid before delivery,
    and whether the rest is paid on delivery."""

    owner: ClassVar[str] = OWNER
    rating_id: UUID
    version: int = Field(description="1, 2, 3 ... per customer.")
    grade: CreditGrade
    due_days: int
    prepayment_bps: int
    cash_on_delivery: bool
    decided_on: date
    examples: ClassVar[tuple[dict[str, object], ...]] = (
        {"customer_id": ID + "1", "rating_id": ID + "7", "version": 1, "grade": "B", "due_days": 30,
         "prepayment_bps": 0, "cash_on_delivery": False, "decided_on": "2026-03-01"},
        {"customer_id": ID + "1", "rating_id": ID + "7", "version": 2, "grade": "E", "due_days": 0,
         "prepayment_bps": 10000, "cash_on_delivery": True, "decided_on": "2026-04-10"},
    )


class ReviewDue(CustomerEvent):
    """A customer's credit is to be looked at again; where the policy says so, a rating follows at once."""

    owner: ClassVar[str] = OWNER
    review_id: UUID
    cause: RatingCauseTold
    due_on: date
    examples: ClassVar[tuple[dict[str, object], ...]] = tuple(
        {"customer_id": ID + "1", "review_id": ID + "6", "cause": cause, "due_on": "2026-04-10"}
        for cause in ("periodic", "worsened"))
