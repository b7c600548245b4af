"""Consuming: batches from the bus, each applied in one transaction under its watermarks, then the offsets."""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Final, Self

import structlog
from prometheus_client import Counter, Gauge

from dunlin_events.applying import Item, Plan, apply, lock, store
from dunlin_events.broken_world import is_world_broken
from dunlin_events.contracts.base import FACTS, import_contracts
from dunlin_events.crash_points import passing
from dunlin_events.dead_letters import DeadLetters
from dunlin_events.draining import reason_of, tenant_of
from dunlin_events.ending import is_told_to_end, rest
from dunlin_events.eras import says_all_was_told
from dunlin_events.joining import join, strangers
from dunlin_events.own_log import Look
from dunlin_events.parked_rows import Parked, ParkedEventColumns
from dunlin_events.standing import ParkingLimit, Standing, TooManyParked
from dunlin_events.subscription import Subscription, Transact, Tx
from dunlin_events.topics import Displaced, Reader, Received, topic_of
from dunlin_events.watermark import WatermarkColumns
from dunlin_kernel.ids import NIL

__all__ = [
    "Consumer", "ParkedEventColumns", "ParkingLimit", "Subscription", "TooManyParked", "Transact", "Tx",
    "WatermarkColumns",
]

MOST_EVENTS: Final = 500
LEAST_EVENTS: Final = 100
"""Fewer would not be quicker: a batch has ten trips and a commit, whatever is in it. But fewer may still be done where
more are too much: after a failure a batch is half as large, down to one event, and grows again as batches succeed."""
BATCH_S: Final = 0.030
"""Aim of a batch: its locks are held no longer, whatever the handlers cost."""
LONGEST_BATCH_S: Final = 5.0
"""One that took longer is followed by none that is larger: it would come near the time limits of a transaction."""
POLL_MS: Final = 500
FIRST_WAIT_S: Final = 0.1
LONGEST_WAIT_S: Final = 30.0

LAG = Gauge("dunlin_consumer_lag_records", "Records stored and not yet read", ["topic", "group"])
TURNED = Gauge(
    "dunlin_consumer_turned_at_seconds", "When it last came round, in seconds since 1970", ["topic", "group"])
FAILURES = Counter("dunlin_consumer_failures", "Batches to be tried again because the world is broken", ["group"])
UNKNOWN = Counter(
    "dunlin_consumer_unknown_types", "Facts passed over: no contract has their type", ["consumer", "owner"])
LOG = structlog.get_logger(__name__)


