"""Kafka's own traps: a producer that is broken for ever, members without partitions, a poll that was cancelled."""

import asyncio
from typing import TypeVar

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import MessageSizeTooLargeError, OutOfOrderSequenceNumber
from aiokafka.partitioner import murmur2 as clients_murmur2
from hypothesis import given
from hypothesis import strategies as st

from dunlin_events.broker_for_tests import Broker
from dunlin_events.envelope import Record
from dunlin_events.kafka import KafkaBus, KafkaReader
from dunlin_events.testing import kafka_broker
from dunlin_events.topics import BusAway, Partition, Received, murmur2
from dunlin_kernel.ids import new_id

__all__ = ["kafka_broker"]
T = TypeVar("T")


@given(st.binary(max_size=80))
def test_keys_fall_where_other_clients_put_them(key: bytes) -> None:
    assert murmur2(key) == clients_murmur2(key) & 0xFFFFFFFF


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


class Mute:
    """A client that does not come back from a call."""

    def __init__(self, to: str) -> None:
        self._to = to

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    def assignment(self) -> set[TopicPartition]:
        return {TopicPartition("t", 0)}

    def highwater(self, _: TopicPartition) -> None: ...

    async def getmany(self, **_: int) -> dict[TopicPartition, list[Received]]:
        return await self._perhaps("getmany", {})

    async def commit(self, _: dict[TopicPartition, int]) -> None:
        await self._perhaps("commit", None)

    async def _perhaps(self, call: str, answer: T) -> T:
        if self._to == call:
            await asyncio.Event().wait()
        return answer


@pytest.mark.parametrize("call", ["getmany", "commit"])
async def test_a_client_that_does_not_come_back_is_followed_by_another(call: str) -> None:
    clients = [Mute(call), Mute("")]
    reader = KafkaReader(lambda: clients.pop(0), patience_s=0.2)
    await reader.start()
    with pytest.raises(BusAway):
        await (reader.poll(max_records=1, timeout_ms=1) if call == "getmany" else reader.commit({Partition("t", 0): 1}))
    assert not reader.assigned()
    assert await reader.poll(max_records=1, timeout_ms=1) == {}
    await reader.commit({Partition("t", 0): 1})
    assert not clients and reader.assigned()
    await reader.stop()


class Closed(Mute):
    """A client that writes to a connection that the loop has closed under it, again and again."""

    async def _perhaps(self, call: str, answer: T) -> T:
        if self._to == call:
            raise RuntimeError("unable to perform operation on a transport; the handler is closed")
        return answer


@pytest.mark.parametrize("call", ["getmany", "commit"])
async def test_a_client_whose_connection_was_closed_under_it_is_followed_by_another(call: str) -> None:
    clients = [Closed(call), Mute("")]
    reader = KafkaReader(lambda: clients.pop(0), patience_s=5)
    await reader.start()
    with pytest.raises(BusAway):
        await (reader.poll(max_records=1, timeout_ms=1) if call == "getmany" else reader.commit({Partition("t", 0): 1}))
    assert await reader.poll(max_records=1, timeout_ms=1) == {} and reader.assigned()
    assert not clients
    await reader.stop()


class Cancelled(Mute):
    """A client that is cancelled by its own fetches when it is stopped, as while its broker is away."""

    def __init__(self, to: str) -> None:
        super().__init__(to)
        self._client = self
        self.closed = False

    async def stop(self) -> None:
        raise asyncio.CancelledError

    async def close(self) -> None:
        self.closed = True


@pytest.mark.parametrize("call", ["getmany", "commit"])
async def test_a_client_that_is_cancelled_from_within_ends_nobody_else(call: str) -> None:
    client = Cancelled(call)
    reader = KafkaReader(lambda: client, patience_s=0.2)
    await reader.start()
    with pytest.raises(BusAway):
        await (reader.poll(max_records=1, timeout_ms=1) if call == "getmany" else reader.commit({Partition("t", 0): 1}))
    assert client.closed


@pytest.fixture
def real(kafka_broker: Broker) -> str:
    """The address of a broker that does what the mock cluster does not: static members, sizes, numbers of batches."""
    if kafka_broker.kind == "mock":
        pytest.skip("the mock cluster knows neither static members nor the numbers of batches")
    return kafka_broker.bootstrap


