"""Customers whom ratings may look at, and ratings of the past with what they were made from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import text

from credit_svc.domain.grade import Grade
from credit_svc.domain.rating_trial import StoredLimit, StoredRating
from credit_svc.store.rating_effects import trade_of
from dunlin_events.consuming import Tx
from dunlin_kernel.ids import NIL
from dunlin_kernel.money import Money

_SOME = text("""
SELECT c.customer_id, c.number, c.name, o.owner_code FROM customer c
LEFT JOIN customer_owner o ON o.tenant_id = c.tenant_id AND o.customer_id = c.customer_id
WHERE c.customer_id > CAST(:after AS uuid)
  AND NOT EXISTS (SELECT FROM customer_merger m WHERE m.customer_id = c.customer_id)
ORDER BY c.customer_id LIMIT CAST(:most AS bigint)""")
_OF_DAYS = text("""
SELECT r.rating_id, r.customer_id, r.rated_on, r.grade, r.score, r.willingness_score, r.ability_score, r.explanation,
  c.number, c.name, o.owner_code, s.ended_on,
  (SELECT jsonb_agg(jsonb_build_array(e.currency, e.wanted, e.trade) ORDER BY e.currency) FROM limit_evaluation e
   WHERE e.tenant_id = r.tenant_id AND e.rating_id = r.rating_id) AS limits
FROM credit_rating r LEFT JOIN customer c USING (tenant_id, customer_id)
LEFT JOIN customer_owner o USING (tenant_id, customer_id)
LEFT JOIN financial_statement s ON s.tenant_id = r.tenant_id AND s.statement_id = r.statement_id
WHERE (r.rated_on, r.rating_id) > (CAST(:after_day AS date), CAST(:after AS uuid))
  AND r.rated_on BETWEEN CAST(:begins AS date) AND CAST(:ends AS date)
ORDER BY r.rated_on, r.rating_id LIMIT CAST(:most AS bigint)""")


@dataclass(frozen=True, slots=True)
class Named:
    """A customer as people read it."""

    customer_id: UUID
    number: str | None
    name: str | None
    owner_code: str | None

    @classmethod
    def of(cls, row: Any) -> "Named":
        return cls(row["customer_id"], row["number"], row["name"], row["owner_code"])


async def some(tx: Tx, *, after: UUID | None, most: int) -> Sequence[Named]:
    """Customers by id, without those that go on as another one."""
    return [Named.of(row) for row in await tx.rows(_SOME, after=after or NIL, most=most)]


async def rated_between(
    tx: Tx, begins: date, ends: date, *, after: tuple[date, UUID] | None, most: int,
) -> Sequence[tuple[Named, StoredRating]]:
    """Ratings made on these days, both inclusive, in the order of their days, after the last one seen."""
    day, rating_id = after or (date.min, NIL)
    rows = await tx.rows(_OF_DAYS, begins=begins, ends=ends, after_day=day, after=rating_id, most=most)
    return [(Named.of(row), _stored(row)) for row in rows]


def _stored(row: Any) -> StoredRating:
    why, limits = row["explanation"], [
        StoredLimit(Money(wanted, currency), trade_of(trade, currency))
        for currency, wanted, trade in row["limits"] or ()]
    return StoredRating(
        row["rating_id"], row["customer_id"], row["rated_on"], Grade(row["grade"]), row["score"],
        None if row["willingness_score"] is None else _values(why["willingness"]),
        None if row["ability_score"] is None else _values(why["ability"]), row["ended_on"], limits)


def _values(points: Sequence[Sequence[Any]]) -> Mapping[str, int | None]:
    return {variable: value for variable, value, _, _ in points}
