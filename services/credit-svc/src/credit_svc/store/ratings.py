"""Ratings as they were made, with the values and points that explain them."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from credit_svc.domain.grade import Grade, Opinion
from credit_svc.domain.rating import Rated
from credit_svc.domain.review import RatingCause
from credit_svc.domain.scorecard import Points
from credit_svc.store.rating_tables import CreditRatingRow, RatingLookRow
from dunlin_events.consuming import Tx
from dunlin_kernel.errors import NotFound, NotReady
from dunlin_kernel.ids import NIL

_LOCK = text("SELECT 1 FROM customer WHERE customer_id = CAST(:customer_id AS uuid) FOR NO KEY UPDATE")
_LAST = text("""
SELECT * FROM credit_rating WHERE customer_id = CAST(:customer_id AS uuid) ORDER BY rating_id DESC LIMIT 1""")
_SOME = text("""
SELECT * FROM credit_rating WHERE customer_id = CAST(:customer_id AS uuid)
  AND (CAST(:before AS uuid) = CAST(:nil AS uuid) OR rating_id < CAST(:before AS uuid))
ORDER BY rating_id DESC LIMIT CAST(:most AS bigint)""")
_GRADES = text("""
SELECT r.customer_id, r.rated_on, r.grade FROM unnest(CAST(:customer_ids AS uuid[])) k (customer_id)
CROSS JOIN LATERAL (
  SELECT * FROM credit_rating x WHERE x.customer_id = k.customer_id ORDER BY x.rating_id DESC LIMIT 100) r
ORDER BY r.rating_id DESC""")
_LOOK = text("""
SELECT (SELECT max(sequence) FROM exposure WHERE customer_id = CAST(:customer_id AS uuid)) AS heard, l.review_on
FROM (SELECT 1) one LEFT JOIN rating_look l ON l.customer_id = CAST(:customer_id AS uuid)""")


@dataclass(frozen=True, slots=True)
class CreditRating:
    """A rating as it stands in the books. `willingness` and `ability`: each value with its points."""

    id: UUID
    customer_id: UUID
    rated_on: date
    rated_at: datetime
    rated_by: str
    cause: RatingCause
    policy_version: int
    score: int
    grade: Grade
    default_ppm: int
    confidence_bps: int
    ability_weight_bps: int
    willingness_score: int | None
    ability_score: int | None
    statement_id: UUID | None
    reasons: tuple[str, ...]
    willingness: tuple[Points, ...]
    ability: tuple[Points, ...]


@dataclass(frozen=True, slots=True)
class Occasion:
    """When, by whom, why and by which policy somebody is rated."""

    rating_id: UUID
    on: date
    at: datetime
    by: str
    cause: RatingCause
    policy_version: int


@dataclass(frozen=True, slots=True)
class Look:
    """A look at a customer: on which day, how far billing had been heard, and when the calendar wants the next review,
    None: never."""

    on: date
    heard: int
    review_on: date | None


def rating_of(customer_id: UUID, rated: Rated, when: Occasion) -> CreditRating:
    found = rated.assessment
    return CreditRating(
        when.rating_id, customer_id, when.on, when.at, when.by, when.cause, when.policy_version, found.score,
        found.grade, found.default_ppm, found.confidence_bps, found.ability_weight_bps, _score(found.willingness),
        _score(found.ability), rated.statement_id, found.reasons, _points(found.willingness), _points(found.ability))


async def lock(tx: Tx, customer_id: UUID) -> None:
    """One rating of a customer at a time, before any head. Refuses: customer_not_known_yet."""
    if await tx.row(_LOCK, customer_id=customer_id) is None:
        raise NotReady("customer_not_known_yet", "This service has not heard of the customer yet; try again.")


async def last(tx: Tx, customer_id: UUID) -> CreditRating | None:
    row = await tx.row(_LAST, customer_id=customer_id)
    return None if row is None else _rating(row)


async def get_last(tx: Tx, customer_id: UUID) -> CreditRating:
    """Refuses: rating_not_found."""
    found = await last(tx, customer_id)
    if found is None:
        raise NotFound("rating_not_found", "This customer has not been rated.")
    return found


async def some(tx: Tx, customer_id: UUID, *, before: UUID | None, most: int) -> Sequence[CreditRating]:
    """Newest first."""
    rows = await tx.rows(_SOME, customer_id=customer_id, before=before or NIL, nil=NIL, most=most)
    return [_rating(row) for row in rows]


async def grades(tx: Tx, customer_ids: Collection[UUID]) -> Mapping[UUID, Sequence[tuple[date, Grade]]]:
    """Of each of these customers days and grades, newest first, at most 100."""
    found: dict[UUID, list[tuple[date, Grade]]] = {one: [] for one in customer_ids}
    for row in await tx.rows(_GRADES, customer_ids=list(customer_ids)):
        found[row["customer_id"]].append((row["rated_on"], Grade(row["grade"])))
    return found


async def look(tx: Tx, customer_id: UUID, on: date) -> Look:
    """A look that begins now: read before what a rating rests on, so that what comes in meanwhile brings another."""
    row = await tx.row(_LOOK, customer_id=customer_id)
    assert row is not None, "there is always one row"
    return Look(on, row["heard"] or 0, row["review_on"])


def looked(tx: Tx, customer_id: UUID, one: Look) -> None:
    """Gather that the customer was looked at."""
    tx.put(RatingLookRow, {
        "customer_id": customer_id, "looked_on": one.on, "heard": one.heard, "review_on": one.review_on},
        key=("customer_id",))


def add(tx: Tx, one: CreditRating) -> None:
    tx.insert(CreditRatingRow, {
        "rating_id": one.id, "customer_id": one.customer_id, "rated_on": one.rated_on, "rated_at": one.rated_at,
        "rated_by": one.rated_by, "cause": one.cause.value, "policy_version": one.policy_version, "score": one.score,
        "grade": one.grade.value, "default_ppm": one.default_ppm, "confidence_bps": one.confidence_bps,
        "ability_weight_bps": one.ability_weight_bps, "willingness_score": one.willingness_score,
        "ability_score": one.ability_score, "statement_id": one.statement_id, "reasons": json.dumps(one.reasons),
        "explanation": json.dumps({"willingness": _as_lists(one.willingness), "ability": _as_lists(one.ability)})})


def _score(opinion: Opinion | None) -> int | None:
    return None if opinion is None else opinion.scored.score


def _points(opinion: Opinion | None) -> tuple[Points, ...]:
    return () if opinion is None else opinion.scored.points


def _as_lists(points: tuple[Points, ...]) -> list[list[Any]]:
    return [[one.variable, one.value, one.points, one.best] for one in points]


def _rating(row: Any) -> CreditRating:
    why: Mapping[str, Any] = row["explanation"]
    return CreditRating(
        row["rating_id"], row["customer_id"], row["rated_on"], row["rated_at"], row["rated_by"],
        RatingCause(row["cause"]), row["policy_version"], row["score"], Grade(row["grade"]), row["default_ppm"],
        row["confidence_bps"], row["ability_weight_bps"], row["willingness_score"], row["ability_score"],
        row["statement_id"], tuple(row["reasons"]), tuple(Points(*one) for one in why["willingness"]),
        tuple(Points(*one) for one in why["ability"]))
