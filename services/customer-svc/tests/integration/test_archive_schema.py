"""The migrations make what the tables say, and every table of a tenant is under forced row-level security."""

from typing import Any
from uuid import UUID

import asyncpg
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from customer_svc.jobs.import_customers import import_customers
from customer_svc.store import library_tables, tables
from customer_svc.store.rows import Row
from customer_svc.usecases.import_customers import IMPORT_CUSTOMERS
from dunlin_kit.grown_tables import LAST, growing_read_whole, grown, read_whole, statements_sent
from dunlin_kit.testing import work_off

TABLES_OF_TENANTS = {
    "absence", "address", "classification_rule", "contact", "customer", "customer_change", "customer_class",
    "customer_group", "customer_import_row", "customer_number_series", "interaction",
    "heard_account", "heard_ageing_policy", "heard_alert", "heard_case", "heard_claim", "heard_credit",
    "heard_credit_policy", "heard_grade", "heard_hold", "heard_item", "heard_month",
    "heard_promise", "heard_reminder",
    "idempotency_key", "job", "operation", "staff", "tenant"}


async def test_the_schema_is_what_the_tables_say(service: Any) -> None:
    def differences(connection: Connection) -> list[Any]:
        found: list[Any] = compare_metadata(MigrationContext.configure(connection), Row.metadata)
        return found

    assert tables.CustomerRow.__table__ in Row.metadata.sorted_tables
    assert library_tables.TenantRow.__table__ in Row.metadata.sorted_tables
    engine = create_async_engine(service.urls.owner.replace("postgresql://", "postgresql+asyncpg://"))
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await engine.dispose()


async def test_row_level_security_is_forced_on_every_table_of_a_tenant(service: Any) -> None:
    connection = await asyncpg.connect(service.urls.owner)
    try:
        rows = await connection.fetch(
            "SELECT c.relname, c.relforcerowsecurity AND c.relrowsecurity AS forced, "
            "array_agg(p.polname::text ORDER BY p.polname) AS policies "
            "FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' "
            "LEFT JOIN pg_policy p ON p.polrelid = c.oid WHERE c.relkind = 'r' GROUP BY 1, 2")
    finally:
        await connection.close()
    assert {row["relname"] for row in rows} == TABLES_OF_TENANTS
    assert all(row["forced"] and row["policies"] == ["all_tenants", "own_tenant"] for row in rows)


async def test_the_search_can_be_served_by_its_index(archive: Any) -> None:
    await archive.post("/customer/v1/customers:import", {"rows": [
        {"line": n, "external_id": f"X-{n}", "name": f"{chr(0x4E00 + n)}{chr(0x5E00 + n)}贸易", "due_days": 1}
        for n in range(1, 1001)]})
    await work_off(archive.running, archive.tenant, {IMPORT_CUSTOMERS: import_customers})
    connection = await asyncpg.connect(archive.running.urls.owner)
    try:
        await connection.execute("SET enable_seqscan = off")
        plan = await connection.fetch("EXPLAIN SELECT id FROM customer WHERE name_grams @> ARRAY['\u4e07\u5e07']")
    finally:
        await connection.close()
    assert any("ix_customer_name_grams" in row[0] for row in plan)


OF = "WHERE id = $1"
RETYPED = "UPDATE outbox_event SET type = replace(type, '{}', '{}') WHERE stream LIKE '%' || $1::uuid AND type ~ '{}'"
UNTOLD = (
    (f"UPDATE customer SET region = 'CN-SH' {OF}", f"UPDATE customer SET region = NULL {OF}", "CustomerUpdated"),
    (f"UPDATE customer SET status = 'closed' {OF}", f"UPDATE customer SET status = 'active' {OF}", "CustomerUpdated"),
    (RETYPED.format("Activated", "Updated", "Activated"), RETYPED.format("Updated", "Activated", "Updated"),
     "CustomerActivated"),
)


async def test_a_change_that_was_not_told_is_a_violation(archive: Any) -> None:
    customer = await archive.register()
    assert (await archive.post(f"/customer/v1/customers/{customer['id']}:activate")).status_code == 200
    connection = await asyncpg.connect(archive.running.urls.ops)
    try:
        for done, undone, fact in UNTOLD:
            assert await connection.execute(done, UUID(customer["id"])) == "UPDATE 1"
            checks = (await archive.get("/customer/v1/integrity")).json()["checks"]
            (told,) = [one["violations"] for one in checks if one["id"] == "I6"]
            assert [said.split(", ")[0] for said in told] == [f"fact={fact}"], done
            assert await connection.execute(undone, UUID(customer["id"])) == "UPDATE 1"
    finally:
        await connection.close()


async def test_an_entry_and_a_look_before_a_reminder_read_no_growing_table_whole(archive: Any, postgres: str) -> None:
    small = {"tenant", "alembic_version", "relay_state"}
    one = (await archive.register())["id"]
    with statements_sent() as sent:
        assert (await archive.post(f"/customer/v1/customers/{one}:activate")).status_code == 200
        added = await archive.post(f"/customer/v1/customers/{one}/contacts", {"name": "Li", "language": "en"})
        assert added.status_code == 201
        looked = await archive.get("/customer/v1/customers:addressing", purpose="dunning", customer_id=[one])
        assert looked.status_code == 200
    async with grown(postgres, "customer", small) as connection:
        assert await read_whole(connection, "SELECT FROM contact WHERE version = 1") == ["contact"]
        assert len([text for text in set(sent) if LAST in text]) == 2
        assert not await growing_read_whole(connection, set(sent), small)
