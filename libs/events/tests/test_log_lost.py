"""A log that ends before what the bus has confirmed: nothing more is sent until the facts are on it again."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

import asyncpg
import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from both_buses import bus
from prometheus_client import REGISTRY
from restored import era, on_the_log, relaying, tell, until
from structlog.testing import capture_logs

from dunlin_events import relay as relay_module
from dunlin_events.broker_for_tests import Broker
from dunlin_events.envelope import Envelope, stream_of
from dunlin_events.kafka import KafkaBus
from dunlin_events.kafka_topics import UNSAFE, differences
from dunlin_events.memory_bus import MemoryBus
from dunlin_events.rebasing import rebase
from dunlin_events.relay_state import Deposed, State, disown, look, refuse_after_loss, take_over
from dunlin_events.testing import kafka_broker
from dunlin_events.topics import TOPIC_CONFIGS, Bus, Partition, Stretch, Tail, partition_of
from dunlin_kernel.ids import new_id

__all__ = ["bus", "kafka_broker"]
TENANT, ANNE = new_id(), new_id()
Wiping = Callable[[], Awaitable[None]]


@pytest.fixture
def topic() -> str:
    return f"dunlin-t{new_id()}"


@pytest.fixture
def wipe(request: pytest.FixtureRequest, bus: Bus, topic: str) -> Wiping:
    """What an empty disk does to the topic."""
    async def on_kafka() -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=request.getfixturevalue("kafka_broker").bootstrap)
        await admin.start()
        await admin.delete_topics([topic])
        async with asyncio.timeout(60):
            while topic in await admin.list_topics():  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        await admin.close()
        await bus.ensure_topics()

    async def in_postgres() -> None:
        connection = await asyncpg.connect(bus._dsn)  # type: ignore[attr-defined]
        await connection.execute("TRUNCATE bus_record, bus_head")
        await connection.close()

    if not isinstance(bus, KafkaBus):
        return in_postgres
    if request.getfixturevalue("kafka_broker").kind == "mock":
        pytest.skip("the mock cluster deletes no topics")
    return on_kafka


def lost(topic: str) -> float | None:
    return REGISTRY.get_sample_value("dunlin_relay_log_lost", {"topic": topic})


async def sent(dsn: str, bus: Bus, topic: str, *customers: UUID) -> None:
    await tell(dsn, topic, TENANT, *customers)
    async with relaying(dsn, bus, topic) as relay:
        await until(relay.drained)


async def test_a_log_that_was_emptied_stands_until_the_rebase_sends_all_again(
    outbox_dsn: str, bus: Bus, topic: str, wipe: Wiping
) -> None:
    customers = [new_id() for _ in range(8)]
    await sent(outbox_dsn, bus, topic, *customers, *customers)
    await wipe()
    await tell(outbox_dsn, topic, TENANT, ANNE)
    with capture_logs() as noted:
        async with relaying(outbox_dsn, bus, topic) as relay:
            await until(lambda: lost(topic) == 1)
            assert await on_the_log(bus, topic) == [] and not relay.drained()
            assert await era(outbox_dsn) == 1, "the facts are its own: what hears, works and is pulled goes on"
            began = await rebase(outbox_dsn, who="ann")
            await until(relay.drained)
    [said, *_] = [one for one in noted if one["event"] == "relay_stands_after_loss"]
    assert said["remedy"] == "relay rebase" and "ends at 0, and not at" in said["error"]
    facts = [one for one in await on_the_log(bus, topic) if one[1] in (ANNE, *customers)]
    assert sorted(facts) == sorted([*((began, one, n) for one in customers for n in (1, 2)), (began, ANNE, 1)])
    assert lost(topic) == 0
    await sent(outbox_dsn, bus, topic, ANNE)
    assert (began, ANNE, 2) in await on_the_log(bus, topic)


async def test_a_log_that_is_whole_again_is_sent_to_again(outbox_dsn: str, topic: str) -> None:
    """The broker had begun with another disk, and is given the right one."""
    bus = MemoryBus({topic: 4})
    await sent(outbox_dsn, bus, topic, ANNE)
    whole, bus.logs = bus.logs, {}
    await tell(outbox_dsn, topic, TENANT, ANNE)
    async with relaying(outbox_dsn, bus, topic) as relay:
        await until(lambda: lost(topic) == 1)
        bus.logs = whole
        await until(relay.drained)
    assert lost(topic) == 0
    assert await on_the_log(bus, topic) == [(1, ANNE, 1), (1, ANNE, 2)]


async def test_what_came_to_stand_before_what_was_confirmed_is_noticed_and_not_forgotten(
    outbox_dsn: str, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log loses its last facts under a relay that leads, and what is sent next makes it longer than it was.

    The sending itself shows it: the next look at the log is far off.
    """
    monkeypatch.setattr(relay_module, "LOG_SECONDS", 86_400.0)
    bus, at = MemoryBus({topic: 4}), Partition(topic, partition_of(stream_of(TENANT, ANNE), 4))
    await tell(outbox_dsn, topic, TENANT, *[ANNE] * 5)
    async with relaying(outbox_dsn, bus, topic) as relay:
        await until(relay.drained)
        del bus.logs[at][3:]
        await tell(outbox_dsn, topic, TENANT, *[ANNE] * 7)
        relay.poke()
        await until(lambda: lost(topic) == 1)
        assert len(bus.logs[at]) == 3 + 7 and not relay.drained()
    async with relaying(outbox_dsn, bus, topic):
        await until(lambda: lost(topic) == 1)
        assert len(bus.logs[at]) == 3 + 7
        began = await rebase(outbox_dsn, who="ann")
        await until(lambda: (began, ANNE, 12) in told(bus, topic))