async def of_small_batches(bootstrap: str, topic: str) -> None:
    """A topic that refuses a batch of more than 2,000 bytes, for good."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(topic, 1, 1, topic_configs={"max.message.bytes": "2000"})])
    await admin.close()


@pytest.mark.kafka
async def test_a_number_that_was_given_to_no_stored_batch_ends_the_client_and_not_the_publisher(real: str) -> None:
    """A batch takes its number as it leaves. Is it never stored, all that follow are refused, for ever."""
    topic, ours, small, large = f"t-{new_id()}", Record("ours", (), b"1"), b"0", b"0" * 5000
    await of_small_batches(real, topic)
    client = AIOKafkaProducer(bootstrap_servers=real, enable_idempotence=True, acks="all")
    await client.start()
    await client.send_and_wait(topic, small, b"client")
    with pytest.raises(MessageSizeTooLargeError):
        await client.send_and_wait(topic, large, b"client")
    for _ in range(2):
        with pytest.raises(OutOfOrderSequenceNumber):
            await client.send_and_wait(topic, small, b"client")
    await client.stop()
    bus = KafkaBus(real, topics={topic: 1})
    publisher, reader, heard = bus.publisher(), bus.reader(topic, [topic], "one"), list[Received]()
    await publisher.publish(topic, [ours])
    with pytest.raises(BusAway):
        await publisher.publish(topic, [ours._replace(value=large)])
    for value in (b"2", b"3"):
        await publisher.publish(topic, [ours._replace(value=value)])
    async with asyncio.timeout(60):
        while last_of(heard, "ours") != b"3":
            heard += [one for got in (await reader.poll(max_records=9, timeout_ms=200)).values() for one in got]
    await reader.stop()
    await publisher.stop()
    assert [one.record.value for one in heard if one.record.key == "ours"] == [b"1", b"2", b"3"]


@pytest.mark.kafka
async def test_a_member_without_partitions_stays_and_takes_over(real: str) -> None:
    """Longer than a member that does not poll would: to the broker it would have gone."""
    topic, hang_s = f"t-{new_id()}", 0.5
    bus = KafkaBus(real, topics={topic: 1}, session_s=2.0, hang_s=hang_s)
    await bus.ensure_topics()
    readers = [bus.reader(topic, [topic], name) for name in ("one", "two")]
    for reader in readers:
        await reader.start()
    turns = 0
    async with asyncio.timeout(60):
        while turns < 3 * hang_s / 0.1:
            await asyncio.gather(*(reader.poll(max_records=1, timeout_ms=100) for reader in readers))
            turns = turns + 1 if sum(len(reader.assigned()) for reader in readers) == 1 else 0
    working, idle = sorted(readers, key=lambda reader: -len(reader.assigned()))
    await working.stop()
    async with asyncio.timeout(60):
        while not idle.assigned():
            assert await idle.poll(max_records=1, timeout_ms=100) == {}
    await idle.stop()


@pytest.mark.kafka
async def test_a_member_that_hangs_loses_its_partitions_though_a_poll_was_cancelled(real: str) -> None:
    """The client counts a poll that is cancelled as one that goes on for ever, and its member as one that works."""
    topic = f"t-{new_id()}"
    bus = KafkaBus(real, topics={topic: 4}, session_s=2.0, hang_s=1.0)
    await bus.ensure_topics()
    hanging, other = bus.reader(topic, [topic], "one"), bus.reader(topic, [topic], "two")
    async with asyncio.timeout(60):
        while len(hanging.assigned()) < 4:
            await hanging.poll(max_records=1, timeout_ms=100)
    cancelled = asyncio.create_task(hanging.poll(max_records=1, timeout_ms=500))
    await asyncio.sleep(0.1)
    cancelled.cancel()
    await asyncio.wait({cancelled})
    async with asyncio.timeout(60):
        while len(other.assigned()) < 4:
            await other.poll(max_records=1, timeout_ms=100)
        while not hanging.assigned() or not other.assigned():
            await asyncio.gather(*(reader.poll(max_records=1, timeout_ms=100) for reader in (hanging, other)))
    await hanging.stop()
    await other.stop()


def last_of(heard: list[Received], key: str) -> bytes | None:
    return next((one.record.value for one in reversed(heard) if one.record.key == key), None)
