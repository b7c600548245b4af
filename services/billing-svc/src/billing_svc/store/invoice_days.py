"""Invoices due in a range of days, in the order in which they were made: each day's first ones, put together.

An index has one order: by due date. On one day it goes by the order in which they were made, so that a page costs a
look at each day of the range, however many invoices there are.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Date, TextClause, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

from billing_svc.domain.invoice import InvoiceStatus
from dunlin_kit.transaction import Transaction

MOST_DAYS = 1_000
"""In a wider range most invoices are due, and the first of them are found in the order in which they were made."""
_DUE = "least(i.due_on, 'infinity'::date)"
_LATER = f"SELECT {_DUE} AS due FROM invoice i WHERE {_DUE} < 'infinity' AND {_DUE}"  # noqa: S608  constants
DAYS = text(f"""
WITH RECURSIVE day AS (
  ({_LATER} >= :due_from ORDER BY 1 LIMIT 1)
  UNION ALL SELECT ({_LATER} > day.due ORDER BY 1 LIMIT 1) FROM day WHERE day.due < :due_to)
SELECT due FROM day WHERE due <= :due_to LIMIT :most""").bindparams(  # noqa: S608  constants
    bindparam("due_from", type_=Date), bindparam("due_to", type_=Date))
_LAST = date.max - timedelta(days=1)


async def days_of(tx: Transaction, filters: Mapping[str, Any]) -> list[date] | None:
    """The days of a range on which something is due; None where none is asked for, something else narrows the list
    more, or they are too many."""
    narrow = filters.keys() & {"due_from", "due_to"}
    if not narrow or filters.keys() - narrow - {"status"}:
        return None
    if filters.get("status", InvoiceStatus.ISSUED.value) != InvoiceStatus.ISSUED.value:
        return None
    rows = await tx.rows(DAYS, due_from=filters.get("due_from", date.min), due_to=filters.get("due_to", _LAST),
                         most=MOST_DAYS + 1)
    return [row["due"] for row in rows] if len(rows) <= MOST_DAYS else None


def among_the_first(*, down: bool, goes_on: bool, with_status: bool) -> TextClause:
    """The condition that an invoice is of the page."""
    turn, status = "DESC" if down else "", "AND i.status = :status" if with_status else ""
    further = f"AND i.id {'<' if down else '>'} :after_id" if goes_on else ""
    return text(f"""invoice.id IN (
  SELECT one.id FROM unnest(:days) d (due) CROSS JOIN LATERAL (
    SELECT i.id FROM invoice i WHERE {_DUE} = d.due {status} {further} ORDER BY i.id {turn} LIMIT :wanted) one
  ORDER BY one.id {turn} LIMIT :wanted)""").bindparams(bindparam("days", type_=ARRAY(Date)))  # noqa: S608  constants
