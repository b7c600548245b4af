"""The number of each open customer in each dimension of classification, from what was heard of all its entries."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import text

from customer_svc.domain.classification import ClassificationRule, Dimension
from customer_svc.domain.payment_record import GRACE_DAYS, PaymentRecord
from customer_svc.store.merged_entries import GOES_ON
from dunlin_kernel.currencies import exponent_of
from dunlin_kit.tenants import Tenant
from dunlin_kit.transaction import Transaction

_OPEN: Any = text("SELECT id FROM customer WHERE status <> 'closed' ORDER BY id")
_TURNOVER: Any = text(f"""
WITH RECURSIVE {GOES_ON}
SELECT coalesce(g.into_id, m.customer_id) AS customer_id, sum(m.billed)::bigint AS billed, sum(m.cash)::bigint AS cash
FROM heard_month m LEFT JOIN goes_on g ON g.customer_id = m.customer_id
WHERE m.currency = :currency AND m.month >= :since AND m.month <= :until GROUP BY 1""")  # noqa: S608
_RECORD: Any = text(f"""
WITH RECURSIVE {GOES_ON}
SELECT customer_id, count(*) FILTER (WHERE counted) AS items, count(*) FILTER (WHERE counted AND late) AS late,
  coalesce(max(today - due_on) FILTER (WHERE open > 0), 0) AS oldest
FROM (
  SELECT coalesce(g.into_id, i.customer_id) AS customer_id, i.due_on, i.open, t.today,
    i.open = 0 OR i.due_on + t.grace < t.today AS counted,
    coalesce(i.settled_on, t.today) > i.due_on + t.grace AS late
  FROM heard_item i LEFT JOIN goes_on g ON g.customer_id = i.customer_id
  CROSS JOIN (SELECT CAST(:day AS date) AS today, CAST(:grace AS integer) AS grace) t
  WHERE i.open > 0 OR (i.settled_on IS NOT NULL AND i.due_on >= :since)) judged GROUP BY customer_id""")  # noqa: S608
_FIRST: Any = text(f"""
WITH RECURSIVE {GOES_ON}
SELECT coalesce(g.into_id, m.customer_id) AS customer_id, min(m.month) AS first
FROM heard_month m LEFT JOIN goes_on g ON g.customer_id = m.customer_id WHERE m.invoices > 0 GROUP BY 1""")  # noqa: S608


async def numbers(tx: Transaction, rule: ClassificationRule, tenant: Tenant) -> Mapping[UUID, int | None]:
    """By customer that is not closed; None where there is nothing to go by. Amounts are those in the base currency."""
    customers = [row["id"] for row in await tx.rows(_OPEN)]
    since = months_before(tenant.today, rule.window_months)
    found = await _found(tx, rule.dimension, tenant, since)
    return {one: found.get(one) for one in customers}


def months_before(day: date, months: int) -> date:
    """The first day of the month so many months earlier."""
    index = day.year * 12 + day.month - 1 - months
    return date(index // 12, index % 12 + 1, 1)


async def _found(tx: Transaction, dimension: Dimension, tenant: Tenant, since: date) -> dict[UUID, int | None]:
    if dimension is Dimension.PAYMENT_BEHAVIOUR:
        rows = await tx.rows(_RECORD, day=tenant.today, since=since, grace=GRACE_DAYS)
        return {row["customer_id"]: PaymentRecord(row["items"], row["late"], row["oldest"]).late_bps for row in rows}
    if dimension is Dimension.TYPE:
        return {row["customer_id"]: _months_between(row["first"], tenant.today) for row in await tx.rows(_FIRST)}
    rows = await tx.rows(_TURNOVER, currency=tenant.currency, since=since, until=tenant.today)
    if dimension is Dimension.ABC:
        return _shares_before({row["customer_id"]: row["billed"] for row in rows if row["billed"] > 0})
    column = "billed" if dimension is Dimension.SIZE else "cash"
    return {row["customer_id"]: row[column] // 10 ** exponent_of(tenant.currency) for row in rows}


def _shares_before(billed: Mapping[UUID, int]) -> dict[UUID, int | None]:
    """The share of turnover of all larger customers, in basis points: 0 for the largest."""
    total, before, shares = sum(billed.values()), 0, {}
    for customer_id, amount in sorted(billed.items(), key=lambda one: (-one[1], one[0])):
        shares[customer_id] = before * 10_000 // total
        before += amount
    return dict(shares)


def _months_between(first: date, day: date) -> int:
    return (day.year - first.year) * 12 + day.month - first.month
