"""Jobs: due by the tenant's clock, claimed once, tried again, judged at the instant they fell due in a sandbox."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from dunlin_kernel.errors import NotReady
from dunlin_kernel.ids import new_id
from dunlin_kit import jobs
from dunlin_kit.database import Database
from dunlin_kit.jobs import Job, JobRunner, finish, moment_of, schedule
from dunlin_kit.pooling import Unavailable
from dunlin_kit.testing import Running
from dunlin_kit.transaction import Transaction

NOON = datetime(2026, 3, 1, 4, tzinfo=UTC)


@pytest.fixture
async def ops(toy: Running) -> AsyncIterator[Database]:
    database = Database(toy.urls.ops, source="/dunlin/toy")
    yield database
    await database.close()


def _runner(toy: Running, ops: Database, handler: object, kind: str, *, lease_seconds: float = 30) -> JobRunner:
    return JobRunner(
        service="toy", ops=ops, app=toy.database, handlers={kind: handler},  # type: ignore[dict-item]
        lease_seconds=lease_seconds)


async def test_a_job_runs_when_the_sandbox_clock_reaches_it_and_is_judged_at_its_due_time(
    toy: Running, ops: Database
) -> None:
    tenant, kind, seen = await toy.tenant(at=NOON - timedelta(hours=2)), str(new_id()), []

    async def handler(database: Database, job: Job) -> None:
        async def work(tx: Transaction) -> None:
            moment = await moment_of(tx, job)
            seen.append((moment.now, moment.today.isoformat(), job.payload["n"]))
            finish(tx, job)

        await database.transact(job.tenant, work)

    async def plan(tx: Transaction) -> None:
        schedule(tx, kind, "run:2026-03-01", NOON, {"n": 1})
        schedule(tx, kind, "run:2026-03-01", NOON, {"n": 2})

    await toy.database.transact(tenant, plan)
    await toy.database.transact(tenant, plan)
    runner = _runner(toy, ops, handler, kind)
    assert await runner.run_one() is False
    await toy.move_clock(tenant, NOON + timedelta(hours=12))
    assert [await runner.run_one() for _ in range(2)] == [True, False]
    assert seen == [(NOON, "2026-03-01", 1)]


async def test_a_job_is_claimed_by_one_of_many(toy: Running, ops: Database) -> None:
    tenant, kind, ran = await toy.tenant(at=NOON), str(new_id()), []

    async def handler(database: Database, job: Job) -> None:
        ran.append(job.key)
        await asyncio.sleep(0.01)

        async def work(tx: Transaction) -> None:
            finish(tx, job)

        await database.transact(job.tenant, work)

    async def plan(tx: Transaction) -> None:
        for n in range(12):
            schedule(tx, kind, str(n), NOON, {})

    await toy.database.transact(tenant, plan)
    runners = [_runner(toy, ops, handler, kind) for _ in range(3)]

    async def drain(runner: JobRunner) -> None:
        while await runner.run_one():
            pass

    await asyncio.gather(*(drain(runner) for runner in runners))
    assert sorted(ran) == sorted(str(n) for n in range(12))


@pytest.mark.parametrize(("refused", "seconds"), [
    (NotReady("in_progress", "Others work on it."), 5), (RuntimeError("broken"), 300)])
async def test_a_job_that_others_are_in_the_way_of_waits_seconds_however_often_it_was_tried(
    toy: Running, ops: Database, admin: asyncpg.Connection, refused: Exception, seconds: int
) -> None:
    tenant, kind = await toy.tenant(at=NOON), str(new_id())

    async def handler(_: Database, __: Job) -> None:
        raise refused

    async def plan(tx: Transaction) -> None:
        schedule(tx, kind, "x", NOON, {})

    await toy.database.transact(tenant, plan)
    await admin.execute("UPDATE job SET attempts = 11 WHERE kind = $1", kind)
    assert await _runner(toy, ops, handler, kind).run_one() is True
    wait = await admin.fetchval("SELECT extract(epoch FROM retry_at - now())::float8 FROM job WHERE kind = $1", kind)
    assert seconds - 2 < wait <= seconds


async def test_a_job_that_fails_is_tried_again_and_leaves_nothing_half_done(
    toy: Running, ops: Database, admin: asyncpg.Connection
) -> None:
    tenant, kind, tries = await toy.tenant(at=NOON), str(new_id()), []

    async def handler(database: Database, job: Job) -> None:
        tries.append(job.attempts)

        async def work(tx: Transaction) -> None:
            schedule(tx, "never", "x", NOON, {})
            finish(tx, job)
            await tx.flush()
            if len(tries) == 1:
                raise RuntimeError("broken")

        await database.transact(job.tenant, work)

    async def plan(tx: Transaction) -> None:
        schedule(tx, kind, "x", NOON, {})

    await toy.database.transact(tenant, plan)
    runner = _runner(toy, ops, handler, kind)
    assert await runner.run_one() is True
    state = await admin.fetchrow("SELECT state, error, retry_at > now() AS later FROM job WHERE kind = $1", kind)
    assert tuple(state) == ("waiting", "RuntimeError", True)
    assert await admin.fetchval("SELECT count(*) FROM job WHERE tenant_id = $1", tenant) == 1
    assert await runner.run_one() is False
    await admin.execute("UPDATE job SET retry_at = now() WHERE kind = $1", kind)
    assert await runner.run_one() is True
    assert tries == [1, 2]
    assert await admin.fetchval("SELECT state FROM job WHERE kind = $1", kind) == "done"


async def test_a_job_is_its_workers_while_that_lives_and_another_takes_it_over_when_it_died(
    toy: Running, ops: Database
) -> None:
    tenant, kind, begun, go_on = await toy.tenant(at=NOON), str(new_id()), [], asyncio.Event()

    async def handler(database: Database, job: Job) -> None:
        begun.append(job.attempts)
        await go_on.wait()

        async def work(tx: Transaction) -> None:
            finish(tx, job)

        await database.transact(job.tenant, work)

    async def plan(tx: Transaction) -> None:
        schedule(tx, kind, "x", NOON, {})

    await toy.database.transact(tenant, plan)
    first, second = (_runner(toy, ops, handler, kind, lease_seconds=0.6) for _ in range(2))
    working = asyncio.create_task(first.run_one())
    await asyncio.sleep(1.2)
    assert await second.run_one() is False
    working.cancel()
    await asyncio.wait({working})
    go_on.set()
    await asyncio.sleep(0.7)
    assert await second.run_one() is True
    assert begun == [1, 2]
    assert await second.run_one() is False


async def test_a_worker_that_lost_its_job_has_no_effect_and_leaves_it_to_the_other(
    toy: Running, ops: Database, admin: asyncpg.Connection
) -> None:
    """As after it was stopped for longer than the lease, while another one took the job over."""
    tenant, kind = await toy.tenant(at=NOON), str(new_id())
    go_on = {attempt: asyncio.Event() for attempt in (1, 2)}
    effects = "SELECT key FROM job WHERE kind = 'effect' AND tenant_id = $1"

    async def handler(database: Database, job: Job) -> None:
        await go_on[job.attempts].wait()

        async def work(tx: Transaction) -> None:
            schedule(tx, "effect", str(job.attempts), NOON, {})
            finish(tx, job)

        await database.transact(job.tenant, work)

    async def plan(tx: Transaction) -> None:
        schedule(tx, kind, "x", NOON, {})

    async def standing() -> tuple[str, bool, int]:
        row = await admin.fetchrow("SELECT state, lease_until > now() AS held, attempts FROM job WHERE kind = $1", kind)
        return row["state"], row["held"], row["attempts"]

    await toy.database.transact(tenant, plan)
    first = asyncio.create_task(_runner(toy, ops, handler, kind).run_one())
    while await standing() != ("waiting", True, 1):  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    await admin.execute("UPDATE job SET lease_until = now() - interval '1 s' WHERE kind = $1", kind)
    second = asyncio.create_task(_runner(toy, ops, handler, kind).run_one())
    while await standing() != ("waiting", True, 2):  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    go_on[1].set()
    assert await first is True
    assert await standing() == ("waiting", True, 2), "the lease of the other one stands"
    assert await admin.fetch(effects, tenant) == []
    go_on[2].set()
    assert await second is True
    assert [row["key"] for row in await admin.fetch(effects, tenant)] == ["2"]
    assert await admin.fetchval("SELECT state FROM job WHERE kind = $1", kind) == "done"


async def test_jobs_of_one_time_run_at_once_and_a_later_one_waits_for_them(toy: Running, ops: Database) -> None:
    tenant, kind, stop = await toy.tenant(at=NOON), str(new_id()), asyncio.Event()
    running: set[str] = set()
    seen: list[tuple[str, ...]] = []
    together, go_on = asyncio.Event(), asyncio.Event()

    async def handler(database: Database, job: Job) -> None:
        running.add(job.key)
        seen.append(tuple(sorted(running)))
        if len(running) == 2:
            together.set()
        if job.key != "later":
            await go_on.wait()

        async def work(tx: Transaction) -> None:
            finish(tx, job)

        await database.transact(job.tenant, work)
        running.remove(job.key)
        if job.key == "later":
            stop.set()

    async def plan(tx: Transaction) -> None:
        for key, due_at in (("a", NOON - timedelta(hours=1)), ("b", NOON - timedelta(hours=1)), ("later", NOON)):
            schedule(tx, kind, key, due_at, {})

    await toy.database.transact(tenant, plan)
    runner = _runner(toy, ops, handler, kind)
    runner.at_once = 3
    work = asyncio.create_task(runner.run(stop))
    await asyncio.wait_for(together.wait(), 10)
    await asyncio.sleep(0.6)
    assert running == {"a", "b"}, "the later one waits"
    go_on.set()
    await asyncio.wait_for(work, 10)
    assert seen[-1] == ("later",)


async def test_a_commit_wakes_a_runner_that_is_looking_just_then(
    toy: Running, ops: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was committed behind its look is found at the next one, at once and not when it looks by itself."""
    monkeypatch.setattr(jobs, "_IDLE_SECONDS", 3600)
    tenant, kind, ran, stop = await toy.tenant(at=NOON), str(new_id()), asyncio.Event(), asyncio.Event()

    async def handler(database: Database, job: Job) -> None:
        await database.transact(job.tenant, lambda tx: done(tx, job))
        ran.set()

    async def done(tx: Transaction, job: Job) -> None:
        finish(tx, job)

    async def plan(tx: Transaction) -> None:
        schedule(tx, kind, "once", NOON, {})

    class Late(JobRunner):
        looked = False

        async def _claimed(self) -> Job | None:
            found = await super()._claimed()
            if not self.looked:
                self.looked = True
                await working.transact(tenant, plan)
            return found

    working = Database(toy.urls.app, source="/dunlin/toy")
    runner = Late(service="toy", ops=ops, app=working, handlers={kind: handler})
    working.after_commit = runner.poke
    running = asyncio.create_task(runner.run(stop))
    await asyncio.wait_for(ran.wait(), 30)
    stop.set()
    runner.poke()
    await running
    await working.close()


