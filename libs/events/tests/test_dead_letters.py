"""Dead letters: what is copied, what the copy says, on which bus, and that no copy is ever an obstacle."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any
from uuid import UUID

import pytest
from hearer import Mood, Place, subscription, told

from dunlin_events import dead_letters, parking
from dunlin_events.broker_for_tests import make_on_mock
from dunlin_events.consuming import Consumer
from dunlin_events.dead_letters import DeadLetters
from dunlin_events.envelope import Record, stream_of
from dunlin_events.kafka import KafkaBus
from dunlin_events.memory_bus import MemoryBus
from dunlin_events.postgres_log import PostgresBus
from dunlin_events.testing import database, deliver_all, kafka_broker
from dunlin_events.topics import DEAD_LETTERS, MANIFEST, Bus, BusAway, Publisher, Stretch, dead_letters_of
from dunlin_events.watermark import Key
from dunlin_kernel.ids import new_id

__all__ = ["kafka_broker"]

TOPIC = "dunlin-customer"
TENANT = new_id()


@pytest.fixture
def group() -> str:
    return f"g-{new_id().hex}"


@pytest.fixture(params=["memory", "postgres", pytest.param("kafka", marks=pytest.mark.kafka)])
async def bus(request: pytest.FixtureRequest, group: str) -> AsyncIterator[Bus]:
    """A bus with the group's topic of dead letters."""
    topics = {dead_letters_of(TOPIC, group): 1}
    if request.param == "memory":
        yield MemoryBus(topics)
    elif request.param == "kafka":
        broker = request.getfixturevalue("kafka_broker")
        if broker.kind == "mock":
            make_on_mock(broker.bootstrap, *topics)
        kafka = KafkaBus(broker.bootstrap, topics=topics if broker.kind != "mock" else dict.fromkeys(topics, 4))
        await kafka.ensure_topics()
        yield kafka
    else:
        async with database(request.getfixturevalue("postgres")) as dsn:
            log = PostgresBus(dsn, topics=topics)
            await log.ensure_topics()
            yield log


async def deliver(place: Place, letters: DeadLetters, records: Sequence[Record], mood: Mood | None = None) -> None:
    source = MemoryBus()
    await source.publisher().publish(TOPIC, records)
    reader = source.reader("hearer", [TOPIC], "one")
    consumer = Consumer(reader, [subscription(mood)], place.database.transact, name="hearer")
    await deliver_all(consumer.copying_to(letters))


async def copies(bus: Bus, group: str, count: int) -> list[Record]:
    reader = bus.reader(f"reads-{group}", [dead_letters_of(TOPIC, group)], "one")
    await reader.start()
    found: list[Record] = []
    async with asyncio.timeout(30):
        while len(found) < count:
            for received in (await reader.poll(max_records=100, timeout_ms=500)).values():
                found += [one.record for one in received]
    found += [one.record for got in (await reader.poll(max_records=100, timeout_ms=300)).values() for one in got]
    await reader.stop()
    return found


def key_of(customer: UUID) -> Key:
    return Key("hearer", "customer", stream_of(TENANT, customer))


async def test_what_can_never_work_is_copied_with_why_and_where(place: Place, bus: Bus, group: str) -> None:
    one = new_id()
    poison, noise = told(TENANT, one, 2, 666), Record("nobody", (("x", b"\xff"),), b"noise")
    letters = DeadLetters(bus.publisher(), group)
    await deliver(place, letters, [told(TENANT, one, 1), poison, told(TENANT, one, 3), noise])
    found = {record.key: record for record in await copies(bus, group, 2)}
    await letters.stop()
    copy = found[poison.key]
    headers = {name: value or b"" for name, value in copy.headers}
    assert copy.value == poison.value
    assert copy.headers[: len(poison.headers)] == poison.headers
    assert headers["dlq_place"].decode().startswith(f"{TOPIC}/")
    assert b"too_many" in headers["dlq_detail"]
    said = {"reason": "poison", "mark": "1/2", "group": group, **key_of(one)._asdict()}
    assert {name: headers[f"dlq_{name}"].decode() for name in said} == said
    assert (found["nobody"].value, dict(found["nobody"].headers)["dlq_reason"]) == (b"noise", b"undecodable")
    assert len(found) == 2, "what only waits behind is no dead letter"


async def test_what_waits_and_then_fails_is_copied_too(place: Place, group: str) -> None:
    one, bus = new_id(), MemoryBus({dead_letters_of(TOPIC, group): 1})
    letters = DeadLetters(bus.publisher(), group)
    await deliver(place, letters, [told(TENANT, one, 2, 666), told(TENANT, one, 3, 666)])
    assert bus.records(dead_letters_of(TOPIC, group)) == []
    await deliver(place, letters, [told(TENANT, one, 1)])
    await place.database.transact(
        TENANT, lambda tx: parking.skip_parked(tx, key_of(one), "1/2", who="ann", why="a test entry"))
    await deliver(place, letters, [])
    marks = [dict(record.headers)["dlq_mark"] for record in bus.records(dead_letters_of(TOPIC, group))]
    assert marks == [b"1/2", b"1/3"]


class Broken:
    """A publisher that fails, or never answers."""

    def __init__(self, *, hangs: bool) -> None:
        self.hangs, self.asked = hangs, 0

    async def start(self) -> None:
        return None

    async def publish(self, topic: str, records: Sequence[Record]) -> Mapping[int, Stretch]:
        self.asked += 1
        if self.hangs:
            await asyncio.Event().wait()
        raise BusAway(topic)

    async def stop(self) -> None:
        return None


@pytest.mark.parametrize("hangs", [False, True])
async def test_a_copy_that_cannot_be_made_holds_nothing_up(
    place: Place, group: str, hangs: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dead_letters, "PATIENCE_S", 0.1)
    topic, broken = dead_letters_of(TOPIC, group), Broken(hangs=hangs)
    poisoned, well = [new_id() for _ in range(5)], new_id()
    publisher: Publisher = broken
    await deliver(place, DeadLetters(publisher, group), [
        *(told(TENANT, one, 1, 666) for one in poisoned), told(TENANT, well, 1)])
    assert len(await place.parked()) == 5
    assert await place.order(well) == "1"
    assert broken.asked == 1, "after a failure no copy is tried for a while"
    assert _counted(dead_letters.FAILURES, topic) == 5


async def test_a_topic_that_is_not_there_holds_nothing_up(place: Place, postgres: str, group: str) -> None:
    async with database(postgres) as dsn:
        await PostgresBus(dsn).ensure_topics()
        letters = DeadLetters(PostgresBus(dsn).publisher(), group)
        await deliver(place, letters, [told(TENANT, new_id(), 1, 666)])
    assert len(await place.parked()) == 1


def _counted(counter: Any, topic: str) -> float:
    value: float = counter.labels(topic)._value.get()
    return value


def test_all_topics_are_made_with_those_of_dead_letters() -> None:
    assert DEAD_LETTERS.keys() < MANIFEST.keys()
    assert "dunlin-billing-dunlin-credit-billing-dlq" in DEAD_LETTERS
    assert all(len(topic) < 250 for topic in MANIFEST)
