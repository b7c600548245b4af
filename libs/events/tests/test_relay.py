"""The relay leads alone, is refused when stale, stands still after a restore, and wakes without business NOTIFYs."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import UUID

import asyncpg
import pytest
from prometheus_client import REGISTRY
from sqlalchemy.dialects.postgresql.asyncpg import dialect

from dunlin_events import relay as relay_module
from dunlin_events import sessions
from dunlin_events.contracts.customer import CustomerContactsChanged
from dunlin_events.envelope import Envelope, Record
from dunlin_events.eras import says_all_was_told
from dunlin_events.outbox import APPEND, Trace, bind, pending
from dunlin_events.relay import Deposed, Poker, Relay, Restored, rebase
from dunlin_events.relay_state import State, ids_of, look, move_mark, take_over
from dunlin_events.topics import PARTITIONS, BusAway, Stretch, partition_of
from dunlin_events.waking import OUTBOX_CHANNEL
from dunlin_kernel.ids import new_id

TENANT, ANNE, BERT = new_id(), new_id(), new_id()
NOW = datetime(2026, 3, 4, tzinfo=UTC)
COMPILED = APPEND.compile(dialect=dialect())  # type: ignore[no-untyped-call]


class Bus:
    """Keeps what it is given; fails as long as it is away."""

    def __init__(self) -> None:
        self.sent: list[Envelope] = []
        self.ended: list[Envelope] = []
        self.away = False
        self.started = 0

    async def start(self) -> None:
        self.started += 1

    async def publish(self, topic: str, records: Sequence[Record]) -> Mapping[int, Stretch]:
        for record in records[: 1 if self.away else None]:
            told = Envelope.of(record)
            (self.ended if says_all_was_told(told.type) else self.sent).append(told)
        if self.away:
            raise BusAway(topic)
        return {}

    async def stop(self) -> None:
        pass

    def numbers(self) -> list[tuple[int, int]]:
        return [(envelope.era, envelope.sequence) for envelope in self.sent]


@asynccontextmanager
async def leading(dsn: str, bus: Bus, topic: str, page: int = 3) -> AsyncIterator[Relay]:
    relay, stop = Relay(dsn, bus, topic=topic, page=page, read_ahead=2 * page), asyncio.Event()
    running = asyncio.create_task(relay.run(stop))
    try:
        yield relay
    finally:
        stop.set()
        await asyncio.wait_for(running, 20)


async def until(holds: Callable[[], object | Awaitable[object]], seconds: float = 15) -> None:
    async with asyncio.timeout(seconds):
        while True:
            said = holds()
            if await said if isinstance(said, Awaitable) else said:
                return
            await asyncio.sleep(0.01)


async def emit(connection: asyncpg.Connection, *customers: UUID) -> None:
    facts = [
        pending(CustomerContactsChanged(customer_id=one, contacts=1, purposes=[]), tenant=TENANT, now=NOW,
                recorded_at=NOW, trace=Trace("c"), source="/dunlin/customer")
        for one in customers
    ]  # fmt: skip
    values = bind(facts)
    await connection.fetch(COMPILED.string, *(values[name] for name in COMPILED.positiontup or ()))


@pytest.fixture
async def connection(outbox_dsn: str) -> AsyncIterator[asyncpg.Connection]:
    made = await asyncpg.connect(outbox_dsn)
    yield made
    await made.close()


def metric(name: str, topic: str) -> float | None:
    return REGISTRY.get_sample_value(name, {"topic": topic})


async def test_everything_committed_is_sent_page_by_page(outbox_dsn: str, connection: asyncpg.Connection) -> None:
    await emit(connection, *[ANNE] * 10)
    bus = Bus()
    async with leading(outbox_dsn, bus, "pages") as relay:
        await until(relay.drained)
        assert bus.numbers() == [(1, n) for n in range(1, 11)]
        async with connection.transaction():
            await emit(connection, BERT)
            relay.poke()
            assert not relay.drained()
            await until(relay.drained)
            assert len(bus.sent) == 10
        relay.poke()
        await until(relay.drained)
        assert len(bus.sent) == 11
    assert metric("dunlin_relay_published_events_total", "pages") == 11
    assert metric("dunlin_outbox_oldest_unsent_seconds", "pages") == 0


async def test_a_relay_goes_on_where_the_last_one_stopped(outbox_dsn: str, connection: asyncpg.Connection) -> None:
    bus = Bus()
    for n in (1, 2):
        await emit(connection, ANNE)
        async with leading(outbox_dsn, bus, "again") as relay:
            await until(relay.drained)
        assert bus.numbers() == [(1, at) for at in range(1, n + 1)]


async def test_a_window_that_was_left_at_its_end_is_followed_by_the_next_one(
    outbox_dsn: str, connection: asyncpg.Connection
) -> None:
    """Whoever takes over there finds nothing in the window, and has not looked behind it yet."""
    await emit(connection, ANNE)
    left = await take_over(connection)
    snapshot, _ = await look(connection, left)
    last = (await ids_of(connection, left.opened(snapshot), 10))[-1]
    await move_mark(connection, left.opened(snapshot)._replace(last_id=last))
    await emit(connection, BERT)
    bus = Bus()
    async with leading(outbox_dsn, bus, "left") as relay:
        await until(relay.drained)
        assert [one.stream.split(":")[1] for one in bus.sent] == [str(BERT)]


async def test_a_bus_that_is_away_gets_everything_later_in_order(
    outbox_dsn: str, connection: asyncpg.Connection
) -> None:
    bus = Bus()
    bus.away = True
    await emit(connection, *[ANNE] * 5)
    async with leading(outbox_dsn, bus, "away") as relay:
        await until(lambda: bus.started > 2)
        assert not relay.drained()
        assert (metric("dunlin_outbox_oldest_unsent_seconds", "away") or 0) > 0
        assert (metric("dunlin_outbox_unsent_events", "away") or 0) >= 5
        bus.away = False
        await until(relay.drained)
    first_seen = list(dict.fromkeys(bus.numbers()))
    assert first_seen == [(1, n) for n in range(1, 6)]


async def test_a_page_that_failed_is_sent_again_as_it_was_whatever_was_committed_since(
    outbox_dsn: str, connection: asyncpg.Connection
) -> None:
    """The bounds of its window are stored before it is sent: a lower id that came to be seen since waits its turn."""
    bus, late = Bus(), await asyncpg.connect(outbox_dsn)
    bus.away = True
    try:
        uncommitted = late.transaction()
        await uncommitted.start()
        await emit(late, BERT)
        await emit(connection, ANNE)
        async with leading(outbox_dsn, bus, "as-it-was") as relay:
            await until(lambda: bus.sent, 60)
            await uncommitted.commit()
            begun = bus.started
            await until(lambda: bus.started > begun + 1, 60)
            bus.away = False
            await until(relay.drained, 60)
    finally:
        await late.close()
    *before, last = [one.stream.split(":")[1] for one in bus.sent]
    assert (set(before), last) == ({str(ANNE)}, str(BERT))


async def test_one_leads_and_another_follows_when_it_is_gone(outbox_dsn: str, connection: asyncpg.Connection) -> None:
    first, second = Bus(), Bus()
    async with leading(outbox_dsn, first, "first"), leading(outbox_dsn, second, "second"):
        await until(lambda: first.started + second.started)
        await emit(connection, ANNE)
        await until(lambda: first.sent or second.sent)
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted "
            "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        await emit(connection, ANNE)
        await until(lambda: len(first.sent) + len(second.sent) == 2)
    assert sorted(first.numbers() + second.numbers()) == [(1, 1), (1, 2)]


async def test_a_stale_leader_is_refused(connection: asyncpg.Connection) -> None:
    stale = await take_over(connection)
    await emit(connection, ANNE)
    leader = await take_over(connection)
    snapshot, _ = await look(connection, leader)
    with pytest.raises(Deposed):
        await look(connection, stale)
    with pytest.raises(Deposed):
        await move_mark(connection, stale.opened(snapshot))
    await move_mark(connection, leader.opened(snapshot))
    assert len(await ids_of(connection, leader.opened(snapshot), 10)) == 1


async def test_a_deposed_relay_sends_nothing_before_it_leads_again(
    outbox_dsn: str, connection: asyncpg.Connection
) -> None:
    bus = Bus()
    async with leading(outbox_dsn, bus, "deposed") as relay:
        await until(relay.drained)
        await connection.execute("UPDATE relay_state SET epoch = epoch + 1")
        await emit(connection, ANNE)
        await until(lambda: bus.sent)
    assert bus.started == 2 and bus.numbers() == [(1, 1)]


async def test_an_open_transaction_that_has_written_holds_nobody_up(
    outbox_dsn: str, connection: asyncpg.Connection
) -> None:
    slow, bus = await asyncpg.connect(outbox_dsn), Bus()
    async with leading(outbox_dsn, bus, "slow"):
        async with slow.transaction():
            await emit(slow, BERT)
            await emit(connection, ANNE)
            await until(lambda: bus.sent)
            assert bus.numbers() == [(1, 1)] and str(ANNE) in bus.sent[0].stream
        await until(lambda: len(bus.sent) == 2)
    await slow.close()
    assert str(BERT) in bus.sent[1].stream


async def test_after_a_restore_nothing_is_sent_until_the_rebase(
    outbox_dsn: str, connection: asyncpg.Connection
) -> None:
    """Rows of an older cluster have transaction ids that this one has not reached yet."""
    await emit(connection, ANNE, ANNE)
    await take_over(connection)
    await connection.execute("UPDATE relay_state SET system_identifier = 1, prev = '90000:90000:', cur = prev")
    await connection.execute("UPDATE outbox_event SET txid = '80000'")
    with pytest.raises(Restored):
        await take_over(connection)
    bus = Bus()
    async with leading(outbox_dsn, bus, "restored") as relay:
        await until(lambda: metric("dunlin_relay_restored", "restored"))
        await emit(connection, ANNE)
        assert not bus.sent and not relay.drained()
        era = await rebase(outbox_dsn, who="ann")
        await emit(connection, ANNE, BERT)
        await until(lambda: len(bus.sent) == 5)
        await until(relay.drained)
    anne = [(one.era, one.sequence) for one in bus.sent if str(ANNE) in one.stream]
    assert anne == [(era, 1), (era, 2), (era, 3), (era, 4)]
    assert [(one.era, one.sequence) for one in bus.sent if str(BERT) in one.stream] == [(era, 1)]
    assert metric("dunlin_relay_restored", "restored") == 0


async def test_a_slow_publication_does_not_cost_the_lead(
    outbox_dsn: str, connection: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    class SlowBus(Bus):
        async def publish(self, topic: str, records: Sequence[Record]) -> Mapping[int, Stretch]:
            await asyncio.sleep(1.2)
            return await super().publish(topic, records)

    monkeypatch.setattr(sessions, "SILENCE_MS", "600")
    monkeypatch.setattr(relay_module, "BEAT_SECONDS", 0.1)
    await emit(connection, ANNE)
    bus = SlowBus()
    async with leading(outbox_dsn, bus, "beat") as relay:
        await until(relay.drained)
    assert bus.numbers() == [(1, 1)] and bus.started == 1


async def test_a_rebase_beside_an_idle_relay_is_sent_without_being_asked_for(
    outbox_dsn: str, connection: asyncpg.Connection
) -> None:
    await emit(connection, ANNE, ANNE)
    bus = Bus()
    async with leading(outbox_dsn, bus, "idle") as relay:
        await until(relay.drained)
        era = await rebase(outbox_dsn, who="ann")
        await until(lambda: len(bus.sent) == 4, 30)
        await until(relay.drained)
    assert bus.numbers() == [(1, 1), (1, 2), (era, 1), (era, 2)]


async def test_the_end_of_what_an_era_began_with_is_told_in_each_partition_and_again_until_it_is_stored(
    outbox_dsn: str, connection: asyncpg.Connection
) -> None:
    class Ending(Bus):
        async def publish(self, topic: str, records: Sequence[Record]) -> Mapping[int, Stretch]:
            stand = await super().publish(topic, records)
            if len(self.ended) == PARTITIONS:
                raise BusAway("the answer is lost")
            return stand

    await emit(connection, *[ANNE] * 6)
    era, bus = await rebase(outbox_dsn, who="ann"), Ending()
    async with leading(outbox_dsn, bus, "dunlin-customer") as relay:
        await until(relay.drained, 30)
        await emit(connection, ANNE)
        relay.poke()
        await until(relay.drained, 30)
    assert len(bus.ended) == 2 * PARTITIONS and bus.ended[:PARTITIONS] == bus.ended[PARTITIONS:]
    assert {partition_of(one.stream) for one in bus.ended} == set(range(PARTITIONS))
    assert {(one.era, one.sequence, one.type) for one in bus.ended} == {(era, 1, "dunlin.customer.EraTold.v1")}
    assert bus.numbers()[-1] == (era, 7)


class Mute(Bus):
    """Refuses, then takes the connection and says nothing, then works: as each event is set."""

    def __init__(self) -> None:
        super().__init__()
        self.takes, self.works = asyncio.Event(), asyncio.Event()

    async def start(self) -> None:
        await super().start()
        if not self.takes.is_set():
            raise BusAway("refused")
        await self.works.wait()


async def test_what_waits_shows_while_the_bus_cannot_be_reached_or_says_nothing(
    outbox_dsn: str, connection: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "SILENCE_MS", "600")
    monkeypatch.setattr(relay_module, "BEAT_SECONDS", 0.1)

    def shows(count: int) -> bool:
        age = metric("dunlin_outbox_oldest_unsent_seconds", "mute") or 0
        return age > 0 and metric("dunlin_outbox_unsent_events", "mute") == count

    async def outlives_the_silence() -> bool:
        """A session of the relay's, all this time in one attempt to start."""
        return bool(await connection.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query = 'SELECT 1' "
            "AND application_name = 'relay mute' AND query_start - backend_start > interval '1 second'"))

    await emit(connection, *[ANNE] * 5)
    bus = Mute()
    async with leading(outbox_dsn, bus, "mute") as relay:
        await until(lambda: shows(5), 30)
        await emit(connection, BERT)
        await until(lambda: shows(6), 30)
        bus.takes.set()
        await until(outlives_the_silence, 60)
        assert shows(6) and not bus.sent and not relay.drained()
        bus.works.set()
        await until(relay.drained, 30)
        assert metric("dunlin_outbox_unsent_events", "mute") == 0
    assert len(bus.sent) == 6


