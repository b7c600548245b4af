"""What every database of a service must have: forced row-level security, rights that fit, no drift."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest
from alembic import command

from dunlin_kit.migrating import config_of
from dunlin_kit.testing import DatabaseUrls, migrated

SERVICES = ("customer", "billing", "credit", "notify")
WITHOUT_TENANT = {
    "alembic_version", "event_stream", "outbox_event", "relay_state", "relay_era", "watermark", "parked_event"}

TABLES = """
SELECT c.relname AS name, c.relrowsecurity AND c.relforcerowsecurity AS forced,
       EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id') AS of_tenant,
       (SELECT array_agg(p.polname || ': ' || pg_get_expr(p.polqual, p.polrelid) || ' / '
                         || coalesce(pg_get_expr(p.polwithcheck, p.polrelid), '-') ORDER BY p.polname)
        FROM pg_policy p WHERE p.polrelid = c.oid
          AND (SELECT oid FROM pg_roles WHERE rolname = $1) = ANY (p.polroles)) AS policies,
       pg_get_userbyid(c.relowner) AS owner
FROM pg_class c WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace ORDER BY c.relname"""
FIRST_KEY_COLUMN = """
SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
WHERE i.indisprimary AND i.indrelid = $1::regclass"""


@pytest.fixture(params=SERVICES)
async def schema(request: pytest.FixtureRequest, postgres: str) -> AsyncIterator[tuple[str, DatabaseUrls]]:
    async with migrated(postgres, request.param) as urls:
        yield request.param, urls


async def test_every_table_of_a_tenant_forces_row_level_security(schema: tuple[str, DatabaseUrls]) -> None:
    service, urls = schema
    connection = await asyncpg.connect(urls.owner)
    try:
        tables = await connection.fetch(TABLES, f"{service}_app")
        assert {table["name"] for table in tables if not table["of_tenant"]} == WITHOUT_TENANT
        for table in tables:
            assert table["owner"] == f"{service}_owner", table["name"]
            if table["of_tenant"]:
                assert table["forced"], f"{table['name']} does not force row-level security"
                assert len(table["policies"]) == 1, f"{table['name']} wants one policy for requests"
                using, _, check = table["policies"][0].partition(" / ")
                assert "current_setting('dunlin.tenant'::text, true)" in using, table["name"]
                assert using.endswith(check) or check in using, f"{table['name']}: what is written must be what is seen"
                assert await connection.fetchval(FIRST_KEY_COLUMN, table["name"]) == "tenant_id", table["name"]
    finally:
        await connection.close()


async def test_requests_may_not_read_the_outbox_nor_change_it(schema: tuple[str, DatabaseUrls]) -> None:
    _, urls = schema
    connection = await asyncpg.connect(urls.app)
    try:
        for forbidden in (
            "SELECT 1 FROM outbox_event", "UPDATE outbox_event SET payload = ''", "DELETE FROM outbox_event",
            "TRUNCATE outbox_event", "SELECT 1 FROM relay_state",
            "SELECT 1 FROM relay_era", "CREATE TABLE mine (id int)",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(forbidden)
    finally:
        await connection.close()


async def test_without_a_tenant_nothing_is_seen(schema: tuple[str, DatabaseUrls]) -> None:
    service, urls = schema
    owner, app = await asyncpg.connect(urls.owner), await asyncpg.connect(urls.app)
    try:
        for table in await owner.fetch(TABLES, f"{service}_app"):
            if table["of_tenant"]:
                assert await app.fetch(f'SELECT * FROM "{table["name"]}"') == []
    finally:
        await owner.close()
        await app.close()


async def test_the_migrations_make_what_the_code_declares(schema: tuple[str, DatabaseUrls]) -> None:
    service, urls = schema
    await asyncio.to_thread(command.check, config_of(f"{service}_svc", urls.owner))
