"""Which streams stand still: told to operators, tried again where that helps; too many of them stop a consumer."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final

import structlog
from prometheus_client import Gauge

from dunlin_events import parked_rows
from dunlin_events.applying import BEHIND, UNDECODABLE
from dunlin_events.dead_letters import DeadLetters
from dunlin_events.draining import drain, tenant_of
from dunlin_events.parked_rows import Parked
from dunlin_events.subscription import Subscription, Transact
from dunlin_events.watermark import ERA, HOLE, POISON, UNREADY, Key
from dunlin_kernel.ids import NIL

UNREADY_S: Final = 1.0
"""Between two tries of what waits for something that is on its way."""
LOOK_S: Final = 5.0
"""Between two looks for streams that can go on, as after a member died between a commit and a drain."""
HELD = Gauge("dunlin_consumer_held_streams", "Streams that stand still; undecodable: records", ["consumer", "reason"])
LOG = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ParkingLimit:
    """More than `events` parked within `within`: the fault is not in the events, and the consumer stops."""

    events: int = 100
    within: timedelta = timedelta(minutes=10)


class TooManyParked(Exception):
    """So many events could not be applied that an operator must look before more are parked."""


class Standing:
    """The streams of a consumer's subscriptions that stand still."""

    def __init__(self, subscriptions: Sequence[Subscription], transact: Transact, limit: ParkingLimit) -> None:
        self.dead_letters: DeadLetters | None = None
        self._by_key = {(one.consumer, one.owner): one for one in subscriptions}
        self._transact, self._limit = transact, limit
        self._unready = False
        self._next_try = 0.0

    async def look(self) -> list[Key]:
        """Read anew which streams stand still, and show it. Returns those that can go on."""
        self._unready, can_go_on = False, list[Key]()
        for consumer in self._consumers():
            reasons, found = await self._transact(NIL, partial(parked_rows.standing, consumer=consumer))
            can_go_on += found
            self._unready |= UNREADY in reasons
            for reason in (HOLE, ERA, POISON, UNREADY, UNDECODABLE):
                HELD.labels(consumer, reason).set(reasons.get(reason, 0))
        return can_go_on

    async def retry(self) -> None:
        """Now and then, let streams go on that can."""
        now = asyncio.get_running_loop().time()
        if now < self._next_try:
            return
        if can_go_on := await self.look():
            await self.drain(can_go_on)
            await self.look()
        self._next_try = now + (UNREADY_S if self._unready else LOOK_S)

    async def tell(self, parked: Sequence[Parked]) -> None:
        """Alarm, copy what can never work, and stop when it is too much: raises TooManyParked."""
        first = [one for one in parked if one.reason != BEHIND]
        for one in first:
            LOG.error("event_parked", reason=one.reason, detail=one.detail, mark=one.mark, **one.key._asdict())
        self._next_try = 0.0
        if self.dead_letters is not None:
            await self.dead_letters.copy([one for one in first if one.reason in (POISON, UNDECODABLE)])
        for consumer in sorted({one.key.consumer for one in first}):
            within = self._limit.within
            count = await self._transact(NIL, partial(parked_rows.poisoned, consumer=consumer, within=within))
            if count > self._limit.events:
                LOG.critical("consumer_stops", consumer=consumer, parked=count, within=str(within))
                raise TooManyParked(f"{consumer}: {count} events parked within {within}")

    async def drain(self, keys: Iterable[Key]) -> None:
        """Apply what waits in these streams, as far as it goes. Raises TooManyParked."""
        for key in keys:
            if subscription := self._by_key.get((key.consumer, key.owner)):
                mark = await drain(self._transact, subscription, key)
                if mark.held == POISON:
                    failed = await self._transact(tenant_of(key), partial(parked_rows.first_waiting, key=key))
                    await self.tell([failed] if failed else [])

    async def stop(self) -> None:
        """Let go of the bus."""
        if self.dead_letters is not None:
            await self.dead_letters.stop()

    def _consumers(self) -> list[str]:
        return sorted({consumer for consumer, _ in self._by_key})
