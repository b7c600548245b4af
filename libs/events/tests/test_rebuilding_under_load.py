"""On Kafka, while traffic runs: a projection built again and put right; a late joiner who ends alike.

On the log in PostgreSQL the services' own copies show it: tests/journeys/test_copies_at_work.py.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from itertools import count
from uuid import UUID

import pytest
from both_buses import bus, lasting_bus, topic
from hearer import ClockRow, Place, SumRow, hearing, subscription, told

from dunlin_events.consuming import Consumer
from dunlin_events.envelope import stream_of
from dunlin_events.projection import Copied, Projection
from dunlin_events.rebuilding import Rebuild, Transacting
from dunlin_events.testing import kafka_broker
from dunlin_events.topics import Bus
from dunlin_kernel.ids import new_id
from dunlin_kit.database import Database
from dunlin_kit.rebuilds import seeing_only

__all__ = ["bus", "kafka_broker", "lasting_bus", "topic"]
CUSTOMERS = 40
SUMS = "SELECT customer_id, contacts, \"order\" FROM heard_sum ORDER BY 1"


class Traffic:
    """Customers who are told of without pause; the last of them only at the beginning."""

    def __init__(self, bus: Bus, topic: str) -> None:
        self._bus, self._topic = bus, topic
        self.tenant = new_id()
        self.customers = [new_id() for _ in range(CUSTOMERS)]
        self.quiet = [new_id() for _ in range(3)]
        self.told: dict[UUID, int] = {}

    async def run(self, stop: asyncio.Event) -> None:
        publisher = self._bus.publisher()
        await publisher.start()
        for number in count(1):
            whom = self.customers + (self.quiet if number <= 3 else [])
            await publisher.publish(self._topic, [told(self.tenant, customer, number) for customer in whom])
            self.told |= dict.fromkeys(whom, number)
            if stop.is_set():
                break
            await asyncio.sleep(0.01)
        await publisher.stop()

    async def arrived(self, place: Place, *, least: int | None = None) -> None:
        """Wait until everything (or so many events of each) was heard."""
        async with asyncio.timeout(60):
            while True:
                marks = dict(await place.rows("SELECT stream, sequence FROM watermark"))
                wanted = {stream_of(self.tenant, one): least or n for one, n in self.told.items()}
                if wanted and all(marks.get(stream, 0) >= n for stream, n in wanted.items()):
                    return
                await asyncio.sleep(0.05)

    def wanted(self) -> list[tuple[UUID, int, str]]:
        return [(one, n, " ".join(map(str, range(1, n + 1)))) for one, n in sorted(self.told.items())]


@contextlib.asynccontextmanager
async def hears(place: Place, bus: Bus, topic: str, group: str) -> AsyncIterator[None]:
    stop = asyncio.Event()
    reader = bus.reader(f"{group}-{topic}", [topic], "one")
    consumer = Consumer(reader, [subscription()], place.database.transact, name=group)
    running = asyncio.create_task(consumer.run(stop))
    try:
        yield
        if running.done():
            running.result()
    finally:
        stop.set()
        await asyncio.wait({running})


@pytest.mark.timeout(180)
@pytest.mark.parametrize("bus", [pytest.param("kafka", marks=pytest.mark.kafka)], indirect=True)
@pytest.mark.usefixtures("lasting_bus")
async def test_a_projection_is_built_again_under_load_and_a_late_joiner_ends_alike(
    postgres: str, bus: Bus, topic: str
) -> None:
    traffic, stop = Traffic(bus, topic), asyncio.Event()
    async with hearing(postgres) as place, hearing(postgres) as late, asyncio.TaskGroup() as group:
        projection = Projection("sums", subscription(), (Copied(SumRow), Copied(ClockRow, customer=None)))
        shadow = seeing_only(Database(place.dsn, source="/dunlin/test", pool_size=2), projection.schema)
        rebuild = Rebuild(projection, bus, place.dsn, Transacting(shadow.transact, place.database.transact))
        async with hears(place, bus, topic, "early"):
            group.create_task(traffic.run(stop))
            await traffic.arrived(place, least=3)
            spoilt, lost, _ = traffic.quiet
            await place.rows("UPDATE heard_sum SET contacts = 99 WHERE customer_id = $1", spoilt)
            await place.rows("DELETE FROM heard_sum WHERE customer_id = $1", lost)
            await rebuild.start()
            assert await rebuild.follow() >= CUSTOMERS * 3
            found = await rebuild.compare()
            assert {one.stream for one in found.differences} == {
                stream_of(traffic.tenant, spoilt), stream_of(traffic.tenant, lost)}
            assert not found.moving
            assert await rebuild.switch() == {"heard_sum": 2, "heard_clock": 0}
            before = dict(traffic.told)
            await asyncio.sleep(0.5)
            assert traffic.told[traffic.customers[0]] > before[traffic.customers[0]], "traffic runs all the while"
            async with hears(late, bus, topic, "late"):
                await asyncio.sleep(0.5)
                stop.set()
                await traffic.arrived(place)
                await traffic.arrived(late)
            assert (await rebuild.compare()).is_equal
        await shadow.close()
        assert await place.rows(SUMS) == await late.rows(SUMS) == sorted(traffic.wanted())
        assert await place.parked() == await late.parked() == []
