"""The plans of ageing, the day's turn and later pages under row-level security: nothing that grows is read whole."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy.dialects.postgresql import asyncpg as asyncpg_sql

from billing_svc.domain.ageing import AgeingBasis
from billing_svc.domain.kept_ageing import STARTS
from billing_svc.store import account_turns, invoice_days, overdue
from billing_svc.store.ageing_statements import DEBTORS, Form, report_of
from billing_svc.store.document_lists import statement_of
from dunlin_kernel.ids import new_id
from dunlin_kit.testing import migrated

TODAY = date(2026, 6, 30)
GROWING = ("item", "ledger_entry", "journal_entry", "journal_line", "credit", "payment_reversal", "customer")
FILL = (
    "INSERT INTO tenant (tenant_id, name, currency, zone, sandbox) VALUES ($1, 'T', 'CNY', 'UTC', false)",
    """INSERT INTO customer (tenant_id, customer_id, known, number)
    SELECT $1, c, true, 'C' FROM unnest($2::uuid[]) c""",
    """INSERT INTO account (tenant_id, customer_id, currency, open, disputed, unapplied, entries, version, turns_on)
    SELECT $1, c, 'CNY', 1000, 0, 0, 310, 310, DATE '2026-07-01' FROM unnest($2::uuid[]) c""",
    """INSERT INTO item (tenant_id, id, customer_id, kind, number, instalment, instalments, currency, amount,
      open, disputed, effective_on, raised_on, due_on, standing_due_on, due_version, overdue_told_version, origin,
      recorded_at)
    SELECT $1, uuidv7(), c, 'fee', 'F', 1, 1, 'CNY', 100, CASE WHEN n <= 10 THEN 100 ELSE 0 END, 0, day, day, day + 30,
      day + 30, 1, 1, 'live', day FROM unnest($2::uuid[]) c, generate_series(1, 110) n,
      LATERAL (SELECT DATE '2026-06-30' - n * 6 AS day) d""",
    """INSERT INTO credit (tenant_id, id, customer_id, kind, state, method, currency, amount, unapplied, received_on,
      business_on, effective_on, raised_on, unmatched, origin, actor, labels, version, recorded_at)
    SELECT $1, uuidv7(), customer_id, 'payment', 'confirmed', 'cash', 'CNY', 100, 0, due_on, due_on, due_on, due_on,
      '[]', 'live', 'a', '{}', 1, due_on FROM item WHERE tenant_id = $1 AND open = 0 AND $2::uuid[] IS NOT NULL""",
    """INSERT INTO ledger_entry (tenant_id, customer_id, currency, position, side, item_id, credit_id, fact_kind,
      fact_id, amount, effective_on, recorded_at)
    SELECT $1, customer_id, 'CNY', row_number() OVER (PARTITION BY customer_id ORDER BY day), side, item, credit, kind,
      uuidv7(), amount, day, day FROM (
        SELECT customer_id, 'receivable' AS side, id AS item, NULL::uuid AS credit, 'fee_charged' AS kind,
               100 AS amount, effective_on AS day FROM item WHERE tenant_id = $1 AND $2::uuid[] IS NOT NULL
        UNION ALL SELECT customer_id, 'receivable', id, NULL, 'credit_allocated', -100, due_on FROM item
        WHERE tenant_id = $1 AND open = 0
        UNION ALL SELECT customer_id, 'credit', NULL, id, 'payment_confirmed', 100, received_on FROM credit
        WHERE tenant_id = $1) e""")


@pytest.fixture(scope="module")
async def filled(postgres: str) -> AsyncIterator[tuple[Any, UUID, list[UUID]]]:
    """The app's own connection to a ledger with a past, under its tenant; and the customers."""
    tenant, customers = new_id(), [new_id() for _ in range(100)]
    async with migrated(postgres, "billing") as urls:
        owner = await asyncpg.connect(urls.owner)
        for statement in FILL:
            await owner.execute(statement, tenant, *([customers] if "$2" in statement else []))
        await owner.execute("VACUUM ANALYZE")
        await owner.close()
        app = await asyncpg.connect(urls.app)
        await app.execute(f"SET dunlin.tenant = '{tenant}'; SET plan_cache_mode = force_custom_plan")
        yield app, tenant, customers
        await app.close()


async def _plan(app: Any, statement: Any, **values: object) -> str:
    built = statement.compile(dialect=asyncpg_sql.dialect())  # type: ignore[no-untyped-call]
    rows = await app.fetch(
        f"EXPLAIN {built.string}", *(values.get(name, built.binds[name].value) for name in built.positiontup))
    return "\n".join(row[0] for row in rows)


def _read_whole(plan: str) -> set[str]:
    return set(re.findall(r"Seq Scan on (\w+)", plan)) & set(GROWING)


@pytest.mark.parametrize("filters", [(), ("customer_id",), ("currency",)])
@pytest.mark.parametrize(("basis", "known"), [
    (None, False), (AgeingBasis.DUE_DATE, False), (AgeingBasis.DUE_DATE, True), (AgeingBasis.INVOICE_DATE, False)])
