"""The figures that key figures rest on, out of the ledger entries, for any period and as known at any time."""

from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import Date, DateTime, Text, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

from billing_svc.domain.kpis import Figures, Month
from billing_svc.domain.roll_forward import RollLine, kinds_of
from billing_svc.store.roll_forward import Period
from dunlin_kit.transaction import Transaction

_BINDS = (bindparam("start", type_=Date), bindparam("end", type_=Date),
          bindparam("known_at", type_=DateTime(timezone=True)), bindparam("customer_id", type_=Uuid),
          bindparam("sold", type_=ARRAY(Text)), bindparam("lost", type_=ARRAY(Text)))
FLOWS = text("""
SELECT currency, coalesce(sum(amount) FILTER (WHERE effective_on < :start), 0) AS opening, sum(amount) AS closing,
       coalesce(sum(amount) FILTER (WHERE effective_on >= :start AND fact_kind = ANY(:sold)), 0) AS sales,
       -coalesce(sum(amount) FILTER (WHERE effective_on >= :start AND fact_kind = ANY(:lost)), 0) AS written_off
FROM ledger_entry WHERE side = 'receivable' AND effective_on <= :end AND recorded_at <= :known_at
  AND (CAST(:customer_id AS uuid) IS NULL OR customer_id = :customer_id) GROUP BY 1""").bindparams(*_BINDS)
SOLD = text("""
SELECT currency, CAST(date_trunc('month', effective_on) AS date) AS month, sum(amount) AS sales FROM ledger_entry
WHERE side = 'receivable' AND effective_on <= :end AND recorded_at <= :known_at AND fact_kind = ANY(:sold)
  AND (CAST(:customer_id AS uuid) IS NULL OR customer_id = :customer_id) GROUP BY 1, 2""").bindparams(*_BINDS[1:5])
OPEN = text("""
WITH owed AS (
  SELECT currency, item_id, sum(amount) AS open FROM ledger_entry
  WHERE side = 'receivable' AND effective_on <= :end AND recorded_at <= :known_at
    AND (CAST(:customer_id AS uuid) IS NULL OR customer_id = :customer_id)
  GROUP BY 1, 2 HAVING sum(amount) <> 0)
SELECT o.currency, CAST(date_trunc('month', i.effective_on) AS date) AS month,
       sum(o.open * (:end - i.effective_on)) AS open_days,
       coalesce(sum(o.open) FILTER (WHERE i.due_on >= :end), 0) AS current,
       coalesce(sum(o.open * (:end - i.due_on)) FILTER (WHERE i.due_on < :end), 0) AS overdue_days
FROM owed o JOIN item i ON i.id = o.item_id GROUP BY 1, 2""").bindparams(*_BINDS[1:4])
COLLECTED = text("""
WITH cash AS (
  SELECT a.currency, a.amount, a.business_on - i.due_on AS late, a.customer_id, a.effective_on, a.recorded_at
  FROM allocation a JOIN item i ON i.id = a.item_id JOIN credit c ON c.id = a.credit_id AND c.kind <> 'credit_note'
  UNION ALL
  SELECT a.currency, -a.amount, a.business_on - i.due_on, a.customer_id, r.effective_on, r.recorded_at
  FROM allocation_reversal r JOIN allocation a ON a.id = r.allocation_id JOIN item i ON i.id = a.item_id
  JOIN credit c ON c.id = a.credit_id AND c.kind <> 'credit_note')
SELECT currency, sum(amount) AS collected, sum(amount * late) AS late_days FROM cash
WHERE effective_on BETWEEN :start AND :end AND recorded_at <= :known_at
  AND (CAST(:customer_id AS uuid) IS NULL OR customer_id = :customer_id) GROUP BY 1""").bindparams(*_BINDS[:4])

BUYERS = text("""
WITH billed AS (
  SELECT i.customer_id, i.currency, i.issued_on FROM invoice i
  WHERE i.issued_on <= :end AND i.recorded_at <= :known_at
    AND (CAST(:customer_id AS uuid) IS NULL OR i.customer_id = :customer_id)
    AND NOT EXISTS (SELECT 1 FROM invoice_void v WHERE v.tenant_id = i.tenant_id AND v.invoice_id = i.id
                    AND v.recorded_at <= :known_at)),
bought AS (
  SELECT currency, customer_id, count(*) AS times FROM billed GROUP BY 1, 2 HAVING max(issued_on) >= :start)
SELECT currency, count(*) AS buyers, count(*) FILTER (WHERE times > 1) AS returning FROM bought
GROUP BY 1""").bindparams(*_BINDS[:4])


async def figures(tx: Transaction, period: Period) -> dict[str, Figures]:
    """By currency: whatever has ever been owed in it."""
    kinds = {"sold": kinds_of(RollLine.INVOICES), "lost": kinds_of(RollLine.WRITE_OFFS)}
    flows = await tx.rows(FLOWS, **period.binds(), **kinds)
    sold = await tx.rows(SOLD, **period.binds(), sold=kinds["sold"])
    still_open = _by_currency(await tx.rows(OPEN, **period.binds()))
    collected = {row["currency"]: row for row in await tx.rows(COLLECTED, **period.binds())}
    months = _by_currency(sold)
    bought = {row["currency"]: row for row in await tx.rows(BUYERS, **period.binds())}
    found = {}
    for row in flows:
        currency = row["currency"]
        cash, buying = collected.get(currency), bought.get(currency)
        found[currency] = Figures(
            days=(period.end - period.start).days + 1, opening=int(row["opening"]), closing=int(row["closing"]),
            current=_sum(still_open[currency], "current"), sales=int(row["sales"]),
            collected=int(cash["collected"]) if cash else 0, late_days=int(cash["late_days"]) if cash else 0,
            written_off=int(row["written_off"]), overdue_days=_sum(still_open[currency], "overdue_days"),
            months=_months(months[currency], still_open[currency], period.end),
            buyers=int(buying["buyers"]) if buying else 0, returning=int(buying["returning"]) if buying else 0)
    return found


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


def _by_currency(rows: Iterable[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        found[row["currency"]].append(row)
    return found


def _sum(rows: Iterable[Any], name: str) -> int:
    return sum(int(row[name]) for row in rows)
