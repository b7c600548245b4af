"""Three Kafka nodes, and the leader killed under load: outbox, relay and consumer go on by themselves."""

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest
from aiokafka.admin import AIOKafkaAdminClient
from emitting import emit
from faults_told import Timeline
from hearer import Place, hearing, subscription
from patience import Patience

from dunlin_events.consuming import Consumer
from dunlin_events.kafka import KafkaBus
from dunlin_events.nodes_for_tests import Node, own_nodes
from dunlin_events.own_log import tail_of
from dunlin_events.relay import Relay
from dunlin_kernel.ids import new_id

TOPIC = "dunlin-customer"
CUSTOMERS = 30
PAUSE_S = 0.03
MORE = 20
"""So many facts each stream hears between two steps, at least."""
Cluster = Sequence[Node]


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    with own_nodes(tmp_path, 3) as nodes:
        yield nodes


async def tell(dsn: str, customers: list[UUID], stop: asyncio.Event) -> int:
    """Facts about all of them, again and again; returns how many of each."""
    connection, tenant, rounds = await asyncpg.connect(dsn), new_id(), 0
    while not stop.is_set():
        await emit(connection, tenant, *customers)
        rounds += 1
        await asyncio.sleep(PAUSE_S)
    await connection.close()
    return rounds


def address_of(cluster: Cluster) -> str:
    return ",".join(node.bootstrap for node in cluster)


async def leader(cluster: Cluster) -> Node:
    """Of the first partition, as it is now."""
    admin = AIOKafkaAdminClient(bootstrap_servers=address_of(cluster))
    await admin.start()
    [topic] = await admin.describe_topics([TOPIC])
    await admin.close()
    [number] = [one["leader"] for one in topic["partitions"] if one["partition"] == 0]
    return cluster[int(number) - 1]


async def all_hear_more(place: Place) -> None:
    """Wait until each stream, and so each partition, has moved on."""
    seen = "SELECT coalesce(min(sequence), 0)::int, coalesce(sum(sequence), 0)::int FROM watermark"
    [(least, total)] = await place.rows(seen)
    before, patience = least, Patience(lambda: total)
    while least < before + MORE:
        assert patience.lasts(), "nothing is heard any more"
        await asyncio.sleep(0.1)
        [(least, total)] = await place.rows(seen)


async def kill_leaders(cluster: Cluster, place: Place, timeline: Timeline, *, times: int) -> None:
    """The one that leads is killed; the others go on without it, and with it when it is back."""
    await all_hear_more(place)
    for _ in range(times):
        node = await leader(cluster)
        node.kill()
        timeline.note(f"kill -9 the leader, node {node.number}")
        await all_hear_more(place)
        await asyncio.to_thread(node.start)
        timeline.note("start it")
        await all_hear_more(place)


async def longest_silence(place: Place, stop: asyncio.Event) -> float:
    """The longest time in which nothing new was heard, in seconds."""
    clock, longest, heard, since = asyncio.get_running_loop().time, 0.0, -1, 0.0
    while not stop.is_set():
        [(now,)] = await place.rows("SELECT coalesce(sum(sequence), 0)::bigint FROM watermark")
        if now != heard:
            heard, since = now, clock()
        longest = max(longest, clock() - since)
        await asyncio.sleep(0.1)
    return longest


@pytest.mark.chaos
@pytest.mark.kafka
@pytest.mark.timeout(0)
async def test_the_leader_of_three_nodes_killed_under_load(
    postgres: str, outbox_dsn: str, cluster: Cluster, request: pytest.FixtureRequest, timeline: Timeline
) -> None:
    times = 6 if request.config.getoption("--minutes") >= 1 else 1
    bus = KafkaBus(address_of(cluster), topics={TOPIC: 6}, session_s=6.0, request_timeout_ms=5000)
    await bus.ensure_topics()
    customers, writing, ended = [new_id() for _ in range(CUSTOMERS)], asyncio.Event(), asyncio.Event()
    relay = Relay(outbox_dsn, bus.publisher(), topic=TOPIC).comparing_with(tail_of(bus, TOPIC))
    async with hearing(postgres) as place:
        reader = bus.reader("hearer", [TOPIC], "one")
        consumer = Consumer(reader, [subscription()], place.database.transact, name="hearer")
        running = [asyncio.create_task(relay.run(ended)), asyncio.create_task(consumer.run(ended))]
        watching = asyncio.create_task(longest_silence(place, writing))
        telling = asyncio.create_task(tell(outbox_dsn, customers, writing))
        await kill_leaders(cluster, place, timeline, times=times)
        writing.set()
        rounds = await telling
        wanted = " ".join(str(n) for n in range(1, rounds + 1))
        orders: list[str] = []
        patience = Patience(lambda: orders)
        while orders != [wanted] * CUSTOMERS:
            assert patience.lasts(), f"not {wanted} for all: {orders}"
            await asyncio.sleep(0.2)
            orders = [row[0] for row in await place.rows('SELECT "order" FROM heard_sum ORDER BY customer_id')]
        ended.set()
        await asyncio.gather(*running)
        silence = await watching
        assert await place.parked() == []
        assert rounds > 2 * MORE * times
        timeline.survived(f"{times} kills of the leader of three Kafka nodes: {rounds * CUSTOMERS} events, "
                          f"longest silence {silence:.1f} s; lost 0, doubled 0")
