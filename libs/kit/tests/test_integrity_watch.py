"""The worker's look at its invariants: what breaks shows, what is mended shows, and nobody waits for it."""

import asyncio
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import text
from toy_service import NOTE

from dunlin_kernel.ids import new_id
from dunlin_kit import integrity_watch
from dunlin_kit.database import Database
from dunlin_kit.health import Check
from dunlin_kit.integrity_watch import IntegrityWatch
from dunlin_kit.testing import Running
from dunlin_kit.transaction import Transaction

CHECKS = (
    Check("small", "No note is larger than 9.", text("SELECT id, size FROM note WHERE size > 9")),
    Check("free", "Nothing is held up.", text(
        "SELECT mode, relation::regclass::text AS held FROM pg_locks, (SELECT count(*) FROM note) n "
        "WHERE pid = pg_backend_pid() AND locktype <> 'virtualxid' AND mode <> 'AccessShareLock'")),
    Check("patient", "A check may take its time.", text(
        "SELECT 1 AS limited WHERE current_setting('statement_timeout') <> '15min'")),
)


def shown(check: str) -> float | None:
    return REGISTRY.get_sample_value("dunlin_integrity_violations", {"service": "toy", "check": check})


def checked_at() -> float:
    return REGISTRY.get_sample_value("dunlin_integrity_checked_at_seconds", {"service": "toy"}) or 0


@pytest.fixture
async def watch(toy: Running) -> Any:
    ops = Database(toy.urls.ops, source="/dunlin/toy", pool_size=1)
    yield IntegrityWatch("toy", ops=ops, app=toy.database, checks=CHECKS, first_after=0)
    await ops.close()


async def test_what_breaks_is_shown_until_it_is_mended(toy: Running, watch: IntegrityWatch) -> None:
    tenants = [await toy.tenant() for _ in range(2)]
    notes = [{"id": new_id(), "text": "note", "size": 10, "tags": None} for _ in tenants]
    stop, began = asyncio.Event(), checked_at()

    async def add(tx: Transaction) -> None:
        tx.insert(NOTE, notes[tenants.index(tx.tenant)])

    async def mend(tx: Transaction) -> None:
        tx.change(NOTE, {"id": notes[tenants.index(tx.tenant)]["id"], "size": 1})

    for tenant in tenants:
        await toy.database.transact(tenant, add)
    await watch.round(stop, share=1)
    assert (shown("small"), shown("free"), shown("patient")) == (2, 0, 0)
    assert checked_at() > began
    await toy.database.transact(tenants[0], mend)
    await watch.round(stop, share=1)
    assert shown("small") == 1
    await toy.database.transact(tenants[1], mend)
    await watch.round(stop, share=1)
    assert shown("small") == 0


async def test_a_check_that_fails_is_passed_over_and_the_round_does_not_count(toy: Running) -> None:
    for _ in range(2):
        await toy.tenant()
    ops = Database(toy.urls.ops, source="/dunlin/toy", pool_size=1)
    looked: list[tuple[UUID, str]] = []

    class Looking(IntegrityWatch):
        async def _look(self, tenant: UUID, check: Check) -> None:
            looked.append((tenant, check.id))
            await super()._look(tenant, check)

    broken = Check("broken", "Never can be asked.", text("SELECT 1 / (SELECT count(*) FROM note WHERE false)"))
    watch, before = Looking("toy", ops=ops, app=toy.database, checks=(broken, *CHECKS)), checked_at()
    await watch.round(asyncio.Event(), share=1)
    await ops.close()
    tenants = {tenant for tenant, _ in looked}
    assert len(tenants) >= 2
    assert set(looked) == {(tenant, check.id) for tenant in tenants for check in (broken, *CHECKS)}
    assert checked_at() == before


async def test_it_runs_by_itself_until_it_is_stopped(
    toy: Running, watch: IntegrityWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(integrity_watch, "SHARE", 1)
    monkeypatch.setattr(IntegrityWatch.round, "__kwdefaults__", {"share": 1})
    await toy.tenant()
    stop, began = asyncio.Event(), checked_at()
    running = asyncio.create_task(watch.run(stop))
    async with asyncio.timeout(60):
        while checked_at() == began:  # noqa: ASYNC110  nobody is told
            await asyncio.sleep(0.01)
    stop.set()
    async with asyncio.timeout(60):
        await running


async def test_after_a_check_it_rests_many_times_longer(
    toy: Running, watch: IntegrityWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    rests: list[float] = []

    async def rest(_: asyncio.Event, seconds: float) -> None:
        rests.append(seconds)

    monkeypatch.setattr(integrity_watch, "rest", rest)
    monkeypatch.setattr(integrity_watch, "perf_counter", count(step=2).__next__)
    await toy.tenant()
    await watch.round(asyncio.Event())
    assert rests
    assert rests == [pytest.approx(98)] * len(rests)
