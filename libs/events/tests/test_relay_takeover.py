"""Leaders that are killed or stopped in their tracks are followed by another, and say nothing stale when they wake."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest
from lone_relay import SENT
from sqlalchemy.dialects.postgresql.asyncpg import dialect

from dunlin_events.contracts.customer import CustomerContactsChanged
from dunlin_events.outbox import APPEND, Trace, bind, pending
from dunlin_kernel.ids import new_id

COMPILED = APPEND.compile(dialect=dialect())  # type: ignore[no-untyped-call]
NOW = datetime(2026, 3, 4, tzinfo=UTC)
TENANT, ANNE = new_id(), new_id()
SILENCE_MS = "1500"


@asynccontextmanager
async def relay(dsn: str, who: str) -> AsyncIterator[asyncio.subprocess.Process]:
    script = str(Path(__file__).with_name("lone_relay.py"))
    process = await asyncio.create_subprocess_exec(
        sys.executable, script, dsn, who, SILENCE_MS, stdout=asyncio.subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def emit(connection: asyncpg.Connection) -> None:
    fact = CustomerContactsChanged(customer_id=ANNE, contacts=1, purposes=[])
    made = pending(fact, tenant=TENANT, now=NOW, recorded_at=NOW, trace=Trace("c"), source="/dunlin/customer")
    values = bind([made])
    await connection.fetch(COMPILED.string, *(values[name] for name in COMPILED.positiontup or ()))


async def sent(connection: asyncpg.Connection, count: int) -> list[tuple[str, int]]:
    """Who sent which number, once `count` different numbers are there."""
    async with asyncio.timeout(30):
        while True:
            if await connection.fetchval("SELECT count(DISTINCT sequence) FROM sent") >= count:
                break
            await asyncio.sleep(0.02)
    return [tuple(row) for row in await connection.fetch("SELECT who, sequence FROM sent ORDER BY id")]


@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGSTOP])
async def test_another_takes_over_and_the_first_says_nothing_stale(outbox_dsn: str, blow: signal.Signals) -> None:
    async with AsyncExitStack() as stack:
        connection = await asyncpg.connect(outbox_dsn)
        stack.push_async_callback(connection.close)
        await connection.execute(SENT)
        first = await stack.enter_async_context(relay(outbox_dsn, "first"))
        await emit(connection)
        assert await sent(connection, 1) == [("first", 1)]

        await stack.enter_async_context(relay(outbox_dsn, "second"))
        await asyncio.sleep(0.3)
        first.send_signal(blow)
        await emit(connection)
        assert (await sent(connection, 2))[-1] == ("second", 2)
        if blow == signal.SIGSTOP:
            first.send_signal(signal.SIGCONT)
        for _ in range(5):
            await emit(connection)
            await asyncio.sleep(0.1)
        assert await sent(connection, 7) == [("first", 1), *(("second", n) for n in range(2, 8))]
        assert await connection.fetchval("SELECT epoch FROM relay_state") == 2
