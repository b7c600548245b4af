"""A process that ends at a crash point which is seldom passed: what was committed stands, and the next one goes on."""

import asyncio
from collections.abc import AsyncIterator
from typing import NamedTuple

import asyncpg
import pytest
from crashing import crashed
from hearer import Mood, Place, hearing, subscription, told
from lone_hearer import BUS, TOPIC
from lone_relay import SENT, TableBus
from prometheus_client import REGISTRY
from restored import era, relaying, tell, until
from test_rebuilding import rebuilding

from dunlin_events.consuming import Consumer
from dunlin_events.envelope import Envelope, Record, stream_of
from dunlin_events.memory_bus import MemoryBus
from dunlin_events.postgres_log import PostgresBus
from dunlin_events.rebasing import rebase
from dunlin_events.relay import Relay
from dunlin_events.relay_state import Restored, take_over
from dunlin_events.testing import database, deliver_all
from dunlin_events.topics import dead_letters_of
from dunlin_kernel.errors import NotFound
from dunlin_kernel.ids import new_id

TENANT = new_id()


@pytest.mark.parametrize("point", ["before_rebase", "after_rebase"])
async def test_a_rebase_is_begun_or_is_not(outbox_dsn: str, point: str) -> None:
    bus, customers = MemoryBus({TOPIC: 4}), [new_id(), new_id()]
    await tell(outbox_dsn, TOPIC, TENANT, *customers)
    async with relaying(outbox_dsn, bus, TOPIC) as relay:
        await until(relay.drained)
    await PostgresBus(outbox_dsn, topics=BUS).ensure_topics()
    await crashed(point, "lone_hearer", outbox_dsn, outbox_dsn, "relay", "rebase")
    begun = await era(outbox_dsn)
    assert begun is not None
    assert (begun > 1) == (point == "after_rebase")
    again = begun if begun > 1 else await rebase(outbox_dsn, who="ann")
    async with relaying(outbox_dsn, bus, TOPIC):
        await until(lambda: eras_of(bus, stream_of(TENANT, customers[0])) == [1, again])
        await until(lambda: eras_of(bus, stream_of(TENANT, customers[1])) == [1, again])


def eras_of(bus: MemoryBus, stream: str) -> list[int]:
    return [Envelope.of(record).era for record in bus.records(TOPIC) if record.key == stream]


@pytest.fixture
async def admin(outbox_dsn: str) -> AsyncIterator[asyncpg.Connection]:
    """With the table that is the bus of a lone relay."""
    connection = await asyncpg.connect(outbox_dsn)
    await connection.execute(SENT)
    yield connection
    await connection.close()


def relay_on(dsn: str) -> Relay:
    bus = TableBus(dsn, "next")
    return Relay(dsn, bus, topic=TOPIC).comparing_with(bus.tail)


async def lead_until(dsn: str, admin: asyncpg.Connection, holds: str) -> None:
    """A relay in this process leads until the statement says so."""
    stop = asyncio.Event()
    running = asyncio.create_task(relay_on(dsn).run(stop))
    async with asyncio.timeout(60):
        while not await admin.fetchval(holds):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    stop.set()
    await running


@pytest.mark.parametrize("point", ["before_leading", "after_leading"])
async def test_a_relay_that_ends_as_it_begins_to_lead_is_followed(
    outbox_dsn: str, admin: asyncpg.Connection, point: str
) -> None:
    await tell(outbox_dsn, TOPIC, TENANT, new_id(), new_id())
    await crashed(point, "lone_relay", outbox_dsn, "first", "1500")
    assert await admin.fetchval("SELECT epoch FROM relay_state") == (point == "after_leading")
    await lead_until(outbox_dsn, admin, "SELECT count(*) = 2 FROM sent")
    assert await admin.fetchval("SELECT count(DISTINCT key) FROM sent WHERE who = 'next'") == 2


