"""A database that is away: said as such before anything happened, and no end of a worker."""

import asyncio

import asyncpg
import pytest
from sqlalchemy import text

from dunlin_kernel.ids import new_id
from dunlin_kit.database import Database
from dunlin_kit.jobs import Job, JobRunner
from dunlin_kit.pooling import Unavailable
from dunlin_kit.testing import Running
from dunlin_kit.transaction import Transaction

NOWHERE = "postgresql://nobody:nothing@127.0.0.1:1/nothing"
LOOK = text("SELECT 1 AS n")


async def _look(tx: Transaction) -> int:
    row = await tx.row(LOOK)
    return int(row["n"])


async def test_a_server_that_does_not_listen_is_unavailable() -> None:
    database = Database(NOWHERE, source="/dunlin/toy")
    for ask in (database.transact, database.read):
        with pytest.raises(Unavailable):
            await ask(new_id(), _look)
    await database.close()


async def test_a_server_that_lets_nobody_in_is_unavailable(toy: Running) -> None:
    database = Database(toy.urls.app.replace("test-app", "wrong"), source="/dunlin/toy")
    with pytest.raises(Unavailable):
        await database.transact(new_id(), _look)
    await database.close()


async def test_a_server_whose_disk_is_full_is_unavailable(toy: Running) -> None:
    async def extend(tx: Transaction) -> None:
        await tx.driver.execute(
            "DO $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$")

    with pytest.raises(Unavailable, match="no room left"):
        await toy.database.transact(new_id(), extend)
    assert await toy.database.read(new_id(), _look) == 1


async def test_a_session_that_the_server_ends_is_unavailable_and_the_next_one_works(toy: Running) -> None:
    async def ended(tx: Transaction) -> None:
        own = await tx.driver.fetchval("SELECT pg_backend_pid()")
        await tx.driver.execute("SELECT pg_terminate_backend($1)", own)

    with pytest.raises(Unavailable):
        await toy.database.transact(new_id(), ended)
    assert await toy.database.transact(new_id(), _look) == 1


async def test_a_session_that_cannot_be_rolled_back_is_thrown_out_and_what_came_of_the_work_stays(toy: Running) -> None:
    left: list[asyncio.Task[str]] = []

    async def busy(tx: Transaction) -> int:
        left.append(asyncio.create_task(tx.driver.execute("SELECT pg_sleep(1)")))
        await asyncio.sleep(0)  # now the driver is at work, and refuses anything else
        raise LookupError("the work's own")

    for ask in (toy.database.transact, toy.database.read):
        with pytest.raises(LookupError):
            await ask(new_id(), busy)
        assert await ask(new_id(), _look) == 1
    ended = await asyncio.gather(*left, return_exceptions=True)
    assert all(isinstance(one, asyncpg.ConnectionDoesNotExistError) for one in ended), ended


async def test_a_pool_of_sessions_that_are_all_gone_heals_with_the_first_request(toy: Running) -> None:
    """As after a restart of the server: whoever asks first gets an answer, not one of the dead sessions."""
    tenant, together = new_id(), asyncio.Barrier(5)

    async def at_once(tx: Transaction) -> int:
        own: int = await tx.driver.fetchval("SELECT pg_backend_pid()")
        await together.wait()
        return own

    sessions = await asyncio.gather(*(toy.database.transact(tenant, at_once) for _ in range(5)))
    assert len(set(sessions)) == 5
    admin = await asyncpg.connect(toy.urls.app)
    for session in sessions:
        await admin.execute("SELECT pg_terminate_backend($1)", session)
    await admin.close()
    assert await toy.database.transact(tenant, _look) == 1


async def test_jobs_wait_for_a_database_that_is_away() -> None:
    async def never(_: Database, job: Job) -> None:
        raise AssertionError(job)

    database, stop = Database(NOWHERE, source="/dunlin/toy"), asyncio.Event()
    runner = JobRunner(service="toy", ops=database, app=database, handlers={"kind": never})
    running = asyncio.create_task(runner.run(stop))
    await asyncio.sleep(0.4)
    assert not running.done()
    stop.set()
    await asyncio.wait_for(running, 30)
    await database.close()
