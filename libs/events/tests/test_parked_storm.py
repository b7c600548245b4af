"""Many streams that stand still at once: what they cost is bounded by what comes, not by what stands."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from hearer import Place, hearing, subscription, told

from dunlin_events.consuming import LEAST_EVENTS, Consumer
from dunlin_events.memory_bus import MemoryBus
from dunlin_kernel.ids import new_id

TOPIC = "dunlin-customer"
TENANT = new_id()
HELD, FLOWING, LAST = 60, 20, 6
FOR_ONE, FOR_A_TURN = 3, 3
"""Transactions: apply it, hold it, count what was parked; see what can go on, show what stands, apply the batch."""


class Counted:
    """The transactions of a consumer."""

    def __init__(self, place: Place) -> None:
        self._place, self.count = place, 0

    async def transact(self, tenant: UUID, work: Callable[[Any], Awaitable[Any]]) -> Any:
        self.count += 1
        return await self._place.database.transact(tenant, work)


async def turns(consumer: Consumer) -> int:
    """How many until nothing is left."""
    number = 1
    while await consumer.turn(timeout_ms=0):
        number += 1
    return number


async def test_a_storm_of_parked_streams_costs_the_others_nothing(postgres: str) -> None:
    held, flowing = [new_id() for _ in range(HELD)], [new_id() for _ in range(FLOWING)]
    bus = MemoryBus()
    async with hearing(postgres) as place:
        counted = Counted(place)
        reader = bus.reader("hearer", [TOPIC], "one")
        consumer = Consumer(reader, [subscription()], counted.transact, name="hearer")
        first = [told(TENANT, one, 1, 666) for one in held] + [told(TENANT, one, 1) for one in flowing]
        await bus.publisher().publish(TOPIC, first)
        taken = await turns(consumer)
        assert counted.count <= FOR_ONE * len(first) + FOR_A_TURN * taken

        counted.count = 0
        later = [told(TENANT, one, n) for n in range(2, LAST + 1) for one in (*held, *flowing)]
        await bus.publisher().publish(TOPIC, later)
        taken = await turns(consumer)
        assert taken <= len(later) // LEAST_EVENTS + 2, "a batch is as large as without them"
        assert counted.count <= FOR_A_TURN * taken, "nothing is tried one by one, and nothing that can never work again"
        wanted = " ".join(str(n) for n in range(1, LAST + 1))
        assert {await place.order(one) for one in flowing} == {wanted}
        assert len(await place.parked()) == HELD * LAST
