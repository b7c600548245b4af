"""The figures that key figures rest on, out of the ledger entries, for any period and as known at any time."""

from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import Date, DateTime, Text, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

from billing_svc.domain.kpis import Figures, Month
from billing_svc.domain.roll_forward import RollLine, kinds_of
from billing_svc.store.customer_dimensions import counted_under
from billing_svc.store.roll_forward import Period
from dunlin_kit.transaction import Transaction

_BINDS: dict[str, Any] = {
    "start": Date(), "end": Date(), "known_at": DateTime(timezone=True), "customer_id": Uuid(), "sold": ARRAY(Text),
    "lost": ARRAY(Text)}
_OF = "(CAST(:customer_id AS uuid) IS NULL OR e.customer_id = :customer_id)"
_OWED = "e.side = 'receivable' AND e.effective_on <= :end AND e.recorded_at <= :known_at"
_FLOWS = f"""
SELECT {{owner}} AS owner, e.currency, coalesce(sum(e.amount) FILTER (WHERE e.effective_on < :start), 0) AS opening,
  sum(e.amount) AS closing,
  coalesce(sum(e.amount) FILTER (WHERE e.effective_on >= :start AND e.fact_kind = ANY(:sold)), 0) AS sales,
  -coalesce(sum(e.amount) FILTER (WHERE e.effective_on >= :start AND e.fact_kind = ANY(:lost)), 0) AS written_off
FROM ledger_entry e {{customer}} WHERE {_OWED} AND {_OF} GROUP BY 1, 2 ORDER BY 1, 2"""  # noqa: S608  constants
_SOLD = f"""
SELECT {{owner}} AS owner, e.currency, CAST(date_trunc('month', e.effective_on) AS date) AS month,
       sum(e.amount) AS sales
FROM ledger_entry e {{customer}} WHERE {_OWED} AND e.fact_kind = ANY(:sold) AND {_OF}
GROUP BY 1, 2, 3"""  # noqa: S608  constants
_OPEN = f"""
WITH owed AS (
  SELECT e.customer_id, e.currency, e.item_id, sum(e.amount) AS open FROM ledger_entry e
  WHERE {_OWED} AND {_OF} GROUP BY 1, 2, 3 HAVING sum(e.amount) <> 0)
SELECT {{owner}} AS owner, e.currency, CAST(date_trunc('month', i.effective_on) AS date) AS month,
       sum(e.open * (:end - i.effective_on)) AS open_days,
       coalesce(sum(e.open) FILTER (WHERE i.due_on >= :end), 0) AS current,
       coalesce(sum(e.open * (:end - i.due_on)) FILTER (WHERE i.due_on < :end), 0) AS overdue_days
FROM owed e JOIN item i ON i.id = e.item_id {{customer}} GROUP BY 1, 2, 3"""  # noqa: S608  constants
_COLLECTED = f"""
WITH cash AS (
  SELECT a.currency, a.amount, a.business_on - i.due_on AS late, a.customer_id, a.effective_on, a.recorded_at
  FROM allocation a JOIN item i ON i.id = a.item_id JOIN credit c ON c.id = a.credit_id AND c.kind <> 'credit_note'
  UNION ALL
  SELECT a.currency, -a.amount, a.business_on - i.due_on, a.customer_id, r.effective_on, r.recorded_at
  FROM allocation_reversal r JOIN allocation a ON a.id = r.allocation_id JOIN item i ON i.id = a.item_id
  JOIN credit c ON c.id = a.credit_id AND c.kind <> 'credit_note')
SELECT {{owner}} AS owner, e.currency, sum(e.amount) AS collected, sum(e.amount * e.late) AS late_days
FROM cash e {{customer}} WHERE e.effective_on BETWEEN :start AND :end AND e.recorded_at <= :known_at AND {_OF}
GROUP BY 1, 2"""  # noqa: S608  constants
_BUYERS = f"""
WITH bought AS (
  SELECT e.currency, e.customer_id, count(*) AS times FROM invoice e
  WHERE e.issued_on <= :end AND e.recorded_at <= :known_at AND {_OF}
    AND NOT EXISTS (SELECT 1 FROM invoice_void v WHERE v.tenant_id = e.tenant_id AND v.invoice_id = e.id
                    AND v.recorded_at <= :known_at)
  GROUP BY 1, 2 HAVING max(e.issued_on) >= :start)
SELECT {{owner}} AS owner, e.currency, count(*) AS buyers, count(*) FILTER (WHERE e.times > 1) AS returning
FROM bought e {{customer}} GROUP BY 1, 2"""  # noqa: S608  constants
_WHOLE = {"owner": "CAST(NULL AS text)", "customer": ""}
_BY_OWNER = {
    "owner": "k.value", "customer": f"LEFT JOIN {counted_under('owner', 'end')} k ON k.customer_id = e.customer_id"}