@pytest.mark.parametrize("point", ["before_refusal", "after_refusal"])
async def test_a_relay_that_ends_as_it_refuses_a_foreign_log_leaves_it_refused(
    outbox_dsn: str, admin: asyncpg.Connection, point: str
) -> None:
    foreign = told(TENANT, new_id(), 1)
    bus = TableBus(outbox_dsn, "another")
    await bus.start()
    await bus.publish(TOPIC, [foreign])
    await bus.stop()
    await tell(outbox_dsn, TOPIC, TENANT, new_id())
    await crashed(point, "lone_relay", outbox_dsn, "first", "1500")
    assert (await admin.fetchval("SELECT outbox_id FROM relay_state") == 0) == (point == "after_refusal")
    await lead_until(outbox_dsn, admin, "SELECT outbox_id = 0 FROM relay_state")
    assert await admin.fetchval("SELECT count(*) FROM sent") == 1
    with pytest.raises(Restored):
        await take_over(admin)


WIPE = """
CREATE FUNCTION wipe() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN DELETE FROM sent WHERE who = 'next'; RETURN NULL; END $$;
CREATE TRIGGER wiped BEFORE INSERT ON sent EXECUTE FUNCTION wipe()"""


@pytest.mark.parametrize(("point", "more", "ends"), [("before_refusal", 1, [2]), ("after_refusal", 3, [5])])
async def test_a_relay_that_ends_as_it_refuses_a_log_that_lost_facts_leaves_it_refused(
    outbox_dsn: str, admin: asyncpg.Connection, point: str, more: int, ends: list[int]
) -> None:
    """The log loses the first two facts between the relay's look at it and what it sends.

    Once it has refused, the log is not taken for whole though it is longer by then than it ever was.
    """
    await tell(outbox_dsn, TOPIC, TENANT, new_id(), new_id())
    await lead_until(outbox_dsn, admin, "SELECT ends = '{2}' FROM relay_state")
    await admin.execute(WIPE)
    await tell(outbox_dsn, TOPIC, TENANT, *(new_id() for _ in range(more)))
    await crashed(point, "lone_relay", outbox_dsn, "first", "1500")
    await admin.execute("DROP TRIGGER wiped ON sent")
    assert await admin.fetchval("SELECT ends FROM relay_state") == ends
    stop = asyncio.Event()
    running = asyncio.create_task(relay_on(outbox_dsn).run(stop))
    await until(lambda: REGISTRY.get_sample_value("dunlin_relay_log_lost", {"topic": TOPIC}) == 1)
    stop.set()
    await running
    assert await admin.fetchval("SELECT count(*) FROM sent") == more


class Log(NamedTuple):
    """A hearer's database and the log that it hears."""

    place: Place
    dsn: str

    @property
    def bus(self) -> PostgresBus:
        return PostgresBus(self.dsn, topics=BUS)

    async def publish(self, *records: Record) -> None:
        publisher = self.bus.publisher()
        await publisher.start()
        await publisher.publish(TOPIC, records)
        await publisher.stop()

    async def heard(self, mood: Mood | None = None) -> None:
        """All there is, by a consumer in this process."""
        reader = self.bus.reader("hearer", [TOPIC], "one")
        await reader.start()
        await deliver_all(Consumer(reader, [subscription(mood)], self.place.database.transact, name="hearer"))
        await reader.stop()

    async def crashed(self, point: str, *asked: str) -> None:
        await crashed(point, "lone_hearer", self.place.dsn, self.dsn, *asked)


@pytest.fixture
async def log(postgres: str) -> AsyncIterator[Log]:
    async with hearing(postgres) as place, database(postgres) as dsn:
        log = Log(place, dsn)
        await log.bus.ensure_topics()
        yield log


@pytest.mark.parametrize(("point", "copies"), [("before_letters", 0), ("after_letters", 1)])
async def test_what_was_parked_is_parked_whether_it_was_copied_or_not(log: Log, point: str, copies: int) -> None:
    one, two = new_id(), new_id()
    await log.publish(told(TENANT, one, 1, 666), told(TENANT, one, 2), told(TENANT, two, 1))
    await log.crashed(point, "hear")
    await log.heard()
    assert await log.place.parked() == [("1/1", "poison"), ("1/2", "behind")]
    assert await log.place.order(two) == "1"
    assert len((await log.bus.tail(dead_letters_of(TOPIC, "hearer"), 9)).records) == copies


