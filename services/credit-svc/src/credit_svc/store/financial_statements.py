"""Financial statements as they were entered; of each fiscal year the last one counts."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from credit_svc.domain.ability import Figures, FinancialStatement, StatementSource
from credit_svc.store.mergers import ANY_ENTRY, ENTRIES, ENTRIES_OF_ROW
from credit_svc.store.rating_tables import FinancialStatementRow
from dunlin_events.consuming import Tx

_LAST = text(f"""
SELECT k.customer_id AS of_id, s.* FROM unnest(CAST(:customer_ids AS uuid[])) k (customer_id) CROSS JOIN LATERAL (
WITH RECURSIVE {ENTRIES_OF_ROW}
SELECT DISTINCT ON (ended_on) * FROM financial_statement WHERE customer_id = {ANY_ENTRY}
ORDER BY ended_on DESC, statement_id DESC LIMIT 2) s ORDER BY 1, s.ended_on DESC""")  # noqa: S608
_ALL = text(f"""
WITH RECURSIVE {ENTRIES}
SELECT * FROM financial_statement WHERE customer_id = {ANY_ENTRY}
  AND (ended_on, statement_id) < (CAST(:ended_on AS date), CAST(:statement_id AS uuid))
ORDER BY ended_on DESC, statement_id DESC LIMIT CAST(:most AS bigint)""")  # noqa: S608

_FIRST = (date.max, UUID(int=2**128 - 1))
"""Comes before every statement."""


@dataclass(frozen=True, slots=True)
class EnteredStatement:
    """A statement with who entered it, and when."""

    statement: FinancialStatement
    customer_id: UUID
    entered_by: str
    entered_at: datetime


async def last_years(tx: Tx, customer_ids: Collection[UUID]) -> Mapping[UUID, tuple[FinancialStatement, ...]]:
    """Of the two last fiscal years of each of these customers, the later first."""
    found: dict[UUID, tuple[FinancialStatement, ...]] = dict.fromkeys(customer_ids, ())
    for row in await tx.rows(_LAST, customer_ids=list(customer_ids)):
        found[row["of_id"]] = (*found[row["of_id"]], _statement(row))
    return found


async def history(
    tx: Tx, customer_id: UUID, after: tuple[date, UUID] | None, most: int,
) -> Sequence[EnteredStatement]:
    """At most so many, the latest fiscal year first, of one year the last entered first; `after` is the last seen."""
    ended_on, statement_id = after or _FIRST
    rows = await tx.rows(_ALL, customer_id=customer_id, ended_on=ended_on, statement_id=statement_id, most=most)
    return [EnteredStatement(_statement(row), row["customer_id"], row["entered_by"], row["entered_at"])
            for row in rows]


def add(tx: Tx, one: EnteredStatement) -> None:
    said = one.statement
    tx.insert(FinancialStatementRow, {
        "statement_id": said.id, "customer_id": one.customer_id, "ended_on": said.ended_on, "currency": said.currency,
        "source": said.source.value, "figures": json.dumps(asdict(said.figures)), "entered_by": one.entered_by,
        "entered_at": one.entered_at})


def _statement(row: Any) -> FinancialStatement:
    return FinancialStatement(
        row["statement_id"], row["ended_on"], row["currency"], StatementSource(row["source"]),
        Figures(**row["figures"]))
