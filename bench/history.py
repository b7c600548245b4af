"""A ledger with a past: open items and settled ones over two years, put into billing-svc's tables by set statements.

What ageing and the turn of the day read is as the service itself would have written it: accounts, items, payments and
ledger, recorded on the day on which they took effect. Documents, allocations and the journal are left out.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from bench.company import Company, today
from bench.filling import filling
from bench.report import progress
from bench.stage import Stage

from billing_svc.usecases.age_accounts import age_accounts
from dunlin_kit.database import Database

_TABLES = ("ledger_entry", "item", "credit", "account")
_SEEDS = """
CREATE UNLOGGED TABLE seed (customer uuid, issued date, due date, paid date, item uuid, credit uuid,
                            allocation uuid)"""
_SEED = """
INSERT INTO seed
SELECT customer, issued, due, paid, uuidv7(issued - now()), uuidv7(paid - now()), uuidv7(paid - now())
FROM (
  SELECT c.id AS customer, $2::date - ((k * 7 + n * 11) % 150)::int AS issued,
         $2::date + 30 - ((k * 7 + n * 11) % 150)::int AS due, NULL::date AS paid
  FROM unnest($1::uuid[]) WITH ORDINALITY c (id, k) CROSS JOIN generate_series(1, $3::int) n
  UNION ALL
  SELECT customer, issued, issued + 30, issued + 20 + (n % 30)::int FROM (
    SELECT c.id AS customer, n, $2::date - 50 - $5::int - ((k * 13 + n * 17) % 680)::int AS issued
    FROM unnest($1::uuid[]) WITH ORDINALITY c (id, k) CROSS JOIN generate_series(1, $4::int) n) settled) days
ORDER BY issued"""
_ITEMS = """
INSERT INTO item (tenant_id, id, customer_id, invoice_id, kind, number, instalment, instalments, currency, amount, open,
  disputed, effective_on, raised_on, due_on, standing_due_on, due_version, overdue_told_version, origin, recorded_at)
SELECT $1, item, customer, item, 'invoice', 'SEED', 1, 1, 'CNY', $2::bigint,
       CASE WHEN paid IS NULL THEN $2::bigint ELSE 0 END, 0, issued, issued, due, due, 1,
       CASE WHEN due < $3::date - 1 THEN 1 ELSE 0 END, 'live', issued FROM seed"""
_CREDITS = """
INSERT INTO credit (tenant_id, id, customer_id, kind, state, method, currency, amount, unapplied, received_on,
  business_on, effective_on, raised_on, unmatched, origin, actor, labels, version, recorded_at)
SELECT $1, credit, customer, 'payment', 'confirmed', 'bank_transfer', 'CNY', $2::bigint, 0, paid, paid, paid, paid,
       '[]', 'live', 'seed', '{}', 1, paid FROM seed WHERE paid IS NOT NULL"""
_ENTRIES = """
INSERT INTO ledger_entry (tenant_id, customer_id, currency, position, side, item_id, credit_id, fact_kind, fact_id,
  amount, effective_on, recorded_at)
SELECT $1, customer, 'CNY', row_number() OVER (PARTITION BY customer), side, item, credit, kind, fact, amount, day, day
FROM (SELECT customer, 'receivable' AS side, item, NULL::uuid AS credit, 'invoice_issued' AS kind, item AS fact,
             $2::bigint AS amount, issued AS day FROM seed
      UNION ALL SELECT customer, 'credit', NULL, credit, 'payment_confirmed', credit, $2::bigint, paid FROM seed
      WHERE paid IS NOT NULL
      UNION ALL SELECT customer, 'receivable', item, NULL, 'credit_allocated', allocation, -$2::bigint, paid FROM seed
      WHERE paid IS NOT NULL
      UNION ALL SELECT customer, 'credit', NULL, credit, 'credit_allocated', allocation, -$2::bigint, paid FROM seed
      WHERE paid IS NOT NULL) entries ORDER BY day"""
_ACCOUNTS = """
UPDATE account a SET open = coalesce(s.open, 0), entries = s.entries, version = s.entries, turns_on = '2000-01-01'
FROM (SELECT customer, sum($2::bigint) FILTER (WHERE paid IS NULL) AS open,
             count(*) + 3 * count(paid) AS entries FROM seed GROUP BY 1) s
WHERE a.tenant_id = $1 AND a.customer_id = s.customer AND a.currency = 'CNY'"""


@dataclass(frozen=True, slots=True)
class Past:
    """How much there is for each customer of a company, each item of one amount.

    What is settled was paid at least `quiet_days` ago.
    """

    open_items: int
    settled_items: int
    quiet_days: int = 0
    minor: int = 100_00


async def lived(company: Company, customers: Sequence[UUID], past: Past) -> None:
    """Give new customers a past; what accounts keep by age is left to be reckoned, as after a night without a turn."""
    connection, tenant = company.connection, company.tenant
    await connection.execute(_SEEDS)
    await connection.execute(_SEED, list(customers), today(), past.open_items, past.settled_items,
                             past.quiet_days)
    async with filling(connection, _TABLES):
        for name, statement, values in (
            ("items", _ITEMS, (past.minor, today())), ("payments", _CREDITS, (past.minor,)),
            ("ledger", _ENTRIES, (past.minor,)), ("accounts", _ACCOUNTS, (past.minor,)),
        ):
            await connection.execute(statement, tenant, *values)
            progress(f"{name} are there")
    await connection.execute("DROP TABLE seed")


async def grown(company: Company, growth: int) -> None:
    """With a growth above 1 so many settled invoices behind each customer, and a thousand times as many behind one."""
    if growth > 1:
        await lived(company, company.customers[1:], Past(0, growth))
        await lived(company, company.customers[:1], Past(0, growth * 1000))


async def aged(stage: Stage, company: Company) -> list[float]:
    """Let the accounts of a company be aged as the turn of the day does; seconds of each slice."""
    database = Database(stage.databases.url("billing", "app"), source="/dunlin/billing", pool_size=1)
    slices: list[float] = []
    more = True
    while more:
        began = time.perf_counter()
        more = await database.transact(company.tenant, partial(age_accounts, most=200))
        slices.append(time.perf_counter() - began)
    await database.close()
    return slices
