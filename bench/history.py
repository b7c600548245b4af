"""A ledger with a past: open items and settled ones over two years, put into billing-svc's tables by set statements.

What reports and the turn of the day read is as the service itself would have written it: accounts, items, payments,
ledger and journal, recorded on the day on which they took effect. Documents and allocations are left out.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from bench.company import Company, today
from bench.report import progress
from bench.stage import Stage

from billing_svc.usecases.age_accounts import age_accounts
from dunlin_kit.database import Database

_TABLES = ("ledger_entry", "journal_entry", "journal_line", "item", "credit", "account")
_SEEDS = """
CREATE UNLOGGED TABLE seed (customer uuid, issued date, due date, paid date, item uuid, issue_journal uuid, credit uuid,
                            pay_journal uuid, allocation uuid, allocate_journal uuid)"""
_SEED = """
INSERT INTO seed
SELECT customer, issued, due, paid, uuidv7(issued - now()), uuidv7(issued - now()), uuidv7(paid - now()),
       uuidv7(paid - now()), uuidv7(paid - now()), uuidv7(paid - now())
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
_JOURNAL = """
INSERT INTO journal_entry (tenant_id, id, fact_kind, fact_id, customer_id, effective_on, recorded_at)
SELECT $1, id, kind, fact, customer, day, day
FROM (SELECT issue_journal AS id, 'invoice_issued' AS kind, item AS fact, customer, issued AS day FROM seed
      UNION ALL SELECT pay_journal, 'payment_confirmed', credit, customer, paid FROM seed WHERE paid IS NOT NULL
      UNION ALL SELECT allocate_journal, 'credit_allocated', allocation, customer, paid FROM seed
      WHERE paid IS NOT NULL) facts ORDER BY day"""
_LINES = """
INSERT INTO journal_line (tenant_id, journal_entry_id, account, currency, amount)
SELECT $1, id, account, 'CNY', sign * $2::bigint
FROM (SELECT issue_journal AS id, issued AS day, account, sign FROM seed
      CROSS JOIN (VALUES ('receivable_control', 1), ('revenue', -1)) v (account, sign)
      UNION ALL SELECT pay_journal, paid, account, sign FROM seed
      CROSS JOIN (VALUES ('bank', 1), ('customer_credit', -1)) v (account, sign) WHERE paid IS NOT NULL
      UNION ALL SELECT allocate_journal, paid, account, sign FROM seed
      CROSS JOIN (VALUES ('customer_credit', 1), ('receivable_control', -1)) v (account, sign)
      WHERE paid IS NOT NULL) lines ORDER BY day, id"""
_ACCOUNTS = """
UPDATE account a SET open = s.open, entries = s.entries, version = s.entries, turns_on = '2000-01-01'
FROM (SELECT customer, sum($2::bigint) FILTER (WHERE paid IS NULL) AS open,
             count(*) + 3 * count(paid) AS entries FROM seed GROUP BY 1) s
WHERE a.tenant_id = $1 AND a.customer_id = s.customer AND a.currency = 'CNY'"""
_INDEXES = """
SELECT c.conname AS name, i.indrelid::regclass::text AS of, pg_get_constraintdef(c.oid) AS written, c.oid IS NOT NULL
       AS named FROM pg_index i LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid AND c.contype IN ('p', 'u')
WHERE false"""
_INDEXES = """
SELECT i.indexrelid::regclass::text AS name, pg_get_indexdef(i.indexrelid) AS written FROM pg_index i
WHERE i.indrelid::regclass::text = ANY($1) AND NOT i.indisprimary
  AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexrelid)"""


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
    await connection.execute("SET session_replication_role = replica; SET synchronous_commit = off; "
                             "SET maintenance_work_mem = '512MB'; SET work_mem = '256MB'")
    await connection.execute(_SEEDS)
    await connection.execute(_SEED, list(customers), today(), past.open_items, past.settled_items,
                             past.quiet_days)
    indexes = await connection.fetch(_INDEXES, list(_TABLES))
    for index in indexes:
        await connection.execute(f"DROP INDEX {index['name']}")
    for name, statement, values in (
        ("items", _ITEMS, (past.minor, today())), ("payments", _CREDITS, (past.minor,)),
        ("ledger", _ENTRIES, (past.minor,)), ("journal", _JOURNAL, ()), ("its lines", _LINES, (past.minor,)),
        ("accounts", _ACCOUNTS, (past.minor,)),
    ):
        await connection.execute(statement, tenant, *values)
        progress(f"{name} are there")
    for index in indexes:
        await connection.execute(index["written"])
    await connection.execute("DROP TABLE seed; RESET session_replication_role; RESET synchronous_commit; "
                             "RESET maintenance_work_mem; RESET work_mem")
    progress("indexes are there")


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