async def test_a_job_that_cannot_be_given_back_ends_no_runner(
    toy: Running, ops: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As while the database is away: its lease runs out, and the others go on."""
    tenant, kind, stop, ran = await toy.tenant(at=NOON), str(new_id()), asyncio.Event(), list[str]()

    async def handler(database: Database, job: Job) -> None:
        ran.append(job.key)
        if len(ran) == 2:
            stop.set()
        raise Unavailable("the database cannot be reached")

    async def away(self: JobRunner, job: Job, failed: Exception) -> None:
        raise Unavailable("the database cannot be reached")

    async def plan(tx: Transaction) -> None:
        for key in ("a", "b"):
            schedule(tx, kind, key, NOON, {})

    monkeypatch.setattr(JobRunner, "_give_back", away)
    await toy.database.transact(tenant, plan)
    await asyncio.wait_for(_runner(toy, ops, handler, kind).run(stop), 60)
    assert sorted(ran) == ["a", "b"]


async def test_of_many_that_wait_one_looks(toy: Running, ops: Database) -> None:
    """What is committed wakes it; the job is run by any of them, and nobody waits for a look that is over."""
    stop, looks = asyncio.Event(), 0

    class Counting(JobRunner):
        async def _claimed(self) -> Job | None:
            nonlocal looks
            looks += 1
            if looks == 8:
                stop.set()
            self.poke()
            await asyncio.sleep(0)
            assert self._claiming.locked()
            return None

    runner = Counting(service="toy", ops=ops, app=toy.database, handlers={"kind": _never})
    runner.at_once = 4
    async with asyncio.timeout(30):
        await runner.run(stop)
    assert looks == 8, "those that waited for the one look no more"


async def _never(_: Database, __: Job) -> None:
    raise AssertionError


async def test_nothing_is_called_after_what_was_not_kept(toy: Running) -> None:
    called: list[bool] = []
    database, tenant = Database(toy.urls.app, source="/dunlin/toy"), new_id()
    database.after_commit = lambda: called.append(True)

    async def nothing(tx: Transaction) -> None:
        await tx.driver.execute("SELECT 1")

    await database.transact(tenant, nothing, keep=False)
    await database.read(tenant, nothing)
    assert not called
    await database.transact(tenant, nothing)
    assert called == [True]
    await database.close()
