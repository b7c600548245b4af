"""Who joins after its owner was restored hears the era that lives, and nothing of the history that is gone."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime
from functools import partial

import pytest
from both_buses import bus, topic
from hearer import Place, subscription, told
from test_rebuilding import TOPIC, rebuilding

from dunlin_events.consuming import Consumer
from dunlin_events.envelope import Record, stream_of
from dunlin_events.era_told import PLACES
from dunlin_events.eras import Era
from dunlin_events.memory_bus import MemoryBus
from dunlin_events.own_log import tail_of
from dunlin_events.testing import kafka_broker
from dunlin_events.topics import Bus, BusAway, Tail
from dunlin_kernel.ids import new_id

__all__ = ["bus", "kafka_broker", "topic"]
TENANT = new_id()


def ended(era: int) -> list[Record]:
    return Era(era, new_id(), datetime(2026, 3, 4, tzinfo=UTC)).endings("customer")


@pytest.fixture
def owned(topic: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The topic, as that of the owner."""
    for module in ("own_log", "joining"):
        monkeypatch.setattr(f"dunlin_events.{module}.topic_of", lambda _owner: topic)
    return topic


async def publish(bus: Bus, topic: str, records: Sequence[Record]) -> None:
    publisher = bus.publisher()
    await publisher.publish(topic, records)
    await publisher.stop()


@contextlib.asynccontextmanager
async def joining(place: Place, bus: Bus, topic: str) -> AsyncIterator[None]:
    """A worker's consumer in a group of its own."""
    stop = asyncio.Event()
    reader = bus.reader(f"late-{new_id()}", [topic], "one")
    consumer = Consumer(reader, [subscription()], place.database.transact, name="hearer")
    running = asyncio.create_task(consumer.joining_by(tail_of(bus, topic)).run(stop))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(running, 60)


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(60):
        while not await holds():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def stands_at(place: Place, stream: str, mark: tuple[int, int, str | None]) -> bool:
    found = await place.rows(f"SELECT era, sequence, held FROM watermark WHERE stream = '{stream}'")
    return found == [mark]


async def test_a_late_hearer_passes_over_eras_that_are_no_more_and_accepts_nothing(
    place: Place, bus: Bus, owned: str
) -> None:
    """Restored twice: one stream was cut, one is gone, one is as before, and the last rebase is still under way."""
    cut, gone, whole = new_id(), new_id(), new_id()
    ids = [new_id() for _ in range(4)]
    await publish(bus, owned, [
        *(told(TENANT, one, n) for n in (1, 2, 3) for one in (cut, gone)), told(TENANT, whole, 1, event_id=ids[1]),
        *(told(TENANT, cut, n, era=7) for n in (1, 2)), told(TENANT, whole, 1, era=7, event_id=ids[1]), *ended(7),
        told(TENANT, cut, 1, era=9, event_id=ids[2]), told(TENANT, whole, 1, era=9, event_id=ids[1])])
    async with joining(place, bus, owned):
        for one in (cut, whole):
            await until(partial(stands_at, place, stream_of(TENANT, one), (9, 1, None)))
        await publish(bus, owned, [*(last := ended(9)), told(TENANT, gone, 4), told(TENANT, cut, 2, era=9)])
        await until(partial(stands_at, place, stream_of(TENANT, cut), (9, 2, None)))
    async with joining(place, bus, owned):
        await publish(bus, owned, [*last, told(TENANT, whole, 2, era=9), told(TENANT, cut, 1, era=11)])
        await until(partial(stands_at, place, stream_of(TENANT, whole), (9, 2, None)))
        await until(partial(stands_at, place, stream_of(TENANT, cut), (9, 2, "era")))
    assert [await place.order(one) for one in (cut, gone, whole)] == ["1 2", "", "1 2"]
    assert await place.parked() == [("11/1", "behind")]


async def test_who_joins_in_the_first_era_or_has_heard_something_begins_as_ever(place: Place) -> None:
    topic, one, bus = TOPIC, new_id(), MemoryBus()
    await publish(bus, topic, [told(TENANT, one, 1)])
    async with joining(place, bus, topic):
        await until(partial(stands_at, place, stream_of(TENANT, one), (1, 1, None)))
    await publish(bus, topic, [told(TENANT, one, 1, era=7), *ended(7)])
    async with joining(place, bus, topic):
        await until(partial(stands_at, place, stream_of(TENANT, one), (1, 1, "era")))
    assert {row[0] for row in await place.rows("SELECT stream FROM watermark WHERE era = 7")} <= {*PLACES}


async def test_the_copy_of_a_late_hearer_is_built_again_without_what_is_gone(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dunlin_events.following.MOST_HELD_BACK", 3)
    bus, gone, lives = MemoryBus(), new_id(), new_id()
    await publish(bus, TOPIC, [
        *(told(TENANT, gone, n) for n in range(1, 9)), *(told(TENANT, lives, n, era=7) for n in (1, 2)), *ended(7)])
    async with joining(place, bus, TOPIC):
        await until(partial(stands_at, place, stream_of(TENANT, lives), (7, 2, None)))
        await until(partial(stands_at, place, stream_of(TENANT, gone), (7, 0, None)))
    async with rebuilding(place, bus) as rebuild:
        await rebuild.start()
        assert (await rebuild.compare()).is_equal
        assert not any((await rebuild.switch()).values())
        await rebuild.drop()
    assert [await place.order(one) for one in (gone, lives)] == ["", "1 2"]


async def test_a_stranger_hears_nothing_before_it_has_seen_the_end_of_the_log(place: Place) -> None:
    class Away(MemoryBus):
        looks = 0

        async def tail(self, topic: str, most: int) -> Tail:
            self.looks += 1
            if self.looks < 3:
                assert not await place.rows("SELECT 1 FROM watermark")
                raise BusAway("for a while")
            return await super().tail(topic, most)

    topic, one, bus = TOPIC, new_id(), Away()
    await publish(bus, topic, [told(TENANT, one, 1), told(TENANT, one, 1, era=7)])
    async with joining(place, bus, topic):
        await until(partial(stands_at, place, stream_of(TENANT, one), (7, 1, None)))
    assert (bus.looks, await place.order(one), await place.parked()) == (3, "1", [])
