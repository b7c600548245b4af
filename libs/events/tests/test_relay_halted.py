"""A leader halted between two records of a page: what it sends afterwards comes too late, and it leads no more."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import asyncpg
import pytest
from both_buses import bus, topic
from emitting import emit
from structlog.testing import capture_logs

from dunlin_events import relay as relay_module
from dunlin_events import relay_state
from dunlin_events.envelope import Envelope, Record
from dunlin_events.own_log import tail_of
from dunlin_events.relay import Relay
from dunlin_events.testing import kafka_broker
from dunlin_events.topics import Bus, Publisher, Stretch
from dunlin_kernel.ids import new_id

__all__ = ["bus", "kafka_broker", "topic"]
TENANT, ANNE, BERT = new_id(), new_id(), new_id()


class Halting:
    """A publisher that stores the first record of a page, and the rest of it when it is released."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher
        self.start, self.stop = publisher.start, publisher.stop
        self.halted, self.released, self.stored_late = asyncio.Event(), asyncio.Event(), 0

    async def publish(self, topic: str, records: Sequence[Record]) -> Mapping[int, Stretch]:
        await self._publisher.publish(topic, records[:1])
        self.halted.set()
        await self.released.wait()
        stand = await self._publisher.publish(topic, records[1:])
        self.stored_late += len(records) - 1
        return stand


@asynccontextmanager
async def relaying(dsn: str, publisher: Publisher, bus: Bus, topic: str) -> AsyncIterator[Relay]:
    relay, stop = Relay(dsn, publisher, topic=topic).comparing_with(tail_of(bus, topic)), asyncio.Event()
    running = asyncio.create_task(relay.run(stop))
    try:
        yield relay
    finally:
        stop.set()
        await asyncio.wait_for(running, 20)


async def drained(relay: Relay) -> None:
    async with asyncio.timeout(20):
        while True:
            if relay.drained():
                return
            await asyncio.sleep(0.01)


async def told(bus: Bus, topic: str, *, wanted: int) -> dict[str, list[int]]:
    """The sequences on the bus by stream, in the order in which each was first seen there."""
    reader = bus.reader(f"reads-{topic}", [topic], "one")
    await reader.start()
    seen: list[Envelope] = []
    try:
        async with asyncio.timeout(20):
            while len(seen) < wanted:
                found = await reader.poll(max_records=500, timeout_ms=200)
                seen += [Envelope.of(one.record) for received in found.values() for one in received]
    finally:
        await reader.stop()
    streams = {one.stream for one in seen}
    return {stream: list(dict.fromkeys(one.sequence for one in seen if one.stream == stream)) for stream in streams}


async def test_a_halted_leader_neither_breaks_the_order_nor_moves_the_mark(
    outbox_dsn: str, bus: Bus, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sessions: list[Any] = []

    async def take_over(connection: asyncpg.Connection) -> relay_state.State:
        sessions.append(connection)
        return await relay_state.take_over(connection)

    monkeypatch.setattr(relay_module, "take_over", take_over)
    monkeypatch.setattr(relay_module, "BEAT_SECONDS", 60)
    async with AsyncExitStack() as stack:
        connection = await asyncpg.connect(outbox_dsn)
        stack.push_async_callback(connection.close)
        noted = stack.enter_context(capture_logs())
        await emit(connection, TENANT, ANNE, BERT, ANNE, BERT, ANNE)
        first = Halting(bus.publisher())
        await stack.enter_async_context(relaying(outbox_dsn, first, bus, topic))
        await asyncio.wait_for(first.halted.wait(), 20)

        # Its lead has passed on; its session is left alive, so that only the epoch can refuse it.
        assert await sessions[0].fetchval("SELECT pg_advisory_unlock($1)", relay_state.LEADER_LOCK)
        second = await stack.enter_async_context(relaying(outbox_dsn, bus.publisher(), bus, topic))
        await drained(second)
        await emit(connection, TENANT, ANNE, BERT)
        second.poke()
        await drained(second)
        mark = await connection.fetchrow("SELECT prev, cur, last_id, epoch FROM relay_state")

        first.released.set()
        async with asyncio.timeout(20):
            while True:
                if any(one["event"] == "relay_begins_again" for one in noted):
                    break
                await asyncio.sleep(0.01)
        assert first.stored_late == 4
        [why] = [one["error"] for one in noted if one["event"] == "relay_begins_again"]
        assert why.startswith("Deposed")
        assert await connection.fetchrow("SELECT prev, cur, last_id, epoch FROM relay_state") == mark
        assert mark["epoch"] == 2
        await emit(connection, TENANT, ANNE)
        second.poke()
        await drained(second)
    assert await told(bus, topic, wanted=1 + 7 + 4 + 1) == {
        f"{TENANT}:{ANNE}": [1, 2, 3, 4, 5], f"{TENANT}:{BERT}": [1, 2, 3]}
