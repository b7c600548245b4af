"""The figures that key figures of collecting rest on, for any period."""

from collections.abc import Collection
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Date, DateTime, Text, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

from dunlin_kit.transaction import Transaction
from notify_svc.domain.kpis import CollectionFigures

_CUSTOMER, _OWNERS = bindparam("customer_id", type_=Uuid), bindparam("owners", type_=ARRAY(Text))
_PROMISES = text("""
SELECT count(*) FILTER (WHERE status = 'kept') AS kept, count(*) FILTER (WHERE status = 'broken') AS broken
FROM promise WHERE status IN ('kept', 'broken') AND judged_on BETWEEN :start AND :end
  AND (CAST(:customer_id AS uuid) IS NULL OR customer_id = :customer_id)
  AND (CAST(:owners AS text[]) IS NULL OR customer_id IN (SELECT customer_id FROM customer
    WHERE owner_code = ANY(:owners)))""").bindparams(
    bindparam("start", type_=Date), bindparam("end", type_=Date), _CUSTOMER, _OWNERS)
_SETTLED = text("""
WITH told AS (
  SELECT item_id, max(sequence) AS sequence FROM item_move
  WHERE recorded_at < :until AND (CAST(:customer_id AS uuid) IS NULL OR customer_id = :customer_id)
    AND (CAST(:owners AS text[]) IS NULL OR customer_id IN (SELECT customer_id FROM customer
      WHERE owner_code = ANY(:owners))) GROUP BY 1),
settled AS (
  SELECT m.item_id FROM told t JOIN item_move m ON m.item_id = t.item_id AND m.sequence = t.sequence
  WHERE m.open_after = 0 AND m.recorded_at >= :since AND m.fact NOT IN ('DebtWrittenOff', 'InvoiceVoided')),
reminded AS (
  SELECT count(*) AS reminders FROM message_item s JOIN message g ON g.tenant_id = s.tenant_id AND g.id = s.message_id
  WHERE s.item_id IN (SELECT item_id FROM settled) AND s.outcome IN ('sent', 'unknown') AND g.judged_on <= :end)
SELECT (SELECT count(*) FROM settled) AS settled, reminders FROM reminded""").bindparams(
    bindparam("since", type_=DateTime(timezone=True)), bindparam("until", type_=DateTime(timezone=True)),
    bindparam("end", type_=Date), _CUSTOMER, _OWNERS)


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
    whose = {"customer_id": customer_id, "owners": None if owners is None else list(owners)}
    promises = await tx.row(_PROMISES, start=within.start, end=within.end, **whose)
    settled = await tx.row(_SETTLED, since=within.since, until=within.until, end=within.end, **whose)
    assert promises is not None
    assert settled is not None
    return CollectionFigures(promises["kept"], promises["broken"], settled["settled"], settled["reminders"])
