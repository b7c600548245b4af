"""What ratings did: evaluations of limits, terms that were decided, reviews that fell due."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import text

from credit_svc.domain.grade import Grade, GradeTerms
from credit_svc.domain.limit_engine import Evaluation
from credit_svc.domain.review import Decided, Evaluated, LimitMove, RatingCause
from credit_svc.store.rating_tables import CreditReviewRow, LimitEvaluationRow, TermsDecisionRow
from dunlin_events.consuming import Tx
from dunlin_kernel.money import Money

_EARLIER = text("""
SELECT * FROM limit_evaluation
WHERE customer_id = CAST(:customer_id AS uuid) AND currency = CAST(:currency AS text)
  AND move <> 'advised'
ORDER BY rating_id DESC LIMIT 100""")
_OF_RATING = text("""
SELECT * FROM limit_evaluation WHERE rating_id = CAST(:rating_id AS uuid) ORDER BY currency""")
_TERMS = text("""
SELECT * FROM terms_decision WHERE customer_id = CAST(:customer_id AS uuid) ORDER BY version DESC LIMIT 1""")


@dataclass(frozen=True, slots=True)
class LimitEvaluation:
    """One evaluation with what it did; `limit_id` is the limit it set."""

    rating_id: UUID
    customer_id: UUID
    on: date
    parts: Evaluation
    decided: Decided
    oldest_overdue_days: int
    limit_id: UUID | None


@dataclass(frozen=True, slots=True)
class DecidedTerms:
    """The terms of a customer, by which rating and from which day."""

    version: int
    rating_id: UUID
    grade: Grade
    terms: GradeTerms
    on: date


@dataclass(frozen=True, slots=True)
class Review:
    """A review that fell due, and the rating it came to."""

    id: UUID
    customer_id: UUID
    cause: RatingCause
    due_on: date
    rating_id: UUID | None


async def earlier(tx: Tx, customer_id: UUID, currency: str) -> Sequence[Evaluated]:
    """Only after the lock on the head: newest first, at most 100."""
    found = (_evaluation(row) for row in await tx.rows(_EARLIER, customer_id=customer_id, currency=currency))
    return [Evaluated(one.on, one.parts, one.decided, one.oldest_overdue_days) for one in found]


async def of_rating(tx: Tx, rating_id: UUID) -> Sequence[LimitEvaluation]:
    """By currency."""
    return [_evaluation(row) for row in await tx.rows(_OF_RATING, rating_id=rating_id)]


async def terms(tx: Tx, customer_id: UUID) -> DecidedTerms | None:
    """Those that count."""
    row = await tx.row(_TERMS, customer_id=customer_id)
    return None if row is None else DecidedTerms(
        row["version"], row["rating_id"], Grade(row["grade"]),
        GradeTerms(row["due_days"], row["prepayment_bps"], row["cash_on_delivery"]), row["decided_on"])


def add_evaluation(tx: Tx, one: LimitEvaluation) -> None:
    parts, decided = one.parts, one.decided
    tx.insert(LimitEvaluationRow, {
        "rating_id": one.rating_id, "currency": decided.limit.currency, "customer_id": one.customer_id,
        "evaluated_on": one.on, "need": parts.need.minor, "capacity": _minor(parts.capacity),
        "record": _minor(parts.record), "risk": _minor(parts.risk), "cap": _minor(parts.cap),
        "factor_bps": parts.factor_bps, "wanted": parts.limit.minor, "entitled": decided.entitled.minor,
        "stands": decided.limit.minor, "move": decided.move.value, "oldest_overdue_days": one.oldest_overdue_days,
        "limit_id": one.limit_id})


def add_terms(tx: Tx, customer_id: UUID, one: DecidedTerms) -> None:
    tx.insert(TermsDecisionRow, {
        "customer_id": customer_id, "version": one.version, "rating_id": one.rating_id, "grade": one.grade.value,
        "due_days": one.terms.due_days, "prepayment_bps": one.terms.prepayment_bps,
        "cash_on_delivery": one.terms.cash_on_delivery, "decided_on": one.on})


def add_review(tx: Tx, one: Review) -> None:
    tx.insert(CreditReviewRow, {
        "review_id": one.id, "customer_id": one.customer_id, "cause": one.cause.value, "due_on": one.due_on,
        "rating_id": one.rating_id})


def _minor(amount: Money | None) -> int | None:
    return None if amount is None else amount.minor


def _evaluation(row: Any) -> LimitEvaluation:
    def money(name: str) -> Money | None:
        return None if row[name] is None else Money(row[name], row["currency"])

    def stated(name: str) -> Money:
        return Money(row[name], row["currency"])

    parts = Evaluation(
        stated("need"), money("capacity"), money("record"), money("risk"), money("cap"), row["factor_bps"],
        stated("wanted"))
    return LimitEvaluation(
        row["rating_id"], row["customer_id"], row["evaluated_on"], parts,
        Decided(LimitMove(row["move"]), stated("stands"), stated("entitled")), row["oldest_overdue_days"],
        row["limit_id"])
