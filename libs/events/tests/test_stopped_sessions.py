"""A process that is stopped while the database speaks to it, or in a transaction, lets go of what it holds."""

import asyncio
import signal
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from emitting import emit
from hearer import hearing, subscription, told
from lone_relay import SENT
from test_relay_takeover import relay, sent

from dunlin_events import sessions, watermark
from dunlin_events.consuming import Consumer, Tx
from dunlin_events.envelope import stream_of
from dunlin_events.memory_bus import MemoryBus
from dunlin_events.postgres_group import Membership
from dunlin_events.postgres_log import PostgresBus
from dunlin_events.testing import database, deliver_all
from dunlin_events.topics import Partition
from dunlin_events.watermark import Key
from dunlin_kernel.ids import new_id

LARGE = """
WITH told AS (UPDATE event_stream SET seq = 2000 RETURNING stream)
INSERT INTO outbox_event (event_id, stream, era, seq, type, headers, payload)
SELECT gen_random_uuid(), stream, era, n, type, headers, decode(repeat('00', 20000), 'hex')
FROM outbox_event JOIN told USING (stream), generate_series(2, 2000) n"""
WRITES = """
SELECT count(*) FROM pg_stat_activity WHERE application_name = 'relay dunlin-customer' AND wait_event = 'ClientWrite'
AND datname = current_database()"""


@pytest.fixture
async def connection(outbox_dsn: str) -> AsyncIterator[asyncpg.Connection]:
    made = await asyncpg.connect(outbox_dsn)
    await made.execute(SENT)
    yield made
    await made.close()


async def stopped_while_it_reads(first: asyncio.subprocess.Process, connection: asyncpg.Connection) -> None:
    """Stop it at a moment at which the server waits for it to take more."""
    async with asyncio.timeout(60):
        while True:
            while not await connection.fetchval(WRITES):  # noqa: ASYNC110
                await asyncio.sleep(0)
            first.send_signal(signal.SIGSTOP)
            await asyncio.sleep(0.3)
            if await connection.fetchval(WRITES):
                return
            first.send_signal(signal.SIGCONT)


async def test_a_leader_stopped_while_it_reads_a_page_leads_no_longer(
    outbox_dsn: str, connection: asyncpg.Connection
) -> None:
    await emit(connection, new_id(), new_id())
    await connection.execute(LARGE)
    async with relay(outbox_dsn, "first") as first:
        await stopped_while_it_reads(first, connection)
        async with relay(outbox_dsn, "second"):
            assert {who for who, _ in await sent(connection, 2000)} == {"second"}


async def test_a_consumer_stopped_in_a_transaction_holds_its_streams_up_no_longer(
    postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "SILENCE_MS", "700")
    tenant, one, locked = new_id(), new_id(), asyncio.Event()
    async with hearing(postgres) as place:

        async def stopped(tx: Tx) -> None:
            await watermark.lock(tx, [Key("hearer", "customer", stream_of(tenant, one))])
            locked.set()
            await asyncio.sleep(60)

        stuck = asyncio.create_task(place.database.transact(tenant, stopped))
        await locked.wait()
        bus = MemoryBus()
        await bus.publisher().publish("dunlin-customer", [told(tenant, one, 1)])
        reader = bus.reader("hearer", ["dunlin-customer"], "two")
        await deliver_all(Consumer(reader, [subscription()], place.database.transact, name="hearer"))
        assert await place.order(one) == "1"
        stuck.cancel()
        await asyncio.wait({stuck})


async def test_a_member_stopped_while_partitions_are_shared_holds_up_nobody(
    postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "SILENCE_MS", "700")
    shared = Membership.share

    async def stopped(self: Membership, connection: Any, positions: dict[Partition, int]) -> dict[Partition, int]:
        if self.member == "stopped":
            async with connection.transaction():
                await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 12))", self.group)
                await asyncio.sleep(60)
        return await shared(self, connection, positions)

    monkeypatch.setattr(Membership, "share", stopped)
    async with database(postgres) as dsn:
        bus = PostgresBus(dsn, topics={"t": 3}, session_s=2.0)
        await bus.ensure_topics()
        readers = [bus.reader("g", ["t"], member) for member in ("stopped", "well")]
        await readers[0].start()
        stuck = asyncio.create_task(readers[0].poll(max_records=1, timeout_ms=100))
        await asyncio.sleep(0.3)
        await readers[1].start()
        async with asyncio.timeout(10):
            while len(readers[1].assigned()) < 3:
                await readers[1].poll(max_records=1, timeout_ms=100)
        stuck.cancel()
        await asyncio.wait({stuck})
        for reader in readers:
            await reader.stop()
