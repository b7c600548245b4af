"""What a bus promises, held by the same tests on both."""

import asyncio
import contextlib
import functools
import sys
from collections.abc import AsyncIterator, Callable
from itertools import count
from pathlib import Path

import pytest

from dunlin_events.broker_for_tests import MOCK_PARTITIONS, Broker, make_on_mock
from dunlin_events.envelope import Record
from dunlin_events.kafka import KafkaBus
from dunlin_events.postgres_log import PostgresBus
from dunlin_events.testing import database, kafka_broker
from dunlin_events.topics import Bus, Partition, Reader, Received, Stretch, WrongPartitionCount, partition_of
from dunlin_kernel.ids import new_id

__all__ = ["kafka_broker"]
PARTITIONS = MOCK_PARTITIONS
MEMBER = Path(__file__).with_name("lone_member.py")
Making = Callable[..., Bus]


def record(key: str, text: str, **headers: bytes) -> Record:
    return Record(key, tuple(headers.items()), text.encode())


def key_of(partition: int) -> str:
    """A key that falls into this partition."""
    return next(key for key in (f"k{n}" for n in count()) if partition_of(key, PARTITIONS) == partition)


async def drain(reader: Reader, wanted: int, *, seconds: float = 20) -> list[Received]:
    """Poll until `wanted` records came."""
    got: list[Received] = []
    async with asyncio.timeout(seconds):
        while len(got) < wanted:
            for received in (await reader.poll(max_records=500, timeout_ms=200)).values():
                got.extend(received)
    return got


@contextlib.asynccontextmanager
async def publishing(bus: Bus, topic: str, *records: Record) -> AsyncIterator[Callable[..., object]]:
    publisher = bus.publisher()
    await publisher.start()
    try:
        await publisher.publish(topic, records)
        yield publisher.publish
    finally:
        await publisher.stop()


@contextlib.asynccontextmanager
async def reading(bus: Bus, group: str, topic: str, member: str = "one") -> AsyncIterator[Reader]:
    reader = bus.reader(f"{group}-{topic}", [topic], member)
    await reader.start()
    try:
        yield reader
    finally:
        await reader.stop()


@pytest.fixture(params=["postgres", pytest.param("kafka", marks=pytest.mark.kafka)])
async def address(request: pytest.FixtureRequest, topic: str) -> AsyncIterator[tuple[str, str]]:
    """Which bus, and where it is."""
    kind: str = request.param
    if kind == "kafka":
        found: Broker = request.getfixturevalue("kafka_broker")
        if found.kind == "mock":
            make_on_mock(found.bootstrap, topic)
        yield kind, found.bootstrap
        return
    async with database(request.getfixturevalue("postgres")) as dsn:
        yield kind, dsn


@pytest.fixture
def static_members(request: pytest.FixtureRequest, address: tuple[str, str]) -> None:
    """For tests in which a member comes back or dies."""
    if address[0] == "kafka" and request.getfixturevalue("kafka_broker").kind == "mock":
        pytest.skip("the mock cluster knows no static members")


@pytest.fixture
def making(address: tuple[str, str]) -> Making:
    kind, place = address
    return functools.partial({"postgres": PostgresBus, "kafka": KafkaBus}[kind], place)


@pytest.fixture
def topic() -> str:
    return f"t-{new_id()}"


@pytest.fixture
async def bus(making: Making, topic: str) -> Bus:
    bus = making(topics={topic: PARTITIONS})
    await bus.ensure_topics()
    return bus


async def test_order_holds_per_key_and_offsets_are_without_gaps(bus: Bus, topic: str) -> None:
    sent = [record(f"k{n % 29}", str(n)) for n in range(300)]
    async with publishing(bus, topic, *sent), reading(bus, "g", topic) as reader:
        got = await drain(reader, 300)
    for key in {r.key for r in sent}:
        assert [g.record.value for g in got if g.record.key == key] == [r.value for r in sent if r.key == key]
    for number in range(PARTITIONS):
        offsets = [g.offset for g in got if g.partition.number == number]
        assert offsets == list(range(offsets[0], offsets[0] + len(offsets)))


async def test_a_key_goes_to_the_partition_of_its_murmur2(bus: Bus, topic: str) -> None:
    sent = [record(f"tenant-{n}:customer-{n}", str(n)) for n in range(40)]
    async with publishing(bus, topic, *sent), reading(bus, "g", topic) as reader:
        got = await drain(reader, 40)
    assert all(g.partition == Partition(topic, partition_of(g.record.key, PARTITIONS)) for g in got)