@pytest.mark.parametrize("point", ["before_decision", "after_decision"])
async def test_what_an_operator_decides_is_done_or_is_not(log: Log, point: str) -> None:
    one = new_id()
    stream = stream_of(TENANT, one)
    await log.publish(told(TENANT, one, 1, 666), told(TENANT, one, 2))
    await log.heard()
    skip = ("parked", "skip", "hearer", "customer", stream, "1/1", "--why", "a test entry")
    await log.crashed(point, *skip)
    is_done = point == "after_decision"
    await log.heard()
    assert await log.place.order(one) == ("2" if is_done else "")
    kept = await log.place.rows("SELECT mark, skipped_why FROM parked_event WHERE skipped_at IS NOT NULL")
    assert kept == ([("1/1", "a test entry")] if is_done else [])


@pytest.mark.parametrize("point", ["before_decision", "after_decision"])
async def test_a_hole_that_was_being_given_up_is_given_up_or_stays(log: Log, point: str) -> None:
    one = new_id()
    await log.publish(told(TENANT, one, 1), told(TENANT, one, 3))
    await log.heard()
    skip = ("parked", "skip-hole", "hearer", "customer", stream_of(TENANT, one), "--why", "a test entry")
    await log.crashed(point, *skip)
    await log.heard()
    assert await log.place.order(one) == ("1 3" if point == "after_decision" else "1")


@pytest.mark.parametrize("point", ["before_decision", "after_decision"])
async def test_what_was_being_tried_again_is_tried_or_waits(log: Log, point: str) -> None:
    one = new_id()
    await log.publish(told(TENANT, one, 1, 666))
    await log.heard()
    await log.crashed(point, "parked", "retry", "hearer", "customer", stream_of(TENANT, one))
    await log.heard(Mood(refuses=False))
    assert await log.place.order(one) == ("1" if point == "after_decision" else "")


@pytest.mark.parametrize("point", ["before_decision", "after_decision"])
async def test_an_era_that_was_being_accepted_is_accepted_or_waits(log: Log, point: str) -> None:
    one = new_id()
    await log.publish(first := told(TENANT, one, 1))
    await log.heard()
    await log.publish(told(TENANT, one, 1, era=2, event_id=Envelope.of(first).event_id), told(TENANT, one, 2, era=2))
    await log.heard()
    await log.crashed(point, "era", "accept")
    await log.heard()
    after = {"before_decision": (1, 1, "era"), "after_decision": (2, 2, None)}
    assert await log.place.mark(stream_of(TENANT, one)) == after[point]


@pytest.mark.parametrize("point", ["before_healing", "after_healing", "before_dropping", "after_dropping"])
async def test_a_rebuild_goes_on_from_wherever_it_was_broken_off(log: Log, point: str) -> None:
    customers = [new_id() for _ in range(3)]
    await log.publish(*(told(TENANT, one, n) for n in (1, 2, 3) for one in customers))
    await log.heard()
    await log.place.rows("UPDATE heard_sum SET contacts = 77 WHERE customer_id <> $1", customers[0])
    async with rebuilding(log.place, log.bus) as rebuild:
        await rebuild.start()
        if point.endswith("dropping"):
            await rebuild.switch()
            await log.crashed(point, "rebuild", "drop")
        else:
            await log.crashed(point, "rebuild", "switch")
            wrong = await log.place.rows("SELECT count(*) FROM heard_sum WHERE contacts = 77")
            assert wrong == [(2 if point == "before_healing" else 0,)]
            await rebuild.switch()
        assert await log.place.rows('SELECT contacts, "order" FROM heard_sum') == [(3, "1 2 3")] * 3
        if point == "after_dropping":
            with pytest.raises(NotFound):
                await rebuild.drop()
        else:
            await rebuild.drop()
        assert await log.place.rows("SELECT 1 FROM pg_namespace WHERE nspname = $1", rebuild.projection.schema) == []
