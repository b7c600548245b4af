"""Staff of a database from before they were told of are told of by the upgrade, as they stand."""

import asyncio
import json
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import asyncpg
from alembic import command

from customer_svc.jobs.tell_staff import tell_staff
from customer_svc.store.integrity import CHECKS
from customer_svc.usecases.tell_staff import TELL_STAFF
from dunlin_kernel.ids import new_id
from dunlin_kit.database import Database
from dunlin_kit.jobs import JobRunner
from dunlin_kit.migrating import config_of, create_database, migrate, restrict
from dunlin_kit.testing import DatabaseUrls
from dunlin_kit.transaction import Transaction

BEFORE, NOON = "0021", datetime(2026, 3, 2, 4, tzinfo=UTC)
STAFF = """
WITH t AS (INSERT INTO tenant (tenant_id, name, currency, zone, sandbox, clock_at)
           VALUES ($1, 'Co', 'CNY', 'Asia/Shanghai', true, $2))
INSERT INTO staff (tenant_id, id, code, name, language, deputy_id, active, version) VALUES
  ($1, $3, 'S-1', 'Han', 'en', NULL, true, 1), ($1, $4, 'S-2', 'Li', 'zh', $3, false, 3)"""
AWAY = "INSERT INTO absence (tenant_id, id, staff_id, from_on, until_on) VALUES ($1, $2, $3, $4, $5)"
TOLD = "SELECT convert_from(payload, 'UTF8') AS said FROM outbox_event ORDER BY id"


async def test_an_upgrade_tells_of_staff_that_were_there_before(service: Any, postgres: str) -> None:
    name = f"customer_{new_id().hex[-20:]}"
    urls = DatabaseUrls.of(postgres, "customer", name)
    admin = await asyncpg.connect(postgres)
    await create_database(admin, name, "customer_owner")
    await restrict(admin, "customer", name)
    try:
        await asyncio.to_thread(command.upgrade, config_of("customer_svc", urls.owner), BEFORE)
        await _entered(urls, tenant := new_id(), han := new_id(), li := new_id())
        await asyncio.to_thread(migrate, "customer_svc", urls.owner)
        assert await _broken(urls, tenant) == ["I6"]
        await _worked(urls)
        assert await _told(urls) == [
            {"staff_id": str(han), "code": "S-1", "deputy_id": None, "active": True, "absences": [
                {"from_on": "2026-03-01", "until_on": "2026-03-02"}]},
            {"staff_id": str(li), "code": "S-2", "deputy_id": str(han), "active": False, "absences": []}]
        assert await _broken(urls, tenant) == []
        await _worked(urls)
        assert len(await _told(urls)) == 2
    finally:
        await admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        await admin.close()


async def _entered(urls: DatabaseUrls, tenant: UUID, han: UUID, li: UUID) -> None:
    """Two members of staff that nobody was told of: one was away and is so until today, the other is gone."""
    owner = await asyncpg.connect(urls.owner)
    await owner.execute(STAFF, tenant, NOON, han, li)
    for days in ((date(2026, 2, 1), date(2026, 3, 1)), (date(2026, 3, 1), date(2026, 3, 2))):
        await owner.execute(AWAY, tenant, new_id(), han, *days)
    await owner.close()


async def _worked(urls: DatabaseUrls) -> None:
    """What the worker does of it after the upgrade."""
    ops, app = (Database(url, source="/dunlin/customer", pool_size=1) for url in (urls.ops, urls.app))
    runner = JobRunner(service="customer", ops=ops, app=app, handlers={TELL_STAFF: tell_staff})
    while await runner.run_one():
        pass
    await ops.close()
    await app.close()


async def _told(urls: DatabaseUrls) -> list[dict[str, Any]]:
    owner = await asyncpg.connect(urls.owner)
    said = [json.loads(row["said"]) for row in await owner.fetch(TOLD)]
    await owner.close()
    return said


async def _broken(urls: DatabaseUrls, tenant: UUID) -> list[str]:
    """The checks of integrity that find something."""
    app = Database(urls.app, source="/dunlin/customer", pool_size=1)

    async def look(tx: Transaction) -> list[str]:
        return [check.id for check in CHECKS if await tx.rows(check.statement)]

    found = await app.read(tenant, look)
    await app.close()
    return found
