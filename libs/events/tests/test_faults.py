"""Consumers behind a bus that does its worst: the effect of each event once, in order, on every kind of bus."""

import asyncio
from random import Random
from uuid import UUID

import pytest
from hearer import Mood, Place, subscription, told

from dunlin_events.consuming import Consumer
from dunlin_events.contracts.customer import CustomerContactsChanged
from dunlin_events.envelope import Record
from dunlin_events.faults import FaultyBus
from dunlin_events.holding import HoldingReader
from dunlin_events.memory_bus import MemoryBus
from dunlin_events.postgres_log import PostgresBus
from dunlin_events.testing import database, deliver_all, recorded
from dunlin_events.topics import Bus
from dunlin_kernel.ids import new_id

TOPIC = "dunlin-customer"
TENANTS = [new_id(), new_id()]


def stories(seed: int, customers: int, events: int) -> tuple[list[UUID], list[Record]]:
    """Customers of two tenants, their events in order each and mixed together."""
    dice = Random(seed)
    people = [new_id() for _ in range(customers)]
    waiting = {
        person: [told(TENANTS[n % 2], person, sequence) for sequence in range(1, events + 1)]
        for n, person in enumerate(people)
    }
    mixed: list[Record] = []
    while waiting:
        person = dice.choice(list(waiting))
        mixed.append(waiting[person].pop(0))
        if not waiting[person]:
            del waiting[person]
    return people, mixed


def consumer_on(bus: Bus, place: Place, member: str = "one") -> Consumer:
    reader = bus.reader("hearer", [TOPIC], member)
    return Consumer(reader, [subscription()], place.database.transact, name="hearer")


@pytest.mark.parametrize("seed", range(6))
async def test_each_event_has_its_effect_once_and_in_order(place: Place, seed: int) -> None:
    people, records = stories(seed, 12, 15)
    bus = FaultyBus(MemoryBus(), seed=seed)
    publisher = bus.publisher()
    for at in range(0, len(records), 9):
        await publisher.publish(TOPIC, records[at : at + 9])
    await deliver_all(consumer_on(bus, place))
    expected = " ".join(str(n) for n in range(1, 16))
    assert {await place.order(person) for person in people} == {expected}
    assert await place.parked() == []


async def test_the_faulty_bus_keeps_the_order_of_each_key_and_loses_nothing() -> None:
    _, records = stories(1, 6, 20)
    bus = FaultyBus(MemoryBus(), seed=1, replays=0)
    await bus.publisher().publish(TOPIC, records)
    reader = bus.reader("g", [TOPIC], "one")
    heard: dict[str, list[int]] = {}
    for _ in range(200):
        for received in (await reader.poll(max_records=10, timeout_ms=0)).values():
            for one in recorded(r.record for r in received):
                assert isinstance(one.event, CustomerContactsChanged)
                heard.setdefault(one.envelope.stream, []).append(one.envelope.sequence)
    assert len(heard) == 6
    for sequences in heard.values():
        assert list(dict.fromkeys(sequences)) == list(range(1, 21))
    assert sum(map(len, heard.values())) > 120


async def test_a_log_in_postgres_and_two_members_that_come_and_go(place: Place, postgres: str) -> None:
    people, records = stories(7, 20, 20)
    async with database(postgres) as dsn:
        bus = PostgresBus(dsn, session_s=3.0)
        await bus.ensure_topics()
        publisher = bus.publisher()
        stop = asyncio.Event()
        first = asyncio.create_task(consumer_on(bus, place, "one").run(stop))
        for at in range(0, len(records), 25):
            await publisher.publish(TOPIC, records[at : at + 25])
            if at == 200:
                late = asyncio.create_task(consumer_on(bus, place, "two").run(stop))
        expected = " ".join(str(n) for n in range(1, 21))
        async with asyncio.timeout(30):
            while {await place.order(person) for person in people} != {expected}:  # noqa: ASYNC110
                await asyncio.sleep(0.1)
        stop.set()
        await asyncio.gather(first, late)
        await publisher.stop()


@pytest.mark.parametrize("away", [1, 4])
async def test_failures_of_the_world_lose_and_double_nothing(place: Place, away: int) -> None:
    people, records = stories(away, 4, 6)
    bus = MemoryBus()
    await bus.publisher().publish(TOPIC, records)
    reader = bus.reader("hearer", [TOPIC], "one")
    consumer = Consumer(reader, [subscription(Mood(away=away))], place.database.transact, name="hearer")
    for _ in range(away):
        with pytest.raises(ConnectionError):
            await consumer.turn(timeout_ms=0)
    await deliver_all(consumer)
    assert {await place.order(person) for person in people} == {"1 2 3 4 5 6"}


@pytest.mark.parametrize(("held", "committed"), [((), 5), ((3,), 3), ((2, 4), 2), ((6,), 5)])
async def test_what_is_held_back_comes_again_after_a_crash(held: tuple[int, ...], committed: int) -> None:
    bus, person = MemoryBus(), new_id()
    await bus.publisher().publish(TOPIC, [told(TENANTS[0], person, sequence) for sequence in range(1, 9)])
    reader = HoldingReader(bus.reader("hearer", [TOPIC], "one"))
    [(partition, received)] = (await bus.reader("other", [TOPIC], "one").poll(max_records=9, timeout_ms=0)).items()
    reader._back[partition] = [received[offset] for offset in held]
    await reader.commit({partition: 5})
    again = await bus.reader("hearer", [TOPIC], "two").poll(max_records=9, timeout_ms=0)
    assert [one.offset for one in again[partition]] == list(range(committed, 8))
