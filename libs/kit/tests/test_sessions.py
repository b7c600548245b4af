"""Sessions between transactions: kept at hand, given to whoever waits, thrown out when they were left in the middle."""

import asyncio
from typing import Any

import pytest

from dunlin_kernel.ids import new_id
from dunlin_kit.database import Database
from dunlin_kit.testing import Running
from dunlin_kit.transaction import Transaction


def _database(toy: Running) -> Database:
    return Database(toy.urls.app, source="/dunlin/toy", pool_size=1)


async def _pid(tx: Transaction) -> int:
    return int(await tx.driver.fetchval("SELECT pg_backend_pid()"))


async def test_one_after_another_use_one_session(toy: Running) -> None:
    database = _database(toy)
    assert len({await database.read(new_id(), _pid) for _ in range(5)}) == 1
    await database.close()


async def test_many_at_once_wait_for_their_turn(toy: Running) -> None:
    database = _database(toy)

    async def work(tx: Transaction) -> int:
        await tx.driver.execute("SELECT pg_sleep(0.01)")
        return await _pid(tx)

    pids = await asyncio.gather(*(database.transact(new_id(), work) for _ in range(40)))
    assert len(pids) == 40
    assert len(set(pids)) <= 6, "the pool and what may flow over it"
    await database.close()


async def test_who_is_cancelled_leaves_no_transaction_and_no_tenant(toy: Running) -> None:
    database, tenant = _database(toy), new_id()

    async def stuck(tx: Transaction) -> None:
        await tx.driver.execute("SELECT pg_sleep(30)")

    for _ in range(8):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(database.transact(tenant, stuck), 0.05)

    async def whose(tx: Transaction) -> Any:
        return await tx.driver.fetchval("SELECT current_setting('dunlin.tenant', true)")

    other = new_id()
    assert await database.read(other, whose) == str(other)
    await database.close()