class Consumer:
    """Reads for its subscriptions until it is told to stop. `name` is its group on the bus."""

    def __init__(
        self, reader: Reader, subscriptions: Sequence[Subscription], transact: Transact, *, name: str,
        limit: ParkingLimit | None = None,
    ) -> None:
        self._reader, self._transact, self.name = reader, transact, name
        self._standing = Standing(subscriptions, transact, limit or ParkingLimit())
        self._subscriptions: dict[str, list[Subscription]] = {}
        for subscription in subscriptions:
            self._subscriptions.setdefault(topic_of(subscription.owner), []).append(subscription)
        self._size = LEAST_EVENTS
        self._look: Look | None = None
        FAILURES.labels(name)  # at zero: from no value to one is no increase

    def copying_to(self, dead_letters: DeadLetters) -> Self:
        """Copy to them, from now on, what can never be applied."""
        self._standing.dead_letters = dead_letters
        dead_letters.count_from_zero(self._subscriptions)
        return self

    def joining_by(self, look: Look) -> Self:
        """Where nothing was heard yet, begin in the era with which the log ends."""
        self._look = look
        return self

    async def run(self, stop: asyncio.Event) -> None:
        """Return when `stop` is set. Raises TooManyParked, and Displaced when another runs under this name."""
        wait = FIRST_WAIT_S
        await self._reader.start()
        try:
            while not stop.is_set():
                for topic in self._subscriptions:
                    TURNED.labels(topic, self.name).set_to_current_time()
                try:
                    await self._join()
                    await self.turn(timeout_ms=POLL_MS)
                    wait = FIRST_WAIT_S
                except (TooManyParked, Displaced):
                    raise
                except (Exception, asyncio.CancelledError) as broken:
                    if is_told_to_end():
                        raise
                    FAILURES.labels(self.name).inc()
                    LOG.warning("consumer_waits", group=self.name, seconds=wait, reason=repr(broken))
                    await rest(stop, wait)
                    wait = min(wait * 2, LONGEST_WAIT_S)
        finally:
            await self._reader.stop()
            await self._standing.stop()
            for topic in self._subscriptions:
                TURNED.remove(topic, self.name)  # it was told to end: it does not hang

    async def turn(self, *, timeout_ms: int) -> int:
        """Take one batch from the bus, apply it and commit its offsets; return its size.

        Raises TooManyParked, and what the bus or the database raises when it is away: the batch then comes again.
        """
        await self._standing.retry()
        batch = await self._reader.poll(max_records=self._size, timeout_ms=timeout_ms)
        try:
            self._measure()
            items = [item for received in batch.values() for one in received for item in self._items(one)]
            await self._apply(items)
        except BaseException:
            if batch:
                self._size = max(1, sum(map(len, batch.values())) // 2)
            for partition, received in batch.items():
                await self._reader.seek(partition, min(one.offset for one in received))
            raise
        if batch:
            passing("before_offsets")
            await self._reader.commit({p: max(one.offset for one in received) + 1 for p, received in batch.items()})
            passing("after_offsets")
            _count_unknown(items)
        return sum(map(len, batch.values()))

    async def _join(self) -> None:
        if self._look is None:
            return
        subscriptions = [one for some in self._subscriptions.values() for one in some]
        if new := await self._transact(NIL, partial(strangers, subscriptions=subscriptions)):
            tail = await self._look()
            for one in new:
                await self._transact(NIL, partial(join, subscription=one, tail=tail))
        self._look = None

    def _items(self, received: Received) -> list[Item]:
        topic, number = received.partition
        place = f"{topic}/{number}@{received.offset}"
        return [Item.of(subscription, received.record, place) for subscription in self._subscriptions[topic]]

    async def _apply(self, items: Sequence[Item]) -> None:
        if not items:
            return
        clock = asyncio.get_running_loop().time
        began = clock()
        try:
            plan = await self._together(items)
        except Exception as error:
            if is_world_broken(error):
                raise
            for item in items:
                await self._alone(item)
        else:
            await self._settle(plan)
        self._grow(len(items), max(clock() - began, 1e-6))

    def _grow(self, events: int, took: float) -> None:
        wanted = max(LEAST_EVENTS, min(MOST_EVENTS, int(events * BATCH_S / took)))
        self._size = min(wanted, self._size * 2 if took < LONGEST_BATCH_S else self._size)

    async def _together(self, items: Sequence[Item]) -> Plan:
        return await self._transact(tenant_of(items[0].key), partial(apply, items=items))

    async def _settle(self, plan: Plan) -> None:
        await self._standing.drain(sorted(plan.closed))
        if plan.parked:
            await self._standing.tell(plan.parked)

    async def _alone(self, item: Item) -> None:
        """One event in a transaction of its own; one that fails is parked, and its stream stands still.

        The end of an era is no event, and calls no handler: what is in its way is the world, and it comes again.
        """
        try:
            plan = await self._together([item])
        except Exception as error:
            if is_world_broken(error) or (item.envelope and not item.is_numbered):
                raise
            failed = item.parked(reason_of(error), repr(error))
            parked = await self._transact(tenant_of(item.key), partial(_hold, item=item, failed=failed))
            await self._standing.tell(parked)
        else:
            await self._settle(plan)

    def _measure(self) -> None:
        behind = dict.fromkeys(self._subscriptions, 0)
        for partition, records in self._reader.lag().items():
            behind[partition.topic] += records
        for topic, records in behind.items():
            LAG.labels(topic, self.name).set(records)


def _count_unknown(items: Sequence[Item]) -> None:
    """Of types that no contract here has; one without a handler is none of them."""
    for item in items:
        if item.envelope is not None and item.event is None and item.envelope.type not in FACTS:
            import_contracts()  # a service imports those it handles; any other it meets once
            if item.envelope.type not in FACTS and not says_all_was_told(item.envelope.type):
                UNKNOWN.labels(item.key.consumer, item.key.owner).inc()


async def _hold(tx: Tx, *, item: Item, failed: Parked) -> list[Parked]:
    """Park the event that failed, or that only waits, unless another process has settled it meanwhile."""
    marks = await lock(tx, [item])
    plan = Plan(dict(marks))
    plan.place(item)
    if plan.work:
        plan.parked = [failed]
        plan.moved = {item.key}
        plan.marks[item.key] = marks[item.key]._replace(held=failed.reason)
    await store(tx, plan)
    return plan.parked
