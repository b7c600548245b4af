"""The functions of the pull feed: there after every migration, for the service's own roles, one tenant at a time."""

import asyncio

import asyncpg
import pytest

from dunlin_kit.migrating import migrate
from dunlin_kit.testing import migrated
from dunlin_local.databases import SERVICES

READ = (
    "SELECT count(*) FROM event_feed('1:1:', (SELECT seen FROM event_feed_head()), 0, NULL, 10) "
    "WHERE stream IS NOT NULL")
TENANT = "00000000-0000-7000-8000-000000000001"


@pytest.mark.parametrize("service", SERVICES)
async def test_a_migration_brings_them_up_to_the_code(postgres: str, service: str) -> None:
    async with migrated(postgres, service) as urls:
        owner = await asyncpg.connect(urls.owner)
        await owner.execute("DROP FUNCTION event_feed_head")
        await asyncio.to_thread(migrate, f"{service}_svc", urls.owner)
        await asyncio.to_thread(migrate, f"{service}_svc", urls.owner)
        roles = await owner.fetch(
            "SELECT DISTINCT grantee FROM information_schema.routine_privileges "
            "WHERE routine_name IN ('event_feed', 'event_feed_head')")
        await owner.close()
        assert {row["grantee"] for row in roles} == {f"{service}_{role}" for role in ("owner", "app", "ops")}


async def test_a_request_sees_its_tenant_through_them_and_nothing_beside_them(postgres: str) -> None:
    async with migrated(postgres, "billing") as urls:
        app = await asyncpg.connect(urls.app)
        await app.execute(
            "INSERT INTO outbox_event (event_id, stream, era, seq, type, headers, payload) "
            "VALUES (gen_random_uuid(), $1, 1, 1, 't', '{}', '{}')", f"{TENANT}:")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await app.fetch("SELECT * FROM outbox_event")
        assert await app.fetchval(READ) == 0
        for tenant, facts in ((TENANT, 1), (f"{TENANT[:-1]}2", 0), ("", 0)):
            await app.execute("SELECT set_config('dunlin.tenant', $1, false)", tenant)
            assert await app.fetchval(READ) == facts, tenant
        await app.close()
