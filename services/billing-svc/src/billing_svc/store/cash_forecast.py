"""What a cash forecast is made of: open items by the week in which they are expected, and how late money came."""

from collections import defaultdict
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import Date, Integer, Uuid, bindparam, text

from billing_svc.domain.cash_forecast import HISTORY_DAYS, CashForecast, Controls, Learnt, forecast_of, monday_of
from dunlin_kernel.money import Money
from dunlin_kit.transaction import Transaction

_BINDS = (bindparam("today", type_=Date), bindparam("since", type_=Date), bindparam("customer_id", type_=Uuid))
_LATE = """
WITH late AS (
  SELECT i.customer_id, a.currency, sum(a.amount::numeric * (a.business_on - i.due_on)) AS days, sum(a.amount) AS amount
  FROM allocation a JOIN credit c ON c.id = a.credit_id AND c.kind = 'payment'
  JOIN item i ON i.id = a.item_id AND i.kind = 'invoice'
  WHERE a.business_on BETWEEN :since AND :today
    AND NOT EXISTS (SELECT 1 FROM allocation_reversal r WHERE r.allocation_id = a.id) GROUP BY 1, 2),
learnt AS (SELECT currency, sum(days) AS days, sum(amount) AS amount, count(*) AS customers FROM late GROUP BY 1)"""
EXPECTED = text(f"""{_LATE},
expected AS (
  SELECT i.currency, i.open - i.disputed AS amount, greatest(:today, i.standing_due_on + round(
           coalesce(l.days / l.amount, g.days / g.amount, 0))::int) AS day
  FROM item i LEFT JOIN late l ON l.customer_id = i.customer_id AND l.currency = i.currency
  LEFT JOIN learnt g ON g.currency = i.currency
  WHERE i.open > i.disputed AND (CAST(:customer_id AS uuid) IS NULL OR i.customer_id = :customer_id))
SELECT currency, least((day - :monday) / 7, :weeks) AS week, sum(amount) AS amount, count(*) AS items
FROM expected GROUP BY 1, 2""").bindparams(  # noqa: S608  constants
    *_BINDS, bindparam("monday", type_=Date), bindparam("weeks", type_=Integer))
CONTROLS = text(f"""{_LATE},
owed AS (
  SELECT currency, sum(open) AS receivables, sum(disputed) AS disputed, sum(unapplied) AS unapplied FROM account a
  WHERE (CAST(:customer_id AS uuid) IS NULL OR customer_id = :customer_id) GROUP BY 1)
SELECT o.*, coalesce(g.amount, 0) AS learnt, coalesce(round(g.days / g.amount), 0)::int AS average_days,
       coalesce(g.customers, 0) AS customers FROM owed o LEFT JOIN learnt g USING (currency)
ORDER BY currency""").bindparams(*_BINDS)  # noqa: S608  constants


async def forecasts(tx: Transaction, today: date, weeks: int, customer_id: UUID | None) -> list[CashForecast]:
    """By currency; of one customer or all. Refuses: report_does_not_tie."""
    binds = {"today": today, "since": today - timedelta(days=HISTORY_DAYS), "customer_id": customer_id}
    expected: dict[str, dict[int, tuple[int, int]]] = defaultdict(dict)
    for row in await tx.rows(EXPECTED, **binds, monday=monday_of(today), weeks=weeks):
        expected[row["currency"]][row["week"]] = int(row["amount"]), row["items"]
    found = []
    for row in await tx.rows(CONTROLS, **binds):
        currency = row["currency"]
        learnt = Learnt(Money(int(row["learnt"]), currency), row["average_days"], row["customers"])
        receivables, unapplied, disputed = (
            Money(int(row[name]), currency) for name in ("receivables", "unapplied", "disputed"))
        of = Controls(receivables, unapplied, disputed, learnt)
        found.append(forecast_of(expected[currency], weeks, today, of))
    return found
