"""What ratings did: evaluations of limits, terms that were decided, reviews that fell due."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import text

from credit_svc.domain.grade import Grade, GradeTerms
from credit_svc.domain.limit_engine import Evaluation, Trade
from credit_svc.domain.review import Decided, Evaluated, LimitMove, RatingCause
from credit_svc.store.rating_tables import CreditReviewRow, LimitEvaluationRow, TermsDecisionRow
from dunlin_events.consuming import Tx
from dunlin_kernel.money import Money

_EARLIER = text("""
SELECT e.* FROM (
  SELECT k.customer_id, k.currency
  FROM unnest(CAST(:customer_ids AS uuid[]), CAST(:currencies AS text[])) k (customer_id, currency)) k
CROSS JOIN LATERAL (
  SELECT * FROM limit_evaluation v
  WHERE v.customer_id = k.customer_id AND v.currency = k.currency AND v.move <> 'advised'
  ORDER BY v.rating_id DESC LIMIT CAST(:most AS bigint)) e ORDER BY e.rating_id DESC""")
_OF_RATING = text("""
SELECT * FROM limit_evaluation WHERE rating_id = CAST(:rating_id AS uuid) ORDER BY currency""")
_TERMS = text("""
SELECT DISTINCT ON (customer_id) * FROM terms_decision WHERE customer_id = ANY(CAST(:customer_ids AS uuid[]))
ORDER BY customer_id, version DESC""")
_DAYS = ("days", "due_days", "delay_days")
_BESIDE_DAYS = 100
"""More evaluations than days are read, for there may be several on a day."""


@dataclass(frozen=True, slots=True)
class LimitEvaluation:
    """One evaluation with what it did; `limit_id` is the limit it set, `trade` what it was reckoned from: None where
    that was not stored yet."""

    rating_id: UUID
    customer_id: UUID
    on: date
    parts: Evaluation
    decided: Decided
    oldest_overdue_days: int
    limit_id: UUID | None
    trade: Trade | None


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


async def earlier(
    tx: Tx, asked: Collection[tuple[UUID, str]], *, days: int,
) -> Mapping[tuple[UUID, str], Sequence[Evaluated]]:
    """Of each customer and currency, to move a limit only after the lock on its head: newest first, at least so many
    days back."""
    rows = await tx.rows(
        _EARLIER, customer_ids=[one for one, _ in asked], currencies=[currency for _, currency in asked],
        most=_BESIDE_DAYS + days)
    found: dict[tuple[UUID, str], list[Evaluated]] = {}
    for row in rows:
        one = _evaluation(row)
        found.setdefault((one.customer_id, row["currency"]), []).append(
            Evaluated(one.on, one.parts, one.decided, one.oldest_overdue_days))
    return found


async def of_rating(tx: Tx, rating_id: UUID) -> Sequence[LimitEvaluation]:
    """By currency."""
    return [_evaluation(row) for row in await tx.rows(_OF_RATING, rating_id=rating_id)]


async def terms(tx: Tx, customer_ids: Collection[UUID]) -> Mapping[UUID, DecidedTerms]:
    """Those that count, of each customer that has some."""
    return {row["customer_id"]: DecidedTerms(
        row["version"], row["rating_id"], Grade(row["grade"]),
        GradeTerms(row["due_days"], row["prepayment_bps"], row["cash_on_delivery"]), row["decided_on"])
        for row in await tx.rows(_TERMS, customer_ids=list(customer_ids))}


def add_evaluation(tx: Tx, one: LimitEvaluation) -> None:
    parts, decided = one.parts, one.decided
    tx.insert(LimitEvaluationRow, {
        "rating_id": one.rating_id, "currency": decided.limit.currency, "customer_id": one.customer_id,
        "evaluated_on": one.on, "need": parts.need.minor, "capacity": _minor(parts.capacity),
        "record": _minor(parts.record), "risk": _minor(parts.risk), "cap": _minor(parts.cap),
        "factor_bps": parts.factor_bps, "wanted": parts.limit.minor, "entitled": decided.entitled.minor,
        "stands": decided.limit.minor, "move": decided.move.value, "oldest_overdue_days": one.oldest_overdue_days,
        "limit_id": one.limit_id, "trade": None if one.trade is None else text_of_trade(one.trade)})


def add_terms(tx: Tx, customer_id: UUID, one: DecidedTerms) -> None:
    tx.insert(TermsDecisionRow, {
        "customer_id": customer_id, "version": one.version, "rating_id": one.rating_id, "grade": one.grade.value,
        "due_days": one.terms.due_days, "prepayment_bps": one.terms.prepayment_bps,
        "cash_on_delivery": one.terms.cash_on_delivery, "decided_on": one.on})


def add_review(tx: Tx, one: Review) -> None:
    tx.insert(CreditReviewRow, {
        "review_id": one.id, "customer_id": one.customer_id, "cause": one.cause.value, "due_on": one.due_on,
        "rating_id": one.rating_id})


def text_of_trade(one: Trade) -> str:
    """All that a limit was reckoned from, as it is stored."""
    return json.dumps({name: value.minor if isinstance(value, Money) else value
                       for name, value in ((each.name, getattr(one, each.name)) for each in fields(Trade))})


def trade_of(found: Mapping[str, int | None] | None, currency: str) -> Trade | None:
    """The trade from what `text_of_trade` made of it."""
    if found is None:
        return None
    return Trade(**{name: value if name in _DAYS or value is None else Money(value, currency)
                    for name, value in found.items()})  # type: ignore[arg-type]


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
        row["limit_id"], trade_of(row["trade"], row["currency"]))
