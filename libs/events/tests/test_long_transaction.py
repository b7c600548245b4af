"""A long transaction elsewhere that has written holds no fact up: the relay sends around it, and in the end its own."""

import asyncio
from collections.abc import Sequence
from itertools import count
from uuid import UUID

import asyncpg
from emitting import emit

from dunlin_events.envelope import Envelope, Record
from dunlin_events.relay import Relay
from dunlin_kernel.ids import new_id

TENANT = new_id()
WRITERS, HELD_S, PAUSE_S = 3, 3.0, 0.005


class Bus:
    """When each fact came, by customer and sequence, in the order of coming."""

    def __init__(self) -> None:
        self.came: list[tuple[str, int, float]] = []

    async def start(self) -> None:
        await asyncio.sleep(0)

    async def publish(self, topic: str, records: Sequence[Record]) -> None:
        now = asyncio.get_running_loop().time()
        for envelope in map(Envelope.of, records):
            self.came.append((envelope.stream.partition(":")[2], envelope.sequence, now))

    async def stop(self) -> None:
        await asyncio.sleep(0)


async def write(dsn: str, relay: Relay, customer: UUID, stop: asyncio.Event) -> list[float]:
    """One fact a transaction; when each was committed."""
    connection, committed = await asyncpg.connect(dsn), list[float]()
    for _ in count():
        await emit(connection, TENANT, customer)
        committed.append(asyncio.get_running_loop().time())
        relay.poke()
        if stop.is_set():
            break
        await asyncio.sleep(PAUSE_S)
    await connection.close()
    return committed


async def test_facts_flow_while_a_transaction_that_has_written_stays_open(outbox_dsn: str) -> None:
    bus, stop, ended, busy = Bus(), asyncio.Event(), asyncio.Event(), new_id()
    customers = [new_id() for _ in range(WRITERS)]
    relay = Relay(outbox_dsn, bus, topic="long")
    running = asyncio.create_task(relay.run(ended))
    other = await asyncpg.connect(outbox_dsn)
    await other.execute("CREATE TABLE business (n int)")
    long = other.transaction()
    await long.start()
    await other.execute("INSERT INTO business VALUES (1)")
    writers = [asyncio.create_task(write(outbox_dsn, relay, customer, stop)) for customer in customers]
    await asyncio.sleep(HELD_S)
    stop.set()
    committed = dict(zip(map(str, customers), await asyncio.gather(*writers), strict=True))
    await arrived(bus, sum(map(len, committed.values())))
    await emit(other, TENANT, busy)
    await long.commit()
    await other.close()
    relay.poke()
    await arrived(bus, sum(map(len, committed.values())) + 1)
    ended.set()
    await running

    for customer, moments in committed.items():
        assert [sequence for one, sequence, _ in bus.came if one == customer] == list(range(1, len(moments) + 1))
    assert bus.came[-1][:2] == (str(busy), 1)
    waited = sorted(came - committed[one][sequence - 1] for one, sequence, came in bus.came if one in committed)
    print(f"{len(waited)} facts, p99 {waited[len(waited) * 99 // 100] * 1000:.0f} ms from commit to bus")
    assert len(waited) > 100


async def arrived(bus: Bus, wanted: int) -> None:
    async with asyncio.timeout(20):
        while True:
            if len(bus.came) == wanted:
                return
            await asyncio.sleep(0.02)
