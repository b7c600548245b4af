"""Reviews that are planned: by the calendar of the grade, and at once because something happened; by their day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import text

from credit_svc.domain.grade import Grade
from credit_svc.domain.review import RatingCause
from dunlin_events.consuming import Tx
from dunlin_kernel.ids import NIL

_SOME = text("""
SELECT w.customer_id, w.due_on, w.cause, c.number, c.name, o.owner_code, r.rating_id, r.grade, r.rated_on
FROM (
  SELECT tenant_id, customer_id, review_on AS due_on, 'periodic' AS cause FROM rating_look WHERE review_on IS NOT NULL
  UNION ALL
  SELECT j.tenant_id, CAST(j.payload ->> 'customer_id' AS uuid), (j.due_at AT TIME ZONE t.zone)::date,
         j.payload ->> 'cause'
  FROM job j JOIN tenant t USING (tenant_id)
  WHERE j.kind = 'review_credit' AND j.state = 'waiting' AND j.payload ->> 'after' IS NULL) w
JOIN customer c USING (tenant_id, customer_id)
LEFT JOIN customer_owner o USING (tenant_id, customer_id)
LEFT JOIN LATERAL (
  SELECT * FROM credit_rating x WHERE x.customer_id = w.customer_id ORDER BY x.rating_id DESC LIMIT 1) r ON true
WHERE (w.due_on, w.customer_id, w.cause) > (CAST(:after_day AS date), CAST(:after AS uuid), CAST(:after_cause AS text))
  AND (CAST(:due_to AS date) IS NULL OR w.due_on <= CAST(:due_to AS date))
  AND (CAST(:owners AS text[]) IS NULL OR o.owner_code = ANY(CAST(:owners AS text[])))
  AND NOT EXISTS (SELECT FROM customer_merger m WHERE m.customer_id = w.customer_id)
ORDER BY w.due_on, w.customer_id, w.cause LIMIT CAST(:most AS bigint)""")


@dataclass(frozen=True, slots=True)
class PlannedReview:
    """Whose review falls due on a day and why, and the rating that counts till then; None: never rated."""

    customer_id: UUID
    number: str
    name: str | None
    owner_code: str | None
    due_on: date
    cause: RatingCause
    rating_id: UUID | None
    grade: Grade | None
    rated_on: date | None

    @property
    def key(self) -> tuple[date, UUID, str]:
        return self.due_on, self.customer_id, self.cause.value


async def some(
    tx: Tx, *, due_to: date | None, owners: Sequence[str] | None, after: tuple[date, UUID, str] | None, most: int,
) -> Sequence[PlannedReview]:
    """By the day on which they fall due, those until a day or all, of these owners or all."""
    day, customer_id, cause = after or (date.min, NIL, "")
    rows = await tx.rows(
        _SOME, due_to=due_to, owners=owners, after_day=day, after=customer_id, after_cause=cause, most=most)
    return [PlannedReview(
        row["customer_id"], row["number"], row["name"], row["owner_code"], row["due_on"], RatingCause(row["cause"]),
        row["rating_id"], None if row["grade"] is None else Grade(row["grade"]), row["rated_on"]) for row in rows]