Whose = tuple[str | None, str]
"""The owner's code, None for nobody's or everybody's, and a currency."""


@cache
def _ready(statement: str, by_owner: bool) -> Any:
    made = statement.format(**(_BY_OWNER if by_owner else _WHOLE))
    return text(made).bindparams(*(bindparam(name, type_=of) for name, of in _BINDS.items() if f":{name}" in made))


async def figures(tx: Transaction, period: Period, *, by_owner: bool = False) -> dict[Whose, Figures]:
    """By currency: whatever has ever been owed in it; also by who answered for the customers at its end."""
    kinds = {"sold": kinds_of(RollLine.INVOICES), "lost": kinds_of(RollLine.WRITE_OFFS)}

    async def found(statement: str, **more: Any) -> list[Any]:
        return await tx.rows(_ready(statement, by_owner), **period.binds(), **more)

    flows = await found(_FLOWS, **kinds)
    sold = _by_whose(await found(_SOLD, sold=kinds["sold"]))
    still_open = _by_whose(await found(_OPEN))
    collected = {_whose(row): row for row in await found(_COLLECTED)}
    bought = {_whose(row): row for row in await found(_BUYERS)}
    made = {}
    for row in flows:
        whose = _whose(row)
        cash, buying = collected.get(whose), bought.get(whose)
        made[whose] = Figures(
            days=(period.end - period.start).days + 1, opening=int(row["opening"]), closing=int(row["closing"]),
            current=_sum(still_open[whose], "current"), sales=int(row["sales"]),
            collected=int(cash["collected"]) if cash else 0, late_days=int(cash["late_days"]) if cash else 0,
            written_off=int(row["written_off"]), overdue_days=_sum(still_open[whose], "overdue_days"),
            months=_months(sold[whose], still_open[whose], period.end),
            buyers=int(buying["buyers"]) if buying else 0, returning=int(buying["returning"]) if buying else 0)
    return made


def _months(sold: Iterable[Any], still_open: Iterable[Any], end: date) -> tuple[Month, ...]:
    """Every month from the one of `end` back to the first, also those that sold nothing."""
    sales = {row["month"]: int(row["sales"]) for row in sold}
    open_days = {row["month"]: int(row["open_days"]) for row in still_open}
    if not sales and not open_days:
        return ()
    first, month, found = min({*sales, *open_days}), end.replace(day=1), []
    while month >= first:
        days = end.day if month == end.replace(day=1) else monthrange(month.year, month.month)[1]
        found.append(Month(days, sales.get(month, 0), open_days.get(month, 0)))
        month = month.replace(month=month.month - 1) if month.month > 1 else date(month.year - 1, 12, 1)
    return tuple(found)


def _whose(row: Any) -> Whose:
    return row["owner"], row["currency"]


def _by_whose(rows: Iterable[Any]) -> dict[Whose, list[Any]]:
    found: dict[Whose, list[Any]] = defaultdict(list)
    for row in rows:
        found[_whose(row)].append(row)
    return found


def _sum(rows: Iterable[Any], name: str) -> int:
    return sum(int(row[name]) for row in rows)
