"""What a cash forecast is made of: open items by the week in which they are expected, what is promised of
them, and how late money came."""

from collections import defaultdict
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import Date, Integer, Uuid, bindparam, text

from billing_svc.domain.cash_forecast import (
    HISTORY_DAYS,
    OWN_SPREAD,
    CashForecast,
    Controls,
    Expected,
    Learnt,
    forecast_of,
    monday_of,
)
from dunlin_kernel.money import Money
from dunlin_kit.transaction import Transaction

_BINDS = (bindparam("today", type_=Date), bindparam("since", type_=Date), bindparam("customer_id", type_=Uuid))
_LATE = """
WITH paid AS (
  SELECT i.customer_id, a.currency, a.amount, a.business_on - i.due_on AS days
  FROM allocation a JOIN credit c ON c.id = a.credit_id AND c.kind IN ('payment', 'exchange')
  JOIN item i ON i.id = a.item_id AND i.kind = 'invoice'
  WHERE a.business_on BETWEEN :since AND :today
    AND NOT EXISTS (SELECT 1 FROM allocation_reversal r WHERE r.allocation_id = a.id)),
late AS (
  SELECT customer_id, currency, sum(amount::numeric * days) AS days, sum(amount) AS amount FROM paid GROUP BY 1, 2),
learnt AS (SELECT currency, sum(days) AS days, sum(amount) AS amount, count(*) AS customers FROM late GROUP BY 1)"""
_SPREAD = """
SELECT {of}, least(min(days) FILTER (WHERE 5 * upto >= whole) - sum(amount::numeric * days) / sum(amount), 0) AS early,
       greatest(min(days) FILTER (WHERE 5 * upto >= 4 * whole) - sum(amount::numeric * days) / sum(amount), 0) AS late,
       count(*) AS payments
FROM (
  SELECT *, sum(amount) OVER (PARTITION BY {of} ORDER BY days) AS upto, sum(amount) OVER (PARTITION BY {of}) AS whole
  FROM paid) ranked GROUP BY {of}"""
"""How many days before and after its average the first fifth of the money had come, and the first four fifths."""
EXPECTED = text(f"""{_LATE},
own_spread AS ({_SPREAD.format(of="customer_id, currency")}),
spread AS ({_SPREAD.format(of="currency")}),
owed AS (
  SELECT i.id, i.customer_id, i.currency, i.kind, i.standing_due_on, i.open - i.disputed AS amount FROM item i
  WHERE i.open > i.disputed AND (CAST(:customer_id AS uuid) IS NULL OR i.customer_id = :customer_id)),
covered AS (
  SELECT DISTINCT ON (o.id) o.id, o.standing_due_on, o.amount, p.promise_id, p.amount AS promise, p.promised_on
  FROM heard_promise p JOIN owed o ON o.customer_id = p.customer_id AND o.currency = p.currency
  WHERE p.running AND (p.items = '[]' OR p.items @> to_jsonb(CAST(o.id AS text)))
  ORDER BY o.id, p.promised_on, p.promise_id),
promised AS (
  SELECT id, promised_on, least(amount, promise - sum(amount) OVER before + amount) AS amount FROM covered
  WINDOW before AS (PARTITION BY promise_id ORDER BY standing_due_on, id)),
expected AS (
  SELECT o.id, o.currency, o.amount - greatest(0, coalesce(p.amount, 0)) AS amount, 0 AS promised, o.standing_due_on,
         CASE o.kind WHEN 'bill' THEN 0 ELSE coalesce(l.days / l.amount, g.days / g.amount, 0) END AS delay,
         CASE o.kind WHEN 'bill' THEN 0 ELSE coalesce(n.early, s.early, 0) END AS early,
         CASE o.kind WHEN 'bill' THEN 0 ELSE coalesce(n.late, s.late, 0) END AS late
  FROM owed o LEFT JOIN late l ON l.customer_id = o.customer_id AND l.currency = o.currency
  LEFT JOIN learnt g ON g.currency = o.currency LEFT JOIN promised p ON p.id = o.id
  LEFT JOIN own_spread n ON n.customer_id = o.customer_id AND n.currency = o.currency AND n.payments >= {OWN_SPREAD}
  LEFT JOIN spread s ON s.currency = o.currency
  UNION ALL
  SELECT o.id, o.currency, p.amount, p.amount, p.promised_on, 0, 0, 0 FROM owed o JOIN promised p ON p.id = o.id),
dated AS (
  SELECT e.*, c.which, least((greatest(:today, e.standing_due_on + round(e.delay + c.off)::int) - :monday) / 7, :weeks)
         AS week
  FROM expected e CROSS JOIN LATERAL (VALUES ('likely', 0), ('early', e.early), ('late', e.late)) AS c (which, off)
  WHERE e.amount > 0)
SELECT currency, week, coalesce(sum(amount) FILTER (WHERE which = 'likely'), 0) AS amount,
       coalesce(sum(promised) FILTER (WHERE which = 'likely'), 0) AS promised,
       count(DISTINCT id) FILTER (WHERE which = 'likely') AS items,
       coalesce(sum(amount) FILTER (WHERE which = 'early'), 0) AS early,
       coalesce(sum(amount) FILTER (WHERE which = 'late'), 0) AS late
FROM dated GROUP BY 1, 2""").bindparams(  # noqa: S608  constants
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
    expected: dict[str, dict[int, Expected]] = defaultdict(dict)
    for row in await tx.rows(EXPECTED, **binds, monday=monday_of(today), weeks=weeks):
        expected[row["currency"]][row["week"]] = Expected(
            int(row["amount"]), int(row["promised"]), row["items"], int(row["early"]), int(row["late"]))
    found = []
    for row in await tx.rows(CONTROLS, **binds):
        currency = row["currency"]
        learnt = Learnt(Money(int(row["learnt"]), currency), row["average_days"], row["customers"])
        receivables, unapplied, disputed = (
            Money(int(row[name]), currency) for name in ("receivables", "unapplied", "disputed"))
        of = Controls(receivables, unapplied, disputed, learnt)
        found.append(forecast_of(expected[currency], weeks, today, of))
    return found
