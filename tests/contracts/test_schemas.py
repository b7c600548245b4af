"""What every database of a service must have: forced row-level security, rights that fit, no drift."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from alembic import command
from filled_tables import fill, loosened

from dunlin_kernel.ids import NIL
from dunlin_kit.lock_order import order_of, written_of
from dunlin_kit.lock_watch import ADVISORY
from dunlin_kit.migrating import ROLES, config_of
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

ROLES_HAVE = """
SELECT rolname, rolsuper, rolbypassrls, (SELECT count(*) FROM pg_auth_members m WHERE m.member = r.oid) AS members
FROM pg_roles r WHERE rolname = ANY ($1::text[])"""
POLICIES = """
SELECT p.polname AS name,
       (pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)) = ('true', 'true') AS sees,
       (SELECT array_agg(r.rolname::text ORDER BY r.rolname) FROM pg_roles r WHERE r.oid = ANY (polroles)) AS roles
FROM pg_policy p WHERE p.polrelid = $1::regclass"""
CHANGED_BY = """
SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace
AND (has_any_column_privilege($1, oid, 'UPDATE') OR has_table_privilege($1, oid, 'DELETE'))"""
TENANTS = UUID(int=1), UUID(int=2)


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


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


async def test_every_table_whose_rows_requests_may_change_has_its_place_among_the_locks(
    schema: tuple[str, DatabaseUrls],
) -> None:
    """All others take new rows only; event streams come last of all, and nobody changes those of the outbox."""
    service, urls = schema
    order = [name for name in order_of(f"/dunlin/{service}") if name != ADVISORY]
    placed = [*order, *written_of(f"/dunlin/{service}"), "event_stream"]
    async with connected(urls.owner) as owner:
        changed = {row["relname"] for row in await owner.fetch(CHANGED_BY, f"{service}_app")}
    assert sorted(placed) == sorted(changed)


async def test_each_role_sees_the_rows_that_are_its_to_see(schema: tuple[str, DatabaseUrls]) -> None:
    """Rows of two tenants in every table: requests see those of theirs, without a tenant none; the others see all."""
    service, urls = schema
    async with AsyncExitStack() as opened:
        owner, app, ops = [await opened.enter_async_context(connected(url)) for url in (urls.owner, urls.app, urls.ops)]
        tables = [table["name"] for table in await owner.fetch(TABLES, f"{service}_app") if table["of_tenant"]]
        words = await loosened(owner)
        for table in tables:
            for tenant in TENANTS:
                await fill(owner, table, tenant, 1, words)
        seen = "SELECT tenant_id FROM {} ORDER BY tenant_id"
        for table in tables:
            for role in (owner, ops):
                assert [*map(tuple, await role.fetch(seen.format(table)))] == [(one,) for one in TENANTS], table
            assert await app.fetch(seen.format(table)) == [], f"{table} without a tenant"
        for asked in (*TENANTS, NIL):
            await app.execute("SELECT set_config('dunlin.tenant', $1, false)", str(asked))
            for table in tables:
                wanted = [(one,) for one in TENANTS if one == asked]
                assert [*map(tuple, await app.fetch(seen.format(table)))] == wanted, (table, asked)
                await assert_none_is_put(app, table, asked)


async def assert_none_is_put(app: Any, table: str, tenant: UUID) -> None:
    """Requests may not give a row to another tenant, where they may change rows at all."""
    try:
        changed = await app.execute(f"UPDATE {table} SET tenant_id = gen_random_uuid()")
    except asyncpg.InsufficientPrivilegeError:
        return
    assert changed == "UPDATE 0", f"{table} of {tenant} was given away"
    assert tenant == NIL, f"{table} has rows of {tenant} that were not looked at"


async def test_the_roles_have_no_way_round(schema: tuple[str, DatabaseUrls]) -> None:
    """None is above row-level security, and each table has the two policies that it must have, for no other role."""
    service, urls = schema
    async with connected(urls.owner) as owner:
        roles = await owner.fetch(ROLES_HAVE, [f"{service}_{role}" for role in ROLES])
        assert [(row["rolsuper"], row["rolbypassrls"], row["members"]) for row in roles] == [(False, False, 0)] * 3
        for table in await owner.fetch(TABLES, f"{service}_app"):
            found = await owner.fetch(POLICIES, table["name"]) if table["of_tenant"] else []
            assert {row["name"]: (row["roles"], row["sees"]) for row in found} == ({
                "own_tenant": ([f"{service}_app"], False),
                "all_tenants": ([f"{service}_ops", f"{service}_owner"], True)} if table["of_tenant"] else {}), table


async def test_the_migrations_make_what_the_code_declares(schema: tuple[str, DatabaseUrls]) -> None:
    service, urls = schema
    await asyncio.to_thread(command.check, config_of(f"{service}_svc", urls.owner))
