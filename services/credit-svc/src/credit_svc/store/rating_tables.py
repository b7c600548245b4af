"""Tables of ratings: policies, financial statements, ratings with what they rest on, evaluations, terms, reviews."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, Index, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from credit_svc.store.rows import Row


class RatingPolicyRow(Row, table=True):
    """A version of the rating policy; only ever added. Version 1 is built in."""

    __tablename__ = "rating_policy"
    tenant_id: UUID = Field(primary_key=True, sa_type=Uuid)
    version: int = Field(primary_key=True)
    effective_from: date
    reason: str = Field(sa_type=Text)
    rules: str = Field(sa_type=JSONB)
    adopted_by: str = Field(sa_type=Text)
    adopted_at: datetime = Field(sa_type=DateTime(timezone=True))
    __table_args__ = (CheckConstraint("version >= 2", name="version"),)


class FinancialStatementRow(Row, table=True):
    """The figures of a fiscal year as they were entered; the last one of a year counts."""

    __tablename__ = "financial_statement"
    tenant_id: UUID = Field(primary_key=True, sa_type=Uuid)
    statement_id: UUID = Field(primary_key=True, sa_type=Uuid)
    customer_id: UUID = Field(sa_type=Uuid)
    ended_on: date
    currency: str = Field(sa_type=Text)
    source: str = Field(sa_type=Text)
    figures: str = Field(sa_type=JSONB)
    entered_by: str = Field(sa_type=Text)
    entered_at: datetime = Field(sa_type=DateTime(timezone=True))
    __table_args__ = (Index("ix_financial_statement_customer", "tenant_id", "customer_id", "ended_on"),)


class CreditRatingRow(Row, table=True):
    """A rating: what came out, and in `explanation` each value with its points."""

    __tablename__ = "credit_rating"
    tenant_id: UUID = Field(primary_key=True, sa_type=Uuid)
    rating_id: UUID = Field(primary_key=True, sa_type=Uuid)
    customer_id: UUID = Field(sa_type=Uuid)
    rated_on: date
    rated_at: datetime = Field(sa_type=DateTime(timezone=True))
    rated_by: str = Field(sa_type=Text)
    cause: str = Field(sa_type=Text)
    policy_version: int
    score: int
    grade: str = Field(sa_type=Text)
    default_ppm: int
    confidence_bps: int
    ability_weight_bps: int
    willingness_score: int | None
    ability_score: int | None
    statement_id: UUID | None = Field(sa_type=Uuid)
    reasons: str = Field(sa_type=JSONB)
    explanation: str = Field(sa_type=JSONB)
    __table_args__ = (
        CheckConstraint("score BETWEEN 300 AND 850", name="score"),
        CheckConstraint("grade IN ('A', 'B', 'C', 'D', 'E')", name="grade"),
        Index("ix_credit_rating_customer", "tenant_id", "customer_id", "rating_id"),
        Index("ix_credit_rating_by_day", "tenant_id", "rated_on", "rating_id"),
    )


class LimitEvaluationRow(Row, table=True):
    """What a rating came to as a limit in one currency, part by part, and what it did to the limit that stood."""

    __tablename__ = "limit_evaluation"
    tenant_id: UUID = Field(primary_key=True, sa_type=Uuid)
    rating_id: UUID = Field(primary_key=True, sa_type=Uuid)
    currency: str = Field(primary_key=True, sa_type=Text)
    customer_id: UUID = Field(sa_type=Uuid)
    evaluated_on: date
    need: int = Field(sa_type=BigInteger)
    capacity: int | None = Field(sa_type=BigInteger)
    record: int | None = Field(sa_type=BigInteger)
    risk: int | None = Field(sa_type=BigInteger)
    cap: int | None = Field(sa_type=BigInteger)
    factor_bps: int
    wanted: int = Field(sa_type=BigInteger)
    entitled: int = Field(sa_type=BigInteger)
    stands: int = Field(sa_type=BigInteger)
    move: str = Field(sa_type=Text)
    oldest_overdue_days: int
    limit_id: UUID | None = Field(sa_type=Uuid)
    trade: str | None = Field(sa_type=JSONB)
    __table_args__ = (
        CheckConstraint("least(wanted, stands) >= 0 AND entitled >= stands", name="levels"),
        Index("ix_limit_evaluation_customer", "tenant_id", "customer_id", "currency", "rating_id"),
    )


class RatingLookRow(Row, table=True):
    """When a customer was looked at last, whether or not that made a rating, how far billing had been heard then, and
    the day on which the time of its grade is over; null: it is not reviewed by the calendar."""

    __tablename__ = "rating_look"
    tenant_id: UUID = Field(primary_key=True, sa_type=Uuid)
    customer_id: UUID = Field(primary_key=True, sa_type=Uuid)
    looked_on: date
    heard: int = Field(sa_type=BigInteger)
    review_on: date | None
    __table_args__ = (Index("ix_rating_look_review", "tenant_id", "review_on", "customer_id"),)


class TermsDecisionRow(Row, table=True):
    """The terms that a grade gave a customer; only ever added, the last one counts."""

    __tablename__ = "terms_decision"
    tenant_id: UUID = Field(primary_key=True, sa_type=Uuid)
    customer_id: UUID = Field(primary_key=True, sa_type=Uuid)
    version: int = Field(primary_key=True)
    rating_id: UUID = Field(sa_type=Uuid)
    grade: str = Field(sa_type=Text)
    due_days: int
    prepayment_bps: int
    cash_on_delivery: bool
    decided_on: date


class CreditReviewRow(Row, table=True):
    """A review that fell due; `rating_id` is what it came to, null where nothing could be rated."""

    __tablename__ = "credit_review"
    tenant_id: UUID = Field(primary_key=True, sa_type=Uuid)
    review_id: UUID = Field(primary_key=True, sa_type=Uuid)
    customer_id: UUID = Field(sa_type=Uuid)
    cause: str = Field(sa_type=Text)
    due_on: date
    rating_id: UUID | None = Field(sa_type=Uuid)
