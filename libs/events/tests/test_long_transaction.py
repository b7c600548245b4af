"""A long transaction elsewhere that has written holds no fact up: the relay sends around it, and in the end its own."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from emitting import emit

from dunlin_events.envelope import Envelope, Record
from dunlin_events.own_log import LOOKED_AT
from dunlin_events.relay import Relay
from dunlin_events.relay_state import State, look
from dunlin_events.topics import Stretch, Tail
from dunlin_kernel.ids import new_id

TENANT = new_id()
WRITERS, EACH, PAUSE_S = 3, 80, 0.005
PATIENCE_S = 120


class Looks:
    """How often the relay has looked into the outbox; each look opens at most one window."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun = 0
        monkeypatch.setattr("dunlin_events.relay.look", self.look)

    async def look(self, connection: Any, state: State) -> tuple[str, int]:
        self.begun += 1
        return await look(connection, state)


class Bus:
    """What came, by customer and sequence, in the order of coming, each with the look that found it."""

    def __init__(self, looks: Looks) -> None:
        self.came: list[tuple[str, int, int]] = []
        self._log: list[Record] = []
        self._looks = looks

    async def start(self) -> None:
        await asyncio.sleep(0)

    async def publish(self, topic: str, records: Sequence[Record]) -> Mapping[int, Stretch]:
        for envelope in map(Envelope.of, records):
            self.came.append((envelope.stream.partition(":")[2], envelope.sequence, self._looks.begun))
        self._log += records
        return {0: Stretch(len(self._log) - len(records), len(self._log))}

    async def tail(self) -> Tail:
        return Tail(self._log[-LOOKED_AT:], {0: len(self._log)} if self._log else {})

    async def stop(self) -> None:
        await asyncio.sleep(0)


async def write(dsn: str, relay: Relay, looks: Looks, customer: UUID) -> list[int]:
    """One fact a transaction; how many looks had begun by the time each was committed."""
    connection, committed = await asyncpg.connect(dsn), list[int]()
    for _ in range(EACH):
        await emit(connection, TENANT, customer)
        committed.append(looks.begun)
        relay.poke()
        await asyncio.sleep(PAUSE_S)
    await connection.close()
    return committed


async def test_facts_flow_while_a_transaction_that_has_written_stays_open(
    outbox_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks, ended, busy = Looks(monkeypatch), asyncio.Event(), new_id()
    customers = [new_id() for _ in range(WRITERS)]
    bus = Bus(looks)
    monkeypatch.setattr("dunlin_events.relay.LOG_SECONDS", 0.1)
    relay = Relay(outbox_dsn, bus, topic="dunlin-customer").comparing_with(bus.tail)
    running = asyncio.create_task(relay.run(ended))
    async with asyncio.timeout(PATIENCE_S):
        while not relay.drained():  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    other = await asyncpg.connect(outbox_dsn)
    await other.execute("CREATE TABLE business (n int)")
    long = other.transaction()
    await long.start()
    await other.execute("INSERT INTO business VALUES (1)")
    written = await asyncio.gather(*(write(outbox_dsn, relay, looks, customer) for customer in customers))
    committed = dict(zip(map(str, customers), written, strict=True))
    await arrived(bus, WRITERS * EACH)
    await emit(other, TENANT, busy)
    await long.commit()
    await other.close()
    relay.poke()
    await arrived(bus, WRITERS * EACH + 1)
    ended.set()
    await running

    for customer in committed:
        assert [sequence for one, sequence, _ in bus.came if one == customer] == list(range(1, EACH + 1))
    assert bus.came[-1][:2] == (str(busy), 1)
    waited = [look - committed[one][sequence - 1] for one, sequence, look in bus.came if one in committed]
    assert max(waited) <= 1, "a fact waits for the next look at most: the first that begins after its commit sees it"


async def arrived(bus: Bus, wanted: int) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while len(bus.came) < wanted:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