async def test_a_record_comes_back_as_it_was(bus: Bus, topic: str) -> None:
    sent = [
        Record("k", (("ce_id", b"1"), ("raw", bytes(range(256))), ("中文", "值".encode())), b"\x00\xff"),
        Record("k", (), None),
        Record("k", (), b""),
    ]
    async with publishing(bus, topic, *sent), reading(bus, "g", topic) as reader:
        assert [g.record for g in await drain(reader, 3)] == sent


async def test_a_record_of_one_megabyte_travels(bus: Bus, topic: str) -> None:
    sent = [Record("k", (), bytes([n]) * 1_048_576) for n in range(3)]
    async with publishing(bus, topic, *sent), reading(bus, "g", topic) as reader:
        assert [g.record for g in await drain(reader, 3)] == sent


async def test_each_group_hears_everything(bus: Bus, topic: str) -> None:
    async with publishing(bus, topic, *(record(f"k{n}", str(n)) for n in range(20))):
        for group in ("g", "h"):
            async with reading(bus, group, topic) as reader:
                assert len(await drain(reader, 20)) == 20


@pytest.mark.usefixtures("static_members")
async def test_what_was_not_committed_comes_again_and_what_was_does_not(bus: Bus, topic: str) -> None:
    key = key_of(0)
    async with publishing(bus, topic, *(record(key, str(n)) for n in range(10))) as publish:
        async with reading(bus, "g", topic) as reader:
            await drain(reader, 10)
            await reader.commit({Partition(topic, 0): 4})
        async with reading(bus, "g", topic) as reader:
            assert [g.offset for g in await drain(reader, 6)] == [4, 5, 6, 7, 8, 9]
            await reader.commit({Partition(topic, 0): 10})
        async with reading(bus, "g", topic) as reader:
            assert await reader.poll(max_records=10, timeout_ms=300) == {}
            await publish(topic, [record(key, "new")])  # type: ignore[misc]
            assert [g.offset for g in await drain(reader, 1)] == [10]


@pytest.mark.usefixtures("static_members")
async def test_what_the_group_has_read_is_no_lag_of_the_next_reader(bus: Bus, topic: str) -> None:
    full, half = Partition(topic, 1), Partition(topic, 2)
    sent = [record(key_of(partition.number), str(n)) for partition in (full, half) for n in range(5)]
    async with publishing(bus, topic, *sent):
        async with reading(bus, "g", topic) as reader:
            await drain(reader, 10)
            await reader.commit({full: 5, half: 3})
        async with reading(bus, "g", topic) as reader:
            assert len(await drain(reader, 2)) == 2
            async with asyncio.timeout(20):
                while full not in reader.lag():
                    assert await reader.poll(max_records=10, timeout_ms=100) == {}
            assert set(reader.lag().values()) == {0}


async def test_a_reader_can_go_back(bus: Bus, topic: str) -> None:
    key = key_of(1)
    async with publishing(bus, topic, *(record(key, str(n)) for n in range(5))), reading(bus, "g", topic) as reader:
        await drain(reader, 5)
        await reader.seek(Partition(topic, 1), 2)
        assert [g.offset for g in await drain(reader, 3)] == [2, 3, 4]


async def test_no_more_than_asked_for(bus: Bus, topic: str) -> None:
    sent = [record(f"k{n}", str(n)) for n in range(60)]
    async with publishing(bus, topic, *sent), reading(bus, "g", topic) as reader:
        got = 0
        async with asyncio.timeout(20):
            while got < 60:
                batch = await reader.poll(max_records=7, timeout_ms=200)
                size = sum(map(len, batch.values()))
                assert size <= 7
                got += size
        assert sum(reader.lag().values()) == 0


async def test_a_paused_partition_is_silent_until_resumed(bus: Bus, topic: str) -> None:
    halted, other = key_of(0), key_of(1)
    async with reading(bus, "g", topic) as reader:
        async with asyncio.timeout(20):
            while len(reader.assigned()) < PARTITIONS:
                await reader.poll(max_records=10, timeout_ms=100)
        reader.pause(Partition(topic, 0))
        async with publishing(bus, topic, record(halted, "a"), record(other, "b")):
            assert [g.record.key for g in await drain(reader, 1)] == [other]
            assert await reader.poll(max_records=10, timeout_ms=300) == {}
            reader.resume(Partition(topic, 0))
            assert [g.record.key for g in await drain(reader, 1)] == [halted]


