"""What a rating looks at of a customer's behaviour, and its trade by currency, from what billing told."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import text

from credit_svc.domain.ability import FinancialStatement
from credit_svc.domain.behaviour import Behaviour, Lately, Owing
from credit_svc.domain.limit_engine import Trade
from credit_svc.store import conduct
from credit_svc.store.mergers import ANY_ENTRY, ENTRIES_OF_ROW
from dunlin_events.consuming import Tx
from dunlin_kernel.calendar import days_between
from dunlin_kernel.money import Money

_TODAY = "CAST(:today AS date)"
_ASKED = "FROM unnest(CAST(:customer_ids AS uuid[])) k (customer_id) CROSS JOIN LATERAL"
_SEEN = text(f"""
SELECT k.customer_id, s.* {_ASKED} (
WITH RECURSIVE {ENTRIES_OF_ROW}
SELECT p.longest, p.mean_30, p.mean_90,
  (SELECT min(issued_on) FROM billed_invoice WHERE customer_id = {ANY_ENTRY} AND amount > 0) AS first_billed_on,
  (SELECT min(due_on) FROM owed_item o WHERE o.customer_id = k.customer_id AND open > disputed AND due_on < {_TODAY})
    AS oldest_overdue_on,
  (SELECT count(*) FROM broken_promise WHERE customer_id = {ANY_ENTRY} AND broken AND broken_on > {_TODAY} - 365)
    AS broken_promises, m.returned_payments, m.disputes_lost
FROM (
  SELECT max(days_late) AS longest, avg(days_late) AS mean_90,
         avg(days_late) FILTER (WHERE paid_on > {_TODAY} - 30) AS mean_30
  FROM learnt_payment WHERE customer_id = {ANY_ENTRY} AND live AND paid_on > {_TODAY} - 90) p, (
  SELECT count(*) FILTER (WHERE kind = 'returned_payment') AS returned_payments,
         count(*) FILTER (WHERE kind = 'dispute_lost') AS disputes_lost
  FROM conduct_mark WHERE customer_id = {ANY_ENTRY} AND marked_on > {_TODAY} - 365) m) s""")  # noqa: S608
_OWING = text(f"""
SELECT k.customer_id, s.* {_ASKED} (
WITH RECURSIVE {ENTRIES_OF_ROW}
SELECT e.currency, e.open - e.disputed AS open, e.open - greatest(e.unapplied - e.kept, 0) + e.delivered AS exposure,
  (SELECT coalesce(sum(o.open - o.disputed), 0)::bigint FROM owed_item o
   WHERE o.customer_id = e.customer_id AND o.currency = e.currency AND o.due_on < {_TODAY}) AS overdue,
  (SELECT coalesce(sum(b.amount), 0)::bigint FROM billed_invoice b
   WHERE b.customer_id = {ANY_ENTRY} AND b.currency = e.currency AND b.issued_on > {_TODAY} - 365) AS billed
FROM exposure e WHERE e.customer_id = k.customer_id) s""")  # noqa: S608
_TRADES = text(f"""
WITH of_all AS MATERIALIZED (SELECT currency, sum(open)::bigint AS open FROM exposure GROUP BY 1)
SELECT k.customer_id, s.*, coalesce(a.open, 0) AS open_of_all {_ASKED} (
WITH RECURSIVE {ENTRIES_OF_ROW}, billed AS (
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
  (SELECT coalesce(greatest(max(o.owed), 0), 0)::bigint FROM owed o WHERE o.currency = billed.currency) AS record
FROM billed) s LEFT JOIN of_all a USING (currency) ORDER BY k.customer_id, s.currency""")  # noqa: S608

Stated = Mapping[UUID, FinancialStatement | None]


async def read(tx: Tx, customer_ids: Collection[UUID], *, today: date) -> Mapping[UUID, Behaviour]:
    """As it stands on the day: payments of 90 days, what is owed now, counts of a year; with what those did that were
    merged into each."""
    asked = list(customer_ids)
    owing: dict[UUID, dict[str, Owing]] = {}
    for one in await tx.rows(_OWING, customer_ids=asked, today=today):
        owing.setdefault(one["customer_id"], {})[one["currency"]] = Owing(
            one["open"], one["overdue"], one["exposure"], one["billed"])
    records = await conduct.payment_records(tx, asked)
    return {row["customer_id"]: Behaviour(
        records.get(row["customer_id"], {}), Lately(row["longest"], row["mean_30"], row["mean_90"]),
        owing.get(row["customer_id"], {}), row["oldest_overdue_on"], row["first_billed_on"], row["broken_promises"],
        row["returned_payments"], row["disputes_lost"])
        for row in await tx.rows(_SEEN, customer_ids=asked, today=today)}


async def trades(tx: Tx, stated: Stated, *, today: date) -> Mapping[UUID, Mapping[str, Trade]]:
    """Of each of these customers, with its last statement or None: by currency billed in the last year, in the order of
    its code."""
    found: dict[UUID, dict[str, Trade]] = {one: {} for one in stated}
    for row in await tx.rows(_TRADES, customer_ids=list(stated), today=today):
        found[row["customer_id"]][row["currency"]] = _trade(row, stated[row["customer_id"]], today)
    return found


def _trade(row: Any, statement: FinancialStatement | None, today: date) -> Trade:
    currency, stated = row["currency"], None
    if statement is not None and statement.currency == row["currency"]:
        stated = statement
    return Trade(
        Money(row["billed"], currency), days_between(row["since"], today) + 1, row["due_days"], row["delay_days"],
        Money(row["record"], currency), None if stated is None else stated.tangible_net_worth,
        None if stated is None else Money(stated.figures.existing_lines, currency), Money(row["open_of_all"], currency))
