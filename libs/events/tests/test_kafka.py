"""Kafka's own traps: a producer that is broken for ever, members without partitions, a broker that dies under load."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiokafka.errors import OutOfOrderSequenceNumber
from aiokafka.partitioner import murmur2 as clients_murmur2
from faults_told import Timeline
from hypothesis import given
from hypothesis import strategies as st

from dunlin_events import kafka
from dunlin_events.broker_for_tests import Broker, JavaBroker, make_on_mock, startable
from dunlin_events.envelope import Record
from dunlin_events.kafka import KafkaBus, KafkaPublisher
from dunlin_events.testing import kafka_broker
from dunlin_events.topics import BusAway, Reader, Received, murmur2
from dunlin_kernel.ids import new_id

__all__ = ["kafka_broker"]


@given(st.binary(max_size=80))
def test_keys_fall_where_other_clients_put_them(key: bytes) -> None:
    assert murmur2(key) == clients_murmur2(key) & 0xFFFFFFFF


class BrokenForEver:
    """A producer whose sequence the broker refuses from its second batch on."""

    made: list["BrokenForEver"] = []  # noqa: RUF012

    def __init__(self, **_settings: Any) -> None:
        self.made.append(self)
        self.sent: list[int] = []
        self.stopped = False

    async def start(self) -> None:
        return None

    async def stop(self) -> None:
        self.stopped = True

    def create_batch(self) -> Any:
        return Batch()

    async def send_batch(self, batch: Any, _topic: str, *, partition: int) -> "asyncio.Future[None]":
        outcome: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self.sent:
            outcome.set_exception(OutOfOrderSequenceNumber())
        else:
            self.sent.append(partition)
            outcome.set_result(None)
        return outcome


class Batch:
    def append(self, **_record: Any) -> object:
        return object()

    def close(self) -> None:
        return None


async def test_after_a_failure_the_same_records_go_through_a_new_producer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka, "AIOKafkaProducer", BrokenForEver)
    monkeypatch.setattr(BrokenForEver, "made", [])
    publisher = KafkaPublisher("nowhere:1", {"t": 1}, 1000)
    await publisher.publish("t", [Record("k", (), b"1")])
    with pytest.raises(BusAway):
        await publisher.publish("t", [Record("k", (), b"2")])
    await publisher.publish("t", [Record("k", (), b"2")])
    assert [producer.stopped for producer in BrokenForEver.made] == [True, False]


async def test_a_broker_that_is_not_there_is_away_for_all() -> None:
    bus = KafkaBus("127.0.0.1:9", topics={"t": 1}, request_timeout_ms=500)
    publisher, reader = bus.publisher(), bus.reader("g", ["t"], "one")
    await publisher.start()
    await reader.start()
    with pytest.raises(BusAway):
        await publisher.publish("t", [Record("k", (), b"1")])
    with pytest.raises(BusAway):
        await reader.poll(max_records=1, timeout_ms=100)
    with pytest.raises(BusAway):
        await bus.ensure_topics()
    await publisher.stop()
    await reader.stop()


@pytest.mark.kafka
async def test_a_member_without_partitions_stays_and_takes_over(kafka_broker: Broker) -> None:
    if kafka_broker.kind == "mock":
        pytest.skip("the mock cluster knows no static members")
    topic = f"t-{new_id()}"
    bus = KafkaBus(kafka_broker.bootstrap, topics={topic: 1}, session_s=3.0)
    await bus.ensure_topics()
    readers = [bus.reader(topic, [topic], name) for name in ("one", "two")]
    for reader in readers:
        await reader.start()
    async with asyncio.timeout(20):
        while sum(len(reader.assigned()) for reader in readers) != 1:
            await asyncio.gather(*(reader.poll(max_records=1, timeout_ms=100) for reader in readers))
    working, idle = sorted(readers, key=lambda reader: -len(reader.assigned()))
    await working.stop()
    async with asyncio.timeout(20):
        while not idle.assigned():
            assert await idle.poll(max_records=1, timeout_ms=100) == {}
    await idle.stop()


@pytest.mark.kafka
async def test_a_cancelled_poll_leaves_the_guard_against_members_that_hang(kafka_broker: Broker) -> None:
    """The client counts a poll that was cancelled as one that goes on for ever: nobody would get its partitions."""
    topic = f"t-{new_id()}"
    if kafka_broker.kind == "mock":
        make_on_mock(kafka_broker.bootstrap, topic)
    bus = KafkaBus(kafka_broker.bootstrap, topics={topic: 4})
    await bus.ensure_topics()
    reader = bus.reader(topic, [topic], "one")
    await reader.start()
    await reader.poll(max_records=1, timeout_ms=100)
    waiting = asyncio.create_task(reader.poll(max_records=1, timeout_ms=600))
    await asyncio.sleep(0.1)
    waiting.cancel()
    await asyncio.wait({waiting})
    await asyncio.sleep(1.0)
    assert reader._consumer._subscription.fetcher_idle_time > 0
    await reader.stop()


@pytest.fixture
async def own_broker(tmp_path: Path) -> AsyncIterator[JavaBroker]:
    if startable() != "java":
        pytest.skip("kills a broker of its own, in Java")
    own = JavaBroker(tmp_path)
    await asyncio.to_thread(own.format)
    await asyncio.to_thread(own.start)
    yield own
    own.kill()


@pytest.mark.chaos
@pytest.mark.timeout(180)
async def test_a_broker_killed_under_load_loses_nothing_and_needs_no_restart(
    own_broker: JavaBroker, timeline: Timeline
) -> None:
    topic, keys = "t-outage", [f"k{n}" for n in range(10)]
    bus = KafkaBus(own_broker.bootstrap, topics={topic: 3}, session_s=6.0, request_timeout_ms=3000)
    await bus.ensure_topics()
    publisher, reader, heard = bus.publisher(), bus.reader("g", [topic], "one"), list[Received]()
    await reader.start()
    listening = asyncio.create_task(listen(reader, heard))
    for round_ in range(40):
        if round_ == 15:
            own_broker.kill()
            timeline.note("kill -9 kafka")
            asyncio.get_running_loop().call_later(5, lambda: asyncio.ensure_future(_started(own_broker, timeline)))
        records = [Record(key, (), str(round_).encode()) for key in keys]
        while True:
            try:
                await publisher.publish(topic, records)
                break
            except BusAway:
                await asyncio.sleep(0.5)
    async with asyncio.timeout(60):
        while {str(39).encode()} != {last_of(heard, key) for key in keys}:  # noqa: ASYNC110
            await asyncio.sleep(0.2)
    listening.cancel()
    await asyncio.wait({listening})
    await reader.stop()
    await publisher.stop()
    for key in keys:
        rounds = [int(one.record.value or b"-1") for one in heard if one.record.key == key]
        assert list(dict.fromkeys(rounds)) == list(range(40))


async def _started(broker: JavaBroker, timeline: Timeline) -> None:
    await asyncio.to_thread(broker.start)
    timeline.note("start kafka")


async def listen(reader: Reader, heard: list[Received]) -> None:
    while True:
        try:
            for received in (await reader.poll(max_records=100, timeout_ms=200)).values():
                heard.extend(received)
        except BusAway:
            await asyncio.sleep(0.5)


def last_of(heard: list[Received], key: str) -> bytes | None:
    return next((one.record.value for one in reversed(heard) if one.record.key == key), None)