async def test_a_waiting_poll_wakes_when_something_is_published(bus: Bus, topic: str) -> None:
    async with reading(bus, "g", topic) as reader:
        await reader.poll(max_records=10, timeout_ms=1000)
        waiting = asyncio.create_task(drain(reader, 1))
        async with publishing(bus, topic, record("k", "x")):
            assert len(await waiting) == 1


async def test_a_cancelled_poll_loses_nothing(bus: Bus, topic: str) -> None:
    async with reading(bus, "g", topic) as reader:
        await reader.poll(max_records=10, timeout_ms=500)
        waiting = asyncio.create_task(reader.poll(max_records=10, timeout_ms=5000))
        await asyncio.sleep(0.1)
        waiting.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await waiting
        async with publishing(bus, topic, *(record(f"k{n}", "x") for n in range(9))):
            assert len(await drain(reader, 9)) == 9


async def test_the_tail_is_the_last_records_of_each_partition(bus: Bus, topic: str) -> None:
    assert await bus.tail(topic, 3) == ([], {})
    records = [record(key_of(part), f"{part}/{n}", h=b"x") for n in range(5) for part in (0, 2)]
    async with publishing(bus, topic, *records, record(key_of(3), "alone")) as publish:
        tail = await bus.tail(topic, 3)
        found = [(one.key, one.value, one.headers) for one in tail.records]
        assert tail.ends == {0: 5, 2: 5, 3: 1}
        more = [record(key_of(part), "more") for part in (0, 0, 1)]
        assert await publish(topic, more) == {0: Stretch(5, 7), 1: Stretch(0, 1)}  # type: ignore[misc]
    last = [(key_of(part), f"{part}/{n}".encode(), (("h", b"x"),)) for part in (0, 2) for n in (2, 3, 4)]
    assert found == [*last, (key_of(3), b"alone", ())]


async def test_who_stands_beyond_the_end_of_a_log_begins_with_its_first_record(bus: Bus, topic: str) -> None:
    at = Partition(topic, 0)
    async with publishing(bus, topic, *(record(key_of(0), str(n)) for n in range(3))):
        async with reading(bus, "g", topic) as reader:
            await drain(reader, 3)
            await reader.commit({at: 1000})
        async with reading(bus, "g", topic, "two") as reader:
            assert [one.offset for one in await drain(reader, 3)] == [0, 1, 2]


@pytest.mark.usefixtures("static_members")
async def test_a_member_that_dies_hands_over(making: Making, topic: str, address: tuple[str, str]) -> None:
    bus = making(topics={topic: PARTITIONS}, session_s=6.0)
    await bus.ensure_topics()
    async with publishing(bus, topic, *(record(f"k{n}", str(n)) for n in range(30))) as publish:
        dying = await asyncio.create_subprocess_exec(
            sys.executable, str(MEMBER), *address, topic, str(PARTITIONS), stdout=asyncio.subprocess.PIPE)
        try:
            assert dying.stdout is not None
            async with asyncio.timeout(30):
                assert (await dying.stdout.readline()).split() == [b"committed", b"30"]
            async with reading(bus, "g", topic, "two") as reader:
                async with asyncio.timeout(30):
                    while not reader.assigned():
                        assert await reader.poll(max_records=100, timeout_ms=200) == {}
                shared = len(reader.assigned())
                assert 1 <= shared < PARTITIONS
                dying.kill()
                await publish(topic, [record(f"k{n}", "later") for n in range(30)])  # type: ignore[misc]
                got = await drain(reader, 30, seconds=40)
                assert {g.record.value for g in got} == {b"later"}
                assert len(reader.assigned()) == PARTITIONS
        finally:
            with contextlib.suppress(ProcessLookupError):
                dying.kill()
            await dying.wait()


async def test_another_partition_count_is_a_clear_error(making: Making, bus: Bus, topic: str) -> None:
    await bus.ensure_topics()
    with pytest.raises(WrongPartitionCount) as refused:
        await making(topics={topic: PARTITIONS + 1}).ensure_topics()
    assert refused.value.facts == {"topic": topic, "found": PARTITIONS, "wanted": PARTITIONS + 1}
