"""Members that come and go all the time, with slow handlers: nothing is lost or doubled, and there is progress."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from random import Random
from typing import Any
from uuid import UUID

import pytest
from both_buses import topic
from faults_told import Timeline
from hearer import Place, hearing, subscription, told
from patience import Patience

from dunlin_events.broker_for_tests import Broker
from dunlin_events.consuming import Consumer
from dunlin_events.kafka import KafkaBus
from dunlin_events.postgres_log import PostgresBus
from dunlin_events.testing import database, kafka_broker
from dunlin_events.topics import Bus
from dunlin_kernel.ids import new_id

__all__ = ["kafka_broker", "topic"]
TENANT = new_id()
MEMBERS = ("one", "two", "three", "four")
CUSTOMERS, EACH = 24, 30
THIRD, LONGEST_THIRD = 7, 300
"""Changes in a third of the storm: so many at least, and until more was heard."""
PAUSE_S, SLOW_S = 0.25, 0.03


@pytest.fixture(params=["postgres", pytest.param("kafka", marks=pytest.mark.kafka)])
async def bus(request: pytest.FixtureRequest, topic: str) -> AsyncIterator[Bus]:
    if request.param == "kafka":
        found: Broker = request.getfixturevalue("kafka_broker")
        if found.kind == "mock":
            pytest.skip("the mock cluster knows no static members")
        kafka = KafkaBus(found.bootstrap, topics={topic: 6}, session_s=3.0)
        await kafka.ensure_topics()
        yield kafka
        return
    async with database(request.getfixturevalue("postgres")) as dsn:
        log = PostgresBus(dsn, topics={topic: 6}, session_s=3.0)
        await log.ensure_topics()
        yield log


class Members:
    """The consumers that run, by name; each takes its time for every transaction."""

    def __init__(self, bus: Bus, topic: str, place: Place) -> None:
        self._bus, self._topic, self._place = bus, topic, place
        self._running: dict[str, tuple[asyncio.Task[None], asyncio.Event]] = {}
        self.changes = 0

    async def toggle(self, name: str, *, rudely: bool) -> None:
        self.changes += 1
        if name not in self._running:
            stop = asyncio.Event()
            reader = self._bus.reader(self._topic, [self._topic], name)
            consumer = Consumer(reader, [subscription()], self._slowly, name="hearer")
            self._running[name] = asyncio.create_task(consumer.run(stop)), stop
            return
        task, stop = self._running.pop(name)
        stop.set()
        if rudely:
            task.cancel()
        await asyncio.wait({task})

    async def all_here(self) -> None:
        for name in set(MEMBERS) - self._running.keys():
            await self.toggle(name, rudely=False)

    async def all_gone(self) -> None:
        for name in list(self._running):
            await self.toggle(name, rudely=False)

    async def _slowly(self, tenant: UUID, work: Callable[[Any], Awaitable[Any]]) -> Any:
        async def slow(tx: Any) -> Any:
            done = await work(tx)
            await asyncio.sleep(SLOW_S)
            return done

        return await self._place.database.transact(tenant, slow)


async def heard(place: Place) -> int:
    [(total,)] = await place.rows("SELECT coalesce(sum(sequence), 0)::int FROM watermark")
    return int(total)


async def storm(members: Members, place: Place, dice: Random) -> None:
    """In each third of it more is heard, as long as there is more."""
    for _ in range(3):
        before, until = await heard(place), members.changes + THIRD
        while members.changes < until or before == await heard(place) < CUSTOMERS * EACH:
            assert members.changes < until + LONGEST_THIRD, "no progress during the storm"
            await members.toggle(dice.choice(MEMBERS), rudely=dice.random() < 0.5)
            await asyncio.sleep(PAUSE_S)


async def all_heard(place: Place) -> None:
    total = await heard(place)
    patience = Patience(lambda: total)
    while total < CUSTOMERS * EACH:
        assert patience.lasts(), f"{total} heard, and nothing moves any more"
        await asyncio.sleep(0.1)
        total = await heard(place)


@pytest.mark.chaos
@pytest.mark.timeout(0)
async def test_a_storm_of_rebalances_loses_nothing_and_all_goes_on(
    postgres: str, bus: Bus, topic: str, timeline: Timeline
) -> None:
    customers = [new_id() for _ in range(CUSTOMERS)]
    async with hearing(postgres) as place:
        members, publisher = Members(bus, topic, place), bus.publisher()
        await members.all_here()
        telling = asyncio.create_task(tell(publisher, topic, customers))
        await storm(members, place, Random(timeline.seed))
        await telling
        await members.all_here()
        await all_heard(place)
        await members.all_gone()
        await publisher.stop()
        wanted = " ".join(map(str, range(1, EACH + 1)))
        assert {await place.order(customer) for customer in customers} == {wanted}
        assert await place.parked() == []
    timeline.survived(f"{members.changes} members came or went, {type(bus).__name__}: {CUSTOMERS * EACH} events; "
                      "lost 0, doubled 0")


async def tell(publisher: Any, topic: str, customers: list[UUID]) -> None:
    """Spread over the storm."""
    for sequence in range(1, EACH + 1):
        await publisher.publish(topic, [told(TENANT, customer, sequence) for customer in customers])
        await asyncio.sleep(3 * THIRD * PAUSE_S / EACH)
