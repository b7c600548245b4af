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
TRY_S: Final = 1.0
"""A try begins no further stream after so long, and goes on with it next time: new events come in between."""
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
        self._tried = Key("", "", "")

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
        """Now and then, let streams go on that can; never twice without what is new in between, even if it fails."""
        clock = asyncio.get_running_loop().time
        if clock() < self._next_try:
            return
        wait = UNREADY_S
        try:
            if can_go_on := await self.look():
                all_tried = await self._try(can_go_on, until=clock() + TRY_S)
                await self.look()
            else:
                all_tried = True
            wait = LOOK_S if all_tried and not self._unready else UNREADY_S
        finally:
            self._next_try = clock() + wait

    async def _try(self, can_go_on: Iterable[Key], *, until: float) -> bool:
        """In turn, beginning after the last that was tried; return whether all were."""
        clock = asyncio.get_running_loop().time
        left = sorted(can_go_on, key=lambda key: (key <= self._tried, key))
        while left:
            self._tried = left.pop(0)
            await self.drain([self._tried])
            if clock() >= until:
                break
        return not left

    async def tell(self, parked: Sequence[Parked]) -> None:
        """Alarm, copy what can never work, and stop when it is too much: raises TooManyParked.

        It is counted first: the copy may be broken off.
        """
        first = [one for one in parked if one.reason != BEHIND]
        for one in first:
            wish = {"correlation_id": one.envelope.correlation_id} if one.envelope else {}
            LOG.error("event_parked", reason=one.reason, detail=one.detail, mark=one.mark, **one.key._asdict(), **wish)
        self._next_try = 0.0
        too_many = await self._too_many({one.key.consumer for one in first})
        if self.dead_letters is not None:
            await self.dead_letters.copy([one for one in first if one.reason in (POISON, UNDECODABLE)])
        if too_many:
            raise TooManyParked(too_many)

    async def _too_many(self, consumers: Iterable[str]) -> str | None:
        within = self._limit.within
        for consumer in sorted(consumers):
            count = await self._transact(NIL, partial(parked_rows.poisoned, consumer=consumer, within=within))
            if count > self._limit.events:
                LOG.critical("consumer_stops", consumer=consumer, parked=count, within=str(within))
                return f"{consumer}: {count} events parked within {within}"
        return None

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