async def test_another_timeline_is_a_restore_too(connection: asyncpg.Connection) -> None:
    await take_over(connection)
    await connection.execute("UPDATE relay_state SET timeline_id = timeline_id + 1")
    with pytest.raises(Restored):
        await take_over(connection)


async def test_a_coalesced_notify_wakes_the_relay(
    outbox_dsn: str, connection: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay_module, "IDLE_SECONDS", 60)
    heard: list[object] = []
    await connection.add_listener(OUTBOX_CHANNEL, lambda *said: heard.append(said))
    poker, stop, bus = Poker(outbox_dsn), asyncio.Event(), Bus()
    poking = asyncio.create_task(poker.run(stop))
    async with leading(outbox_dsn, bus, "woken") as relay:
        await until(relay.drained)
        await emit(connection, ANNE)
        poker.poke()
        await until(lambda: bus.sent)
        before = len(heard)
        loop = asyncio.get_running_loop()
        began = loop.time()
        while loop.time() < began + 0.5:
            poker.poke()
            await asyncio.sleep(0.0005)
    stop.set()
    await asyncio.wait_for(poking, 30)
    assert 0 < len(heard) - before <= (loop.time() - began) / 0.01 + 5


def test_a_window_that_is_closed_begins_where_it_ended() -> None:
    opened = State("1:1:", "1:1:", 0, 7).opened("5:9:6")
    assert opened.window_is_open and opened == State("1:1:", "5:9:6", 0, 7)
    assert not opened.closed().window_is_open and opened.closed() == State("5:9:6", "5:9:6", 0, 7)