async def test_a_report_reads_what_is_open_and_what_moved_since(
    filled: Any, basis: AgeingBasis | None, known: bool, filters: tuple[str, ...],
) -> None:
    app, _, customers = filled
    as_of = TODAY if basis is None else TODAY - timedelta(days=10)
    plan = await _plan(
        app, report_of(Form(STARTS, basis, known, filters, "overdue", False)), as_of=as_of, wanted=51,
        known_at=datetime(2026, 6, 22, tzinfo=UTC), customer_id=customers[0], currency="CNY")
    assert not _read_whole(plan), plan


async def test_the_last_payment_of_a_page_is_found_from_the_newest(filled: Any) -> None:
    app, _, customers = filled
    await app.execute("SET enable_seqscan = off")
    plan = await _plan(app, DEBTORS, ids=customers[:50], as_of=TODAY, known_at=datetime(2026, 6, 30, tzinfo=UTC))
    await app.execute("RESET enable_seqscan")
    assert "ix_credit_paid" in plan and not _read_whole(plan), plan


async def test_the_turn_finds_by_index_what_it_moves(filled: Any) -> None:
    app, _, customers = filled
    named = {"customer_ids": customers[:50], "currencies": ["CNY"] * 50, "day": TODAY, "today": TODAY}
    await app.execute("SET enable_seqscan = off")
    plans = {name: await _plan(app, statement, **named, most=200, items=10_000, ids=customers)
             for name, statement in (("turning", account_turns.TURNING), ("free", account_turns.FREE),
                                     ("age", account_turns.AGE), ("fallen", overdue.FALLEN), ("again", overdue.AGAIN))}
    await app.execute("RESET enable_seqscan")
    assert "ix_account_turns" in plans["turning"] and "ix_item_untold" in plans["fallen"], plans
    assert "ix_item_open_by_customer" in plans["age"], plans["age"]
    for plan in plans.values():
        assert "Seq Scan" not in plan, plan


@pytest.mark.parametrize(("name", "sort"), [
    ("invoices", "due_on"), ("invoices", "-due_on"), ("payments", "received_on"), ("payments", "-received_on")])
async def test_a_later_page_begins_in_the_index_where_its_cursor_stands(filled: Any, name: str, sort: str) -> None:
    app, _, _ = filled
    await app.execute("SET enable_seqscan = off; SET enable_sort = off")
    plan = await _plan(app, statement_of(name, frozenset(), sort, True), after_at=TODAY, after_id=new_id(), wanted=51)
    await app.execute("RESET enable_seqscan; RESET enable_sort")
    assert re.search(r"Index Cond: .*ROW\(", plan), plan


@pytest.mark.parametrize("goes_on", [False, True])
@pytest.mark.parametrize("sort", ["created", "-created"])
async def test_what_is_due_in_a_range_is_found_day_by_day_in_the_order_in_which_it_was_made(
    filled: Any, sort: str, goes_on: bool,
) -> None:
    app, _, _ = filled
    await app.execute("SET enable_seqscan = off")
    days = await _plan(app, invoice_days.DAYS, due_from=TODAY, due_to=TODAY, most=99)
    page = await _plan(app, statement_of("invoices", frozenset({"days"}), sort, goes_on), days=[TODAY] * 30, wanted=51,
                       after_at=new_id(), after_id=new_id())
    await app.execute("RESET enable_seqscan")
    assert "ix_invoice_due" in days and "Sort" not in days and not _read_whole(days), days
    assert re.search(r"ix_invoice_due on invoice.*\n +Index Cond: .*= d.due", page) and not _read_whole(page), page


@pytest.mark.parametrize("sort", ["due_on", "-due_on"])
async def test_a_page_of_what_is_owed_begins_in_the_index_of_open_items(filled: Any, sort: str) -> None:
    app, _, _ = filled
    for filters in ((), ("currency",), ("due_to",)):
        plan = await _plan(app, statement_of("open_items", frozenset(filters), sort, False), wanted=51, currency="CNY",
                           due_to=TODAY)
        assert "ix_item_open_by_due" in plan and "Sort" not in plan and not _read_whole(plan), plan


@pytest.mark.parametrize("goes_on", [False, True])
@pytest.mark.parametrize("sort", ["due_on", "-due_on", "created", "-created"])
async def test_drafts_are_found_in_any_order_without_passing_what_is_issued(
    filled: Any, sort: str, goes_on: bool,
) -> None:
    app, _, _ = filled
    await app.execute("SET enable_seqscan = off; SET enable_sort = off; SET enable_bitmapscan = off")
    plan = await _plan(app, statement_of("invoices", frozenset({"status"}), sort, goes_on), status="draft", wanted=51,
                       after_at=TODAY if "due" in sort else new_id(), after_id=new_id())
    await app.execute("RESET enable_seqscan; RESET enable_sort; RESET enable_bitmapscan")
    assert "on invoice" in plan and "Sort" not in plan, plan
    assert re.search(r"ix_invoice_not_issued\w* on invoice.*\n +Index Cond: .*status = 'draft'", plan), plan
