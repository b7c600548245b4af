"""A reader that hangs shows beside those of its service that turn, and one that has ended shows nothing."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from hearer import Place, subscription, told
from prometheus_client import REGISTRY

from dunlin_events.consuming import Consumer, Subscription, Tx
from dunlin_events.memory_bus import MemoryBus
from dunlin_kernel.ids import new_id

TOPIC = "dunlin-customer"
TENANT = new_id()


async def test_a_consumer_that_hangs_in_a_batch_is_seen_beside_one_of_its_service_that_turns(place: Place) -> None:
    other = "dunlin-credit"

    def turned(topic: str) -> float | None:
        labels = {"topic": topic, "group": "hangs"}
        return REGISTRY.get_sample_value("dunlin_consumer_turned_at_seconds", labels)

    async def round_since(topic: str, before: float) -> None:
        async with asyncio.timeout(30):
            while (turned(topic) or 0.0) <= before:  # noqa: ASYNC110
                await asyncio.sleep(0.02)

    async def transact(tenant: UUID, work: Callable[[Tx], Awaitable[Any]]) -> Any:
        if not free.is_set():
            hung.set()
        await free.wait()
        return await place.database.transact(tenant, work)

    bus, free, hung, stop = MemoryBus(), asyncio.Event(), asyncio.Event(), asyncio.Event()
    free.set()
    hearing_credit = Subscription(consumer="hangs", owner="credit", load=subscription().load, save=subscription().save)
    hanging, turning = (
        asyncio.create_task(Consumer(bus.reader("hangs", [topic], "one"), [heard], run, name="hangs").run(stop))
        for topic, heard, run in (
            (TOPIC, subscription(), transact), (other, hearing_credit, place.database.transact)))
    await round_since(TOPIC, 0)
    free.clear()
    await bus.publisher().publish(TOPIC, [told(TENANT, new_id(), 1)])
    await asyncio.wait_for(hung.wait(), 30)
    hung_at = turned(TOPIC)
    assert hung_at is not None
    await round_since(other, max(hung_at, turned(other) or 0.0))
    assert turned(TOPIC) == hung_at
    free.set()
    await round_since(TOPIC, hung_at)
    stop.set()
    await asyncio.gather(hanging, turning)
    assert (turned(TOPIC), turned(other)) == (None, None)
