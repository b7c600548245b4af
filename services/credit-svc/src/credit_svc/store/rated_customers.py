"""Customers with the rating that counts, by number, as people read them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import text

from credit_svc.domain.grade import Grade
from dunlin_events.consuming import Tx
from dunlin_kernel.ids import NIL

_SOME = text("""
SELECT c.customer_id, c.number, c.name, o.owner_code, r.rating_id, r.rated_on, r.grade, r.score, r.default_ppm,
       r.confidence_bps, r.reasons, p.grade AS previous_grade
FROM customer c
JOIN LATERAL (
  SELECT * FROM credit_rating r WHERE r.customer_id = c.customer_id ORDER BY r.rating_id DESC LIMIT 1) r ON true
LEFT JOIN LATERAL (
  SELECT b.grade FROM credit_rating b WHERE b.customer_id = c.customer_id AND b.rating_id < r.rating_id
  ORDER BY b.rating_id DESC LIMIT 1) p ON true
LEFT JOIN customer_owner o ON o.tenant_id = c.tenant_id AND o.customer_id = c.customer_id
WHERE (c.number, c.customer_id) > (CAST(:number AS text), CAST(:after AS uuid))
  AND NOT EXISTS (SELECT FROM customer_merger m WHERE m.customer_id = c.customer_id)
  AND (cardinality(CAST(:grades AS text[])) = 0 OR r.grade = ANY(CAST(:grades AS text[])))
  AND (CAST(:owners AS text[]) IS NULL OR o.owner_code = ANY(CAST(:owners AS text[])))
ORDER BY c.number, c.customer_id LIMIT CAST(:most AS bigint)""")


@dataclass(frozen=True, slots=True)
class RatedCustomer:
    """A customer and its rating; `owner` is the code of who answers for it."""

    customer_id: UUID
    number: str
    name: str | None
    owner: str | None
    rating_id: UUID
    rated_on: date
    grade: Grade
    previous_grade: Grade | None
    score: int
    default_ppm: int
    confidence_bps: int
    reasons: tuple[str, ...]


async def some(
    tx: Tx, *, grades: Sequence[Grade], owners: Sequence[str] | None, after: tuple[str, UUID] | None, most: int,
) -> Sequence[RatedCustomer]:
    """By number; those of these grades and owners, or all."""
    number, customer_id = after or ("", NIL)
    rows = await tx.rows(
        _SOME, number=number, after=customer_id, grades=[grade.value for grade in grades], owners=owners,
        most=most)
    return [
        RatedCustomer(
            row["customer_id"], row["number"], row["name"], row["owner_code"], row["rating_id"], row["rated_on"],
            Grade(row["grade"]), None if row["previous_grade"] is None else Grade(row["previous_grade"]), row["score"],
            row["default_ppm"], row["confidence_bps"], tuple(row["reasons"]))
        for row in rows]
