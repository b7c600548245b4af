"""The log in PostgreSQL under its own dangers: publishers at once, a server that goes away, two of one name."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Sequence

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dunlin_events import postgres_reader
from dunlin_events.envelope import Record
from dunlin_events.postgres_group import Membership, share_of
from dunlin_events.postgres_log import PostgresBus
from dunlin_events.testing import database
from dunlin_events.topics import BusAway, Displaced, Partition, Reader, Received, partition_of
from dunlin_kit.grown_tables import statements_sent

TOPIC = "t"


@pytest.fixture
async def dsn(postgres: str) -> AsyncIterator[str]:
    async with database(postgres) as dsn:
        await PostgresBus(dsn, topics={TOPIC: 3}).ensure_topics()
        yield dsn


def bus_at(dsn: str, *, session_s: float = 10.0) -> PostgresBus:
    return PostgresBus(dsn, topics={TOPIC: 3}, session_s=session_s)


async def read(reader: Reader, wanted: int) -> list[Received]:
    got: list[Received] = []
    async with asyncio.timeout(20):
        while len(got) < wanted:
            for received in (await reader.poll(max_records=100, timeout_ms=200)).values():
                got.extend(received)
    return got


async def test_publishers_at_once_leave_no_gap_and_a_reader_misses_nothing(dsn: str) -> None:
    bus = bus_at(dsn)
    reader = bus.reader("g", [TOPIC], "one")
    await reader.start()
    reading = asyncio.create_task(read(reader, 800))

    async def publish(who: int) -> None:
        publisher = bus.publisher()
        for n in range(20):
            await publisher.publish(TOPIC, [Record(f"{who}-{k}", (), str(n).encode()) for k in range(10)])
        await publisher.stop()

    await asyncio.gather(*(publish(who) for who in range(4)))
    got = await reading
    await reader.stop()
    for number in range(3):
        offsets = [one.offset for one in got if one.partition.number == number]
        assert offsets == list(range(len(offsets)))
    for key in {one.record.key for one in got}:
        assert [one.record.value for one in got if one.record.key == key] == [str(n).encode() for n in range(20)]


async def test_a_transaction_that_still_appends_is_waited_for_and_never_jumped_over(dsn: str) -> None:
    bus = bus_at(dsn)
    first, second, reader = bus.publisher(), bus.publisher(), bus.reader("g", [TOPIC], "one")
    await first.start()
    await reader.start()
    slow = await first._connected()
    transaction = slow.transaction()
    await transaction.start()
    await first.publish(TOPIC, [Record("k", (), b"1")])
    waiting = asyncio.create_task(second.publish(TOPIC, [Record("k", (), b"2")]))
    await asyncio.sleep(0.2)
    assert await reader.poll(max_records=10, timeout_ms=100) == {}
    await transaction.commit()
    await waiting
    assert [one.record.value for one in await read(reader, 2)] == [b"1", b"2"]
    for each in (first, second, reader):
        await each.stop()


async def test_a_group_that_is_put_back_reads_again(dsn: str) -> None:
    """By the statement that the page of operations has."""
    bus, publisher = bus_at(dsn), bus_at(dsn).publisher()
    await publisher.publish(TOPIC, [Record(f"{n}", (), b"1") for n in range(20)])
    await publisher.stop()
    for _ in range(2):
        reader = bus.reader("g", [TOPIC], "one")
        await reader.start()
        got = await read(reader, 20)
        await reader.commit({one.partition: one.offset + 1 for one in got})
        await reader.stop()
        admin = await asyncpg.connect(dsn)
        put_back = await admin.execute(f"UPDATE bus_offset SET next = 0 WHERE grp = 'g' AND topic = '{TOPIC}'")
        await admin.close()
    assert put_back == f"UPDATE {len({one.partition for one in got})}"


async def test_all_connections_cut_off_are_made_anew(dsn: str, postgres: str) -> None:
    bus = bus_at(dsn)
    publisher, reader = bus.publisher(), bus.reader("g", [TOPIC], "one")
    await publisher.publish(TOPIC, [Record("k", (), b"1")])
    await reader.start()
    assert len(await read(reader, 1)) == 1
    await reader.commit({Partition(TOPIC, partition_of("k", 3)): 1})
    admin = await asyncpg.connect(postgres)
    name = dsn.rsplit("/", 1)[1]
    await admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name)
    await admin.close()
    async with asyncio.timeout(10):
        while True:
            with contextlib.suppress(BusAway):
                await publisher.publish(TOPIC, [Record("k", (), b"2")])
                break
        got: list[Received] = []
        while not got:
            with contextlib.suppress(BusAway):
                got = await read(reader, 1)
    assert [one.record.value for one in got] == [b"2"]
    await publisher.stop()
    await reader.stop()


async def test_a_second_process_under_a_members_name_takes_its_place(dsn: str) -> None:
    bus = bus_at(dsn, session_s=0.6)
    first, second = bus.reader("g", [TOPIC], "one"), bus.reader("g", [TOPIC], "one")
    await first.start()
    await first.poll(max_records=1, timeout_ms=0)
    await second.start()
    await second.poll(max_records=1, timeout_ms=0)
    await second.commit({Partition(TOPIC, 0): 7})
    await first.commit({Partition(TOPIC, 0): 3})
    connection = await asyncpg.connect(dsn)
    assert await connection.fetchval("SELECT next FROM bus_offset WHERE part = 0") == 7, "the first one has no say"
    await connection.close()
    with pytest.raises(Displaced):
        await first.poll(max_records=1, timeout_ms=2000)
    assert len(second.assigned()) == 3
    await first.stop()
    assert len(second.assigned()) == 3
    await second.stop()


async def test_a_silent_member_loses_its_partitions_and_its_offsets_are_not_taken(dsn: str) -> None:
    bus = bus_at(dsn, session_s=0.6)
    publisher, silent, awake = bus.publisher(), bus.reader("g", [TOPIC], "a"), bus.reader("g", [TOPIC], "b")
    await publisher.publish(TOPIC, [Record(f"k{n}", (), b"1") for n in range(20)])
    await silent.start()
    assert len(await read(silent, 20)) == 20
    assert silent._heart is not None
    silent._heart.cancel()
    await asyncio.sleep(0.8)
    await awake.start()
    got = await read(awake, 20)
    assert len(awake.assigned()) == 3
    await silent.commit({Partition(TOPIC, number): 1 for number in range(3)})
    await awake.commit({one.partition: one.offset + 1 for one in got})
    await awake.stop()
    last = bus.reader("g", [TOPIC], "c")
    await last.start()
    assert await last.poll(max_records=10, timeout_ms=0) == {}
    assert set(last.lag().values()) == {0}
    for each in (publisher, silent, last):
        await each.stop()


async def test_members_that_come_and_go_share_evenly(dsn: str) -> None:
    bus = bus_at(dsn, session_s=1.0)
    readers = [bus.reader("g", [TOPIC], name) for name in "abc"]
    for reader in readers:
        await reader.start()
    await settled(readers, [1, 1, 1])
    await readers[1].stop()
    await settled([readers[0], readers[2]], [1, 2])
    for reader in (readers[0], readers[2]):
        await reader.stop()


async def settled(readers: Sequence[Reader], wanted: list[int]) -> None:
    async with asyncio.timeout(10):
        while sorted(len(reader.assigned()) for reader in readers) != wanted:
            await asyncio.gather(*(reader.poll(max_records=1, timeout_ms=50) for reader in readers))
    held = Counter(partition for reader in readers for partition in reader.assigned())
    assert len(held) == 3
    assert set(held.values()) == {1}


async def test_a_reader_that_found_nothing_looks_when_it_is_woken(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_reader, "_LOOK_S", 3600)
    bus = bus_at(dsn, session_s=36000)
    publisher, reader = bus.publisher(), bus.reader("g", [TOPIC], "one")
    await reader.start()
    while len(reader.assigned()) < 3 or await reader.poll(max_records=1, timeout_ms=1):
        await reader.poll(max_records=1, timeout_ms=50)
    with statements_sent() as sent:
        assert await reader.poll(max_records=1, timeout_ms=1) == {}
        assert not sent, "nobody woke it"
    await publisher.publish(TOPIC, [Record("k", (), b"1")])
    place = Partition(TOPIC, partition_of("k", 3))
    assert list(await reader.poll(max_records=1, timeout_ms=60_000)) == [place]
    assert await reader.poll(max_records=1, timeout_ms=1) == {}
    await reader.seek(place, 0)
    assert list(await reader.poll(max_records=1, timeout_ms=1)) == [place], "what it is to read again is there"
    await publisher.stop()
    await reader.stop()


async def test_a_group_in_which_nothing_changed_is_looked_at_by_one_statement(dsn: str) -> None:
    topics = {TOPIC: 3}
    one, other = Membership("g", "one", topics, 3600), Membership("g", "other", topics, 3600)
    connection = await asyncpg.connect(dsn)
    await one.join(connection)
    held = await one.share(connection, {})
    held = await one.share(connection, held)
    with statements_sent() as sent:
        assert await one.share(connection, {**held, Partition(TOPIC, 0): 7}) == {**held, Partition(TOPIC, 0): 7}
    assert len(sent) == 1
    await other.join(connection)
    assert len(await one.share(connection, held)) == 2, "the other one is seen"
    assert len(await other.share(connection, {})) == 1
    await connection.execute("UPDATE bus_member SET seen_at = seen_at - interval '2 hours' WHERE member = 'one'")
    await other.share(connection, {})
    assert len(await other.share(connection, {})) == 3, "the silent one is seen"
    await connection.close()


@given(st.sets(st.text("abcdef", min_size=1, max_size=3), min_size=1), st.integers(1, 40), st.integers(0, 9))
def test_shares_add_up_and_differ_by_one_at_most(members: set[str], partitions: int, turn: int) -> None:
    shares = [share_of(member, members, partitions, turn) for member in members]
    assert sum(shares) == partitions
    assert max(shares) - min(shares) <= 1
