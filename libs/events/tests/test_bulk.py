"""100,000 facts told in one transaction go through outbox, relay, bus and consumer: each once, each stream in order."""

import asyncio

import asyncpg
import pytest
from both_buses import bus, lasting_bus, topic
from emitting import emit
from hearer import hearing, subscription
from patience import Patience

from dunlin_events.consuming import Consumer
from dunlin_events.own_log import tail_of
from dunlin_events.relay import Relay
from dunlin_events.testing import kafka_broker
from dunlin_events.topics import Bus
from dunlin_kernel.ids import new_id

__all__ = ["bus", "kafka_broker", "lasting_bus", "topic"]
CUSTOMERS, EACH = 2_000, 50


@pytest.mark.full
@pytest.mark.timeout(0)
@pytest.mark.usefixtures("lasting_bus")
async def test_very_many_facts_in_one_go(postgres: str, outbox_dsn: str, bus: Bus, topic: str) -> None:
    tenant, customers, stop = new_id(), [new_id() for _ in range(CUSTOMERS)], asyncio.Event()
    clock = asyncio.get_running_loop().time
    async with hearing(postgres) as place:
        consumer = Consumer(bus.reader(topic, [topic], "one"), [subscription()], place.database.transact, name="hearer")
        relay = Relay(outbox_dsn, bus.publisher(), topic=topic).comparing_with(tail_of(bus, topic))
        running = [asyncio.create_task(relay.run(stop)), asyncio.create_task(consumer.run(stop))]
        connection = await asyncpg.connect(outbox_dsn)
        began = clock()
        await emit(connection, tenant, *(customer for _ in range(EACH) for customer in customers))
        told = clock()
        await connection.close()
        heard = 0
        patience = Patience(lambda: heard)
        while heard < CUSTOMERS * EACH:
            assert patience.lasts(), f"{heard} heard, and no more come"
            await asyncio.sleep(0.2)
            [(heard,)] = await place.rows("SELECT coalesce(sum(sequence), 0)::int FROM watermark")
        print(f"told in {told - began:.1f} s, heard {clock() - told:.1f} s later")
        stop.set()
        await asyncio.gather(*running)
        in_order = " ".join(map(str, range(1, EACH + 1)))
        assert await place.rows('SELECT "order", contacts, count(*)::int FROM heard_sum GROUP BY 1, 2') == [
            (in_order, EACH, CUSTOMERS)]
        assert await place.parked() == []
