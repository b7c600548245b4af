"""Whom the turn of the day gives reason to rate: those new to the policy, those whose time is over, those long overdue,
those so no more, and those of whom something was heard since they were looked at.

Who never paid and was never rated is among them as soon as something is past due.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import text

from credit_svc.domain.rating_policy import RatingPolicy
from credit_svc.domain.review import OVERDUE_LINES, RatingCause
from dunlin_events.consuming import Tx
from dunlin_kernel.ids import NIL

_NEXT = "ORDER BY 1 LIMIT CAST(:most AS bigint)"
_GOES_ON = "NOT EXISTS (SELECT FROM customer_merger m WHERE m.customer_id = k.customer_id)"
_LAST = """JOIN LATERAL (
  SELECT r.* FROM credit_rating r WHERE r.customer_id = k.customer_id ORDER BY r.rating_id DESC LIMIT 1) r ON true"""
_NEW = text(f"""
SELECT k.customer_id FROM (
  SELECT customer_id FROM payment_record WHERE payments > 0 UNION SELECT customer_id FROM financial_statement
  UNION SELECT customer_id FROM owed_item WHERE open > disputed AND due_on < CAST(:today AS date)) k
JOIN customer USING (customer_id) LEFT {_LAST}
WHERE k.customer_id > CAST(:after AS uuid) AND {_GOES_ON}
  AND coalesce(r.policy_version, 0) < CAST(:version AS int) {_NEXT}""")  # noqa: S608
_OVERDUE = text(f"""
SELECT DISTINCT k.customer_id FROM owed_item k {_LAST}
WHERE k.customer_id > CAST(:after AS uuid) AND {_GOES_ON} AND k.open > k.disputed AND k.due_on < CAST(:today AS date)
  AND EXISTS (SELECT FROM unnest(CAST(:lines AS int[])) line
              WHERE k.due_on + line < CAST(:today AS date) AND r.rated_on <= k.due_on + line) {_NEXT}""")  # noqa: S608
_CURED = text(f"""
SELECT DISTINCT k.customer_id FROM customer k {_LAST}
JOIN limit_evaluation e ON e.tenant_id = r.tenant_id AND e.rating_id = r.rating_id
WHERE k.customer_id > CAST(:after AS uuid) AND {_GOES_ON}
  AND e.entitled > e.stands AND e.oldest_overdue_days > 0 AND NOT EXISTS (
  SELECT FROM owed_item o WHERE o.customer_id = k.customer_id AND o.open > o.disputed
    AND o.due_on < CAST(:today AS date)) {_NEXT}""")  # noqa: S608
_OVER = text(f"""
SELECT k.customer_id FROM rating_look k
WHERE k.customer_id > CAST(:after AS uuid) AND {_GOES_ON} AND k.review_on <= CAST(:today AS date) {_NEXT}""")  # noqa: S608
_MOVED = text(f"""
SELECT k.customer_id FROM (
  SELECT customer_id, max(sequence) AS heard FROM exposure WHERE customer_id > CAST(:after AS uuid) GROUP BY 1) k
LEFT JOIN rating_look l ON l.customer_id = k.customer_id
WHERE k.heard <> coalesce(l.heard, -1) AND {_GOES_ON}
  AND EXISTS (SELECT FROM credit_rating r WHERE r.customer_id = k.customer_id) {_NEXT}""")  # noqa: S608
"""Two numbers of each customer are compared, however long its history is."""

_CUT = text(f"""
SELECT DISTINCT k.customer_id FROM unnest(CAST(:customer_ids AS uuid[])) k (customer_id) {_LAST}
JOIN limit_evaluation e ON e.tenant_id = r.tenant_id AND e.rating_id = r.rating_id
WHERE e.entitled > e.stands""")  # noqa: S608


@dataclass(frozen=True, slots=True)
class Slice:
    """The next ones after a customer, by id, as they stand on a day."""

    after: UUID | None
    most: int
    today: date


async def some(tx: Tx, cause: RatingCause, part: Slice, policy: RatingPolicy) -> list[UUID]:
    """`policy`: whoever pays, owes past due or has a statement and was last rated by an older version, or never;
    `periodic`: the time of its grade is over; `worsened`: an item passed a line of days since the last rating; `cured`:
    the limit is cut and nothing is overdue any more; `moved`: billing told of it since it was last looked at."""
    statement, values = _asked(cause, part, policy)
    rows = await tx.rows(statement, after=part.after or NIL, most=part.most, **values)
    return [row["customer_id"] for row in rows]


async def cut(tx: Tx, customer_ids: Collection[UUID]) -> list[UUID]:
    """Those of these whose last rating left something of a limit to come back."""
    return [row["customer_id"] for row in await tx.rows(_CUT, customer_ids=list(customer_ids))]


def _asked(cause: RatingCause, part: Slice, policy: RatingPolicy) -> tuple[Any, dict[str, Any]]:
    if cause is RatingCause.POLICY:
        return _NEW, {"version": policy.version, "today": part.today}
    if cause is RatingCause.WORSENED:
        return _OVERDUE, {"today": part.today, "lines": list(OVERDUE_LINES)}
    if cause is RatingCause.MOVED:
        return _MOVED, {}
    return _OVER if cause is RatingCause.PERIODIC else _CURED, {"today": part.today}