def told(bus: MemoryBus, topic: str) -> list[tuple[int, UUID, int]]:
    found = [Envelope.of(record) for record in bus.records(topic)]
    return [(one.era, UUID(one.stream.partition(":")[2]), one.sequence) for one in found]


async def test_a_relay_with_nothing_to_send_notices_too(
    outbox_dsn: str, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay_module, "LOG_SECONDS", 0.05)
    bus = MemoryBus({topic: 4})
    await tell(outbox_dsn, topic, TENANT, ANNE)
    async with relaying(outbox_dsn, bus, topic) as relay:
        await until(relay.drained)
        bus.logs.clear()
        await until(lambda: lost(topic) == 1)


async def test_a_look_that_began_before_more_was_sent_is_no_loss(
    outbox_dsn: str, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Slow(MemoryBus):
        looks, released = 0, asyncio.Event()

        async def tail(self, topic: str, most: int) -> Tail:
            self.looks += 1
            found = await super().tail(topic, most)
            if self.looks == 2:
                await self.released.wait()
            return found

    monkeypatch.setattr(relay_module, "LOG_SECONDS", 0.01)
    monkeypatch.setattr(relay_module, "LONGEST_IDLE_SECONDS", 0.02)
    bus = Slow({topic: 4})
    async with relaying(outbox_dsn, bus, topic) as relay:
        await until(lambda: bus.looks == 2)
        await tell(outbox_dsn, topic, TENANT, ANNE)
        relay.poke()
        await until(lambda: bool(bus.records(topic)))
        bus.released.set()
        await until(lambda: bus.looks > 3)
    assert lost(topic) == 0 and REGISTRY.get_sample_value("dunlin_relay_failures_total", {"topic": topic}) == 0


async def test_an_earlier_leader_says_nothing_of_the_database_or_the_log_any_more(outbox_dsn: str) -> None:
    connection = await asyncpg.connect(outbox_dsn)
    earlier = await take_over(connection)
    leader = await take_over(connection)
    for refused in (disown, refuse_after_loss):
        with pytest.raises(Deposed):
            await refused(connection, earlier._replace(ends=(9,)), "seen before the other led")
    assert await era(outbox_dsn) == 1
    assert (await take_over(connection)).ends == ()
    with pytest.raises(Deposed):
        await look(connection, leader)
    await connection.close()


@pytest.mark.parametrize(
    ("ends", "stand", "after", "is_lost"),
    [
        ((), {}, (), False),
        ((), {2: Stretch(0, 3)}, (0, 0, 3), False),
        ((5,), {0: Stretch(5, 7)}, (7,), False),
        ((5,), {0: Stretch(9, 11)}, (11,), False),
        ((5, 4), {1: Stretch(3, 7)}, (5, 8), True),
        ((5,), {0: Stretch(0, 1)}, (6,), True),
    ],
)
def test_where_a_log_ends_after_what_was_appended(
    ends: tuple[int, ...], stand: dict[int, Stretch], after: tuple[int, ...], is_lost: bool
) -> None:
    grown = State("1:1:", "1:1:", 0, 1, ends).with_appended(stand)
    assert grown.ends == after
    assert bool(grown.lost(dict(enumerate(after)) | {part: one.next for part, one in stand.items()})) == is_lost


SAFE = {**TOPIC_CONFIGS, "min.insync.replicas": "2"}


@pytest.mark.parametrize(
    ("settings", "replicas", "brokers", "amiss"),
    [
        (SAFE, 3, 3, []),
        (SAFE, 3, 5, []),
        (SAFE | {"min.insync.replicas": "1"}, 1, 1, []),
        ({}, 3, 3, []),
        (SAFE, 1, 3, ["replication factor is 1, not 3 or more"]),
        (SAFE, 2, 2, []),
        (SAFE | {"min.insync.replicas": "1"}, 3, 3, ["min.insync.replicas is 1, not 2 or more"]),
        (SAFE | {"min.insync.replicas": "2"}, 5, 5, ["min.insync.replicas is 2, not 3 or more"]),
        (SAFE | {"retention.ms": "604800000"}, 3, 3, ["retention.ms is 604800000, not -1"]),
        (SAFE | {"cleanup.policy": "compact"}, 3, 3, ["cleanup.policy is compact, not delete"]),
    ],
)
def test_a_topic_that_may_lose_facts(
    settings: dict[str, str], replicas: int, brokers: int, amiss: list[str]
) -> None:
    assert differences(settings, replicas=replicas, brokers=brokers) == amiss


@pytest.mark.kafka
async def test_a_topic_that_may_lose_facts_is_said_loudly_at_the_start(kafka_broker: Broker, topic: str) -> None:
    if kafka_broker.kind == "mock":
        pytest.skip("the mock cluster tells no settings")
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_broker.bootstrap)
    await admin.start()
    configs = {**TOPIC_CONFIGS, "retention.ms": "604800000"}
    await admin.create_topics([NewTopic(topic, 1, 1, topic_configs=configs)])
    await admin.close()
    with capture_logs() as noted:
        await KafkaBus(kafka_broker.bootstrap, topics={topic: 1, f"{topic}-b": 1}).ensure_topics()
    assert [(one["topic"], one["amiss"]) for one in noted if one["event"] == "topic_unsafe"] == [
        (topic, ["retention.ms is 604800000, not -1"])]
    assert [UNSAFE.labels(one)._value.get() for one in (topic, f"{topic}-b")] == [1, 0]
