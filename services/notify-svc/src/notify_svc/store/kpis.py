"""The figures that key figures of collecting rest on, for any period."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Date, DateTime, Text, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

from dunlin_kit.transaction import Transaction
from notify_svc.domain.kpis import CollectionFigures

_BINDS: dict[str, Any] = {
    "start": Date(), "end": Date(), "since": DateTime(timezone=True), "until": DateTime(timezone=True),
    "customer_id": Uuid(), "owners": ARRAY(Text)}
_PROMISES = """
SELECT {owner} AS owner, count(*) FILTER (WHERE p.status = 'kept') AS kept,
       count(*) FILTER (WHERE p.status = 'broken') AS broken
FROM promise p LEFT JOIN customer c ON c.customer_id = p.customer_id
WHERE p.status IN ('kept', 'broken') AND p.judged_on BETWEEN :start AND :end
  AND (CAST(:customer_id AS uuid) IS NULL OR p.customer_id = :customer_id)
  AND (CAST(:owners AS text[]) IS NULL OR c.owner_code = ANY(:owners)) GROUP BY 1"""
_SETTLED = """
WITH told AS (
  SELECT item_id, max(sequence) AS sequence FROM item_move
  WHERE recorded_at < :until AND (CAST(:customer_id AS uuid) IS NULL OR customer_id = :customer_id)
    AND (CAST(:owners AS text[]) IS NULL OR customer_id IN (SELECT customer_id FROM customer
      WHERE owner_code = ANY(:owners))) GROUP BY 1),
settled AS (
  SELECT m.item_id, {owner} AS owner FROM told t JOIN item_move m ON m.item_id = t.item_id AND m.sequence = t.sequence
  LEFT JOIN customer c ON c.customer_id = m.customer_id
  WHERE m.open_after = 0 AND m.recorded_at >= :since
    AND m.fact NOT IN ('DebtWrittenOff', 'RecoveryReversed', 'InvoiceVoided')),
reminded AS (
  SELECT s.item_id, count(*) AS reminders FROM message_item s
  JOIN message g ON g.tenant_id = s.tenant_id AND g.id = s.message_id
  WHERE s.item_id IN (SELECT item_id FROM settled) AND s.outcome IN ('sent', 'unknown') AND g.judged_on <= :end
  GROUP BY 1)
SELECT owner, count(*) AS settled, coalesce(sum(r.reminders), 0)::bigint AS reminders
FROM settled LEFT JOIN reminded r USING (item_id) GROUP BY 1"""


@cache
def _ready(statement: str, by_owner: bool) -> Any:
    made = statement.format(owner="c.owner_code" if by_owner else "CAST(NULL AS text)")
    return text(made).bindparams(*(bindparam(name, type_=of) for name, of in _BINDS.items() if f":{name}" in made))


class Within(NamedTuple):
    """A period, its last day included, and the instants in which it begins and ends in the tenant's zone."""

    start: date
    end: date
    since: datetime
    until: datetime


async def figures(
    tx: Transaction, within: Within, customer_id: UUID | None, owners: Collection[str] | None = None,
) -> CollectionFigures:
    """Of one customer or of all, and of those for whom these members of staff answer now."""
    found = await _figures(tx, within, customer_id, owners, by_owner=False)
    return found.get(None, CollectionFigures(0, 0, 0, 0))


async def figures_by_owner(
    tx: Transaction, within: Within, owners: Collection[str] | None,
) -> dict[str | None, CollectionFigures]:
    """Of those for whom these members of staff (None: all of them, and nobody) answer now, by their codes."""
    return await _figures(tx, within, None, owners, by_owner=True)


async def _figures(
    tx: Transaction, within: Within, customer_id: UUID | None, owners: Collection[str] | None, *, by_owner: bool,
) -> dict[str | None, CollectionFigures]:
    whose = {"customer_id": customer_id, "owners": None if owners is None else list(owners)}
    promises = {row["owner"]: row for row in await tx.rows(
        _ready(_PROMISES, by_owner), start=within.start, end=within.end, **whose)}
    settled = {row["owner"]: row for row in await tx.rows(
        _ready(_SETTLED, by_owner), since=within.since, until=within.until, end=within.end, **whose)}

    def counted(rows: Mapping[str | None, Any], owner: str | None, name: str) -> int:
        return int(rows[owner][name]) if owner in rows else 0

    return {owner: CollectionFigures(
        counted(promises, owner, "kept"), counted(promises, owner, "broken"), counted(settled, owner, "settled"),
        counted(settled, owner, "reminders")) for owner in sorted({*promises, *settled}, key=lambda one: one or "~")}
