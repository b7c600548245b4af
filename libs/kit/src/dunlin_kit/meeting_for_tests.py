"""For tests: two transactions that meet. The second begins when the first has written, and before that commits."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from dunlin_kit.testing import Running
from dunlin_kit.transaction import Transaction

Work = Callable[[Transaction], Awaitable[Any]]
_PATIENCE = "SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0; SET LOCAL transaction_timeout = 0"
_WAITS = "SELECT cardinality(pg_blocking_pids($1)) > 0"


class Met(NamedTuple):
    """What came of the first and of the second, an error included, and whether the second had to wait."""

    first: Any
    second: Any
    waited: bool


async def meeting(running: Running, tenant: UUID, first: Work, second: Work) -> Met:
    """The first commits as soon as the second waits for it, or has ended without."""
    written, go, session = asyncio.Event(), asyncio.Event(), asyncio.Queue[int]()

    async def ahead(tx: Transaction) -> Any:
        await tx.driver.execute(_PATIENCE)
        result = await first(tx)
        await tx.flush()
        written.set()
        await go.wait()
        return result

    async def behind(tx: Transaction) -> Any:
        await tx.driver.execute(_PATIENCE)
        session.put_nowait(await tx.driver.fetchval("SELECT pg_backend_pid()"))
        return await second(tx)

    one = asyncio.create_task(running.database.transact(tenant, ahead))
    one.add_done_callback(lambda _: written.set())
    await written.wait()
    other = asyncio.create_task(running.database.transact(tenant, behind))
    try:
        waited = await _waits(running.urls.ops, await session.get(), other)
    finally:
        go.set()
        ended = await asyncio.gather(one, other, return_exceptions=True)
    return Met(*ended, waited)


async def _waits(url: str, session: int, work: asyncio.Task[Any]) -> bool:
    admin = await asyncpg.connect(url)
    try:
        while not work.done():
            if await admin.fetchval(_WAITS, session):
                return True
            await asyncio.sleep(0.005)
        return False
    finally:
        await admin.close()
