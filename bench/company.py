"""Seeds: a company with customers, series and open items, put into a service's tables by set statements.

The rows are those the service itself would have written, ledger and journal included, so that its books stay whole.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg

from billing_svc.domain.kept_ageing import STARTS
from dunlin_kernel.ids import new_id

ZONE = "Asia/Shanghai"
CURRENCY = "CNY"


def today() -> date:
    return datetime.now(ZoneInfo(ZONE)).date()


@dataclass(frozen=True, slots=True)
class Company:
    """A tenant and its customers in one service's database; `connection` is a superuser's."""

    connection: "asyncpg.Connection"
    tenant: UUID
    customers: Sequence[UUID]
    series: Sequence[str]


_CUSTOMERS = """
INSERT INTO customer (tenant_id, customer_id, known, number, name, kind, status, tax_id, region, industry, due_days,
                      end_of_month, external_id)
SELECT $1, id, true, 'C-' || lpad(n::text, 6, '0'), '上海' || n || '贸易有限公司', 'organization', 'active', NULL,
       'CN-SH', 'trade', 30, false, NULL
FROM unnest($2::uuid[]) WITH ORDINALITY c (id, n)"""
ACCOUNTS = """
INSERT INTO account (tenant_id, customer_id, currency, open, disputed, unapplied, entries, version)
SELECT $1, id, 'CNY', 0, 0, 0, 0, 0 FROM unnest($2::uuid[]) c (id)"""
_SERIES = "INSERT INTO number_series SELECT $1, s, 1, NULL FROM unnest($2::text[]) s"
_OPEN_ITEMS = """
WITH wanted AS (
  SELECT c.id AS customer, n, uuidv7() AS invoice, uuidv7() AS item, uuidv7() AS journal,
         $5::date - ((n * $6) % 120)::int AS due, a.entries + n AS position
  FROM unnest($2::uuid[]) c (id) CROSS JOIN generate_series(1, $3) n
  JOIN account a ON a.tenant_id = $1 AND a.customer_id = c.id AND a.currency = 'CNY'),
made AS (SELECT *, least(due, $5) AS issued, 'SEED-' || $7 || '-' || row_number() OVER () AS number FROM wanted),
invoiced AS (
  INSERT INTO invoice (tenant_id, id, customer_id, status, series, number, issued_on, due_on, currency, net, tax,
    total, tax_rounding, final, origin, buyer, seller, labels, delivery_ids, version, created_at, recorded_at)
  SELECT $1, invoice, customer, 'issued', 'SEED', number, issued, due, 'CNY', $4, 0, $4, 'rate',
    false, 'live', '{}', '{}', '{}', '[]', 2, now(), now() FROM made),
items AS (
  INSERT INTO item (tenant_id, id, customer_id, invoice_id, number, kind, instalment, instalments, currency, amount,
    open, disputed, effective_on, raised_on, due_on, standing_due_on, due_version, overdue_told_version, origin,
    recorded_at)
  SELECT $1, item, customer, invoice, number, 'invoice', 1, 1, 'CNY', $4, $4, 0, issued, issued, due, due, 1, 1,
    'live', now() FROM made),
entered AS (
  INSERT INTO ledger_entry (tenant_id, customer_id, currency, position, side, item_id, fact_kind, fact_id, amount,
    effective_on, recorded_at)
  SELECT $1, customer, 'CNY', position, 'receivable', item, 'invoice_issued', invoice, $4, issued, now() FROM made),
journalled AS (
  INSERT INTO journal_entry (tenant_id, id, fact_kind, fact_id, customer_id, effective_on, recorded_at)
  SELECT $1, journal, 'invoice_issued', invoice, customer, issued, now() FROM made),
sides AS (
  INSERT INTO journal_line (tenant_id, journal_entry_id, account, currency, amount)
  SELECT $1, journal, side, 'CNY', amount FROM made CROSS JOIN (VALUES ('receivable_control', $4), ('revenue', -$4))
    v (side, amount))
UPDATE account SET open = open + $3 * $4, entries = entries + $3, version = version + $3
WHERE tenant_id = $1 AND customer_id = ANY($2) AND currency = 'CNY'"""
_AGED = f"""
WITH edge AS (SELECT bucket::int - 1 AS bucket, starts, lead(starts) OVER (ORDER BY starts) AS ends
              FROM unnest('{{-100000,{','.join(map(str, STARTS))}}}'::int[]) WITH ORDINALITY e (starts, bucket)),
aged AS (
  SELECT i.customer_id, e.bucket, sum(i.open) AS open, count(*) AS items, min(i.due_on + e.ends) AS turns_on
  FROM item i JOIN edge e ON $3::date - i.due_on >= e.starts AND ($3::date - i.due_on < e.ends) IS NOT FALSE
  WHERE i.tenant_id = $1 AND i.customer_id = ANY($2) AND i.currency = 'CNY' AND i.open > 0 GROUP BY 1, 2),
kept AS (
  SELECT c.id, min(a.turns_on) AS turns_on, array_agg(coalesce(a.open, 0) ORDER BY e.bucket) AS open,
         array_agg(coalesce(a.items, 0) ORDER BY e.bucket) AS items
  FROM unnest($2::uuid[]) c (id) CROSS JOIN edge e LEFT JOIN aged a ON a.customer_id = c.id AND a.bucket = e.bucket
  GROUP BY 1)
UPDATE account SET aged_on = $3, turns_on = kept.turns_on, aged = kept.open, aged_items = kept.items FROM kept
WHERE tenant_id = $1 AND customer_id = kept.id AND currency = 'CNY'"""


async def founded(url: str, *, customers: int, series: int) -> Company:
    """A new tenant in the database of billing-svc, with accounts at zero."""
    connection = await asyncpg.connect(url)
    company = Company(connection, new_id(), [new_id() for _ in range(customers)],
                      [f"S{number}" for number in range(series)])
    await connection.execute(
        "INSERT INTO tenant (tenant_id, name, currency, zone, sandbox) VALUES ($1, 'Bench', $2, $3, false)",
        company.tenant, CURRENCY, ZONE)
    await connection.execute(_CUSTOMERS, company.tenant, company.customers)
    await connection.execute(ACCOUNTS, company.tenant, company.customers)
    await connection.execute(_SERIES, company.tenant, company.series)
    return company


async def owe(company: Company, customers: Sequence[UUID], items: int, minor: int) -> None:
    """Each of these customers owes so many items more, of one amount each, on different due dates up to today."""
    await company.connection.execute(
        _OPEN_ITEMS, company.tenant, list(customers), items, minor, today(), 7, new_id().hex[-12:])
    await company.connection.execute("ANALYZE item")
    await company.connection.execute(_AGED, company.tenant, list(customers), today())


async def settled_down(connection: "asyncpg.Connection") -> None:
    """Statistics and dead rows as they would be in a database that has run for a while, and a checkpoint behind it."""
    await connection.execute("VACUUM ANALYZE")
    await connection.execute("CHECKPOINT")
