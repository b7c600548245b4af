"""Three Kafka nodes, each killed in turn under load: outbox, relay and consumer go on by themselves."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest
from emitting import emit
from hearer import Place, hearing, subscription

from dunlin_events.broker_for_tests import startable
from dunlin_events.consuming import Consumer
from dunlin_events.java_broker import JavaCluster
from dunlin_events.kafka import KafkaBus
from dunlin_events.relay import Relay
from dunlin_kernel.ids import new_id

TOPIC = "dunlin-customer"
CUSTOMERS = 30
PAUSE_S = 0.03
DOWN_S, UP_S = 4.0, 9.0


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[JavaCluster]:
    if startable() != "java":
        pytest.skip("kills nodes of its own, in Java")
    own = JavaCluster(tmp_path)
    try:
        await asyncio.to_thread(own.start)
        yield own
    finally:
        own.kill()


async def tell(dsn: str, customers: list[UUID], stop: asyncio.Event) -> int:
    """Facts about all of them, again and again; returns how many of each."""
    connection, tenant, rounds = await asyncpg.connect(dsn), new_id(), 0
    while not stop.is_set():
        await emit(connection, tenant, *customers)
        rounds += 1
        await asyncio.sleep(PAUSE_S)
    await connection.close()
    return rounds


async def kill_each(cluster: JavaCluster) -> None:
    """Whoever leads a partition, a group or the cluster is among them."""
    for node in cluster.nodes:
        node.kill()
        await asyncio.sleep(DOWN_S)
        await asyncio.to_thread(node.start)
        await asyncio.sleep(UP_S)


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
@pytest.mark.timeout(300)
async def test_each_of_three_nodes_killed_under_load(postgres: str, outbox_dsn: str, cluster: JavaCluster) -> None:
    bus = KafkaBus(cluster.bootstrap, topics={TOPIC: 6}, session_s=6.0, request_timeout_ms=5000)
    await bus.ensure_topics()
    customers, writing, ended = [new_id() for _ in range(CUSTOMERS)], asyncio.Event(), asyncio.Event()
    relay = Relay(outbox_dsn, bus.publisher(), topic=TOPIC)
    async with hearing(postgres) as place:
        reader = bus.reader("hearer", [TOPIC], "one")
        consumer = Consumer(reader, [subscription()], place.database.transact, name="hearer")
        running = [asyncio.create_task(relay.run(ended)), asyncio.create_task(consumer.run(ended))]
        watching = asyncio.create_task(longest_silence(place, writing))
        telling = asyncio.create_task(tell(outbox_dsn, customers, writing))
        await kill_each(cluster)
        writing.set()
        rounds = await telling
        wanted = " ".join(str(n) for n in range(1, rounds + 1))
        async with asyncio.timeout(60):
            while True:
                orders = {await place.order(customer) for customer in customers}
                if orders == {wanted}:
                    break
                await asyncio.sleep(0.2)
        ended.set()
        await asyncio.gather(*running)
        print(f"{rounds * CUSTOMERS} facts, 3 nodes killed; longest silence {await watching:.1f} s")
        assert await place.parked() == []
        assert rounds > 100
