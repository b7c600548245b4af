"""What a rating looks at of a customer's behaviour, and its trade by currency, from what billing told."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import text

from credit_svc.domain.ability import FinancialStatement
from credit_svc.domain.behaviour import Behaviour, Lately, Owing
from credit_svc.domain.limit_engine import Trade
from credit_svc.store import conduct
from credit_svc.store.mergers import ANY_ENTRY, ENTRIES
from dunlin_events.consuming import Tx
from dunlin_kernel.calendar import days_between
from dunlin_kernel.money import Money

_CUSTOMER, _TODAY = "CAST(:customer_id AS uuid)", "CAST(:today AS date)"
_SEEN = text(f"""
WITH RECURSIVE {ENTRIES}
SELECT p.longest, p.mean_30, p.mean_90,
  (SELECT min(issued_on) FROM billed_invoice WHERE customer_id = {ANY_ENTRY} AND amount > 0) AS first_billed_on,
  (SELECT min(due_on) FROM owed_item WHERE customer_id = {_CUSTOMER} AND open > disputed AND due_on < {_TODAY})
    AS oldest_overdue_on,
  (SELECT count(*) FROM broken_promise WHERE customer_id = {ANY_ENTRY} AND broken AND broken_on > {_TODAY} - 365)
    AS broken_promises, m.returned_payments, m.disputes_lost
FROM (
  SELECT max(days_late) AS longest, avg(days_late) AS mean_90,
         avg(days_late) FILTER (WHERE paid_on > {_TODAY} - 30) AS mean_30
  FROM learnt_payment WHERE customer_id = {ANY_ENTRY} AND live AND paid_on > {_TODAY} - 90) p, (
  SELECT count(*) FILTER (WHERE kind = 'returned_payment') AS returned_payments,
         count(*) FILTER (WHERE kind = 'dispute_lost') AS disputes_lost
  FROM conduct_mark WHERE customer_id = {ANY_ENTRY} AND marked_on > {_TODAY} - 365) m""")  # noqa: S608
_OWING = text(f"""
WITH RECURSIVE {ENTRIES}
SELECT e.currency, e.open - e.disputed AS open, e.open - greatest(e.unapplied - e.kept, 0) + e.delivered AS exposure,
  (SELECT coalesce(sum(o.open - o.disputed), 0)::bigint FROM owed_item o
   WHERE o.customer_id = e.customer_id AND o.currency = e.currency AND o.due_on < {_TODAY}) AS overdue,
  (SELECT coalesce(sum(b.amount), 0)::bigint FROM billed_invoice b
   WHERE b.customer_id = {ANY_ENTRY} AND b.currency = e.currency AND b.issued_on > {_TODAY} - 365) AS billed
FROM exposure e WHERE e.customer_id = {_CUSTOMER}""")  # noqa: S608
_TRADES = text(f"""
WITH RECURSIVE {ENTRIES}, billed AS (
  SELECT currency, sum(amount)::bigint AS billed, min(issued_on) AS since,
         ceil(sum(amount::numeric * due_days) / sum(amount))::int AS due_days
  FROM billed_invoice WHERE customer_id = {ANY_ENTRY} AND amount > 0 AND issued_on > {_TODAY} - 365
  GROUP BY currency),
paid AS (
  SELECT l.currency, l.amount, l.days_late, l.paid_on, least(coalesce(b.issued_on, l.paid_on), l.paid_on) AS since
  FROM learnt_payment l LEFT JOIN billed_invoice b ON b.tenant_id = l.tenant_id AND b.invoice_id = l.invoice_id
  WHERE l.customer_id = {ANY_ENTRY} AND l.live AND l.paid_on > {_TODAY} - 365),
owed AS (
  SELECT currency, sum(moved) OVER (PARTITION BY currency ORDER BY on_day, moved ROWS UNBOUNDED PRECEDING) AS owed
  FROM (SELECT currency, since AS on_day, amount AS moved FROM paid WHERE days_late <= 0
        UNION ALL SELECT currency, paid_on, -amount FROM paid WHERE days_late <= 0) moves)
SELECT billed.*,
  (SELECT coalesce(percentile_disc(0.8) WITHIN GROUP (ORDER BY p.days_late), 0) FROM paid p
   WHERE p.currency = billed.currency) AS delay_days,
  (SELECT coalesce(greatest(max(o.owed), 0), 0)::bigint FROM owed o WHERE o.currency = billed.currency) AS record,
  (SELECT coalesce(sum(e.open), 0)::bigint FROM exposure e WHERE e.currency = billed.currency) AS open_of_all
FROM billed ORDER BY currency""")  # noqa: S608


async def read(tx: Tx, customer_id: UUID, *, today: date) -> Behaviour:
    """As it stands on the day: payments of 90 days, what is owed now, counts of a year; with what those did that were
    merged into it."""
    row = await tx.row(_SEEN, customer_id=customer_id, today=today)
    owing = {one["currency"]: Owing(one["open"], one["overdue"], one["exposure"], one["billed"])
             for one in await tx.rows(_OWING, customer_id=customer_id, today=today)}
    records = await conduct.payment_records(tx, customer_id)
    return Behaviour(
        records, Lately(row["longest"], row["mean_30"], row["mean_90"]), owing,
        row["oldest_overdue_on"], row["first_billed_on"], row["broken_promises"], row["returned_payments"],
        row["disputes_lost"])


async def trades(
    tx: Tx, customer_id: UUID, statement: FinancialStatement | None, *, today: date,
) -> Mapping[str, Trade]:
    """By currency billed in the last year, in the order of its code. `statement`: the one that still counts."""
    rows = await tx.rows(_TRADES, customer_id=customer_id, today=today)
    return {row["currency"]: _trade(row, statement, today) for row in rows}


def _trade(row: Any, statement: FinancialStatement | None, today: date) -> Trade:
    currency, stated = row["currency"], None
    if statement is not None and statement.currency == row["currency"]:
        stated = statement
    return Trade(
        Money(row["billed"], currency), days_between(row["since"], today) + 1, row["due_days"], row["delay_days"],
        Money(row["record"], currency), None if stated is None else stated.tangible_net_worth,
        None if stated is None else Money(stated.figures.existing_lines, currency), Money(row["open_of_all"], currency))
