"""Consuming: batches from the bus, each applied in one transaction under its watermarks, then the offsets."""

import asyncio
from collections.abc import Sequence

from dunlin_events.parking import ParkedEventColumns
from dunlin_events.subscription import Subscription, Transact, Tx
from dunlin_events.topics import Reader
from dunlin_events.watermark import WatermarkColumns

__all__ = ["Consumer", "ParkedEventColumns", "Subscription", "Transact", "Tx", "WatermarkColumns"]


class Consumer:
    """Reads for its subscriptions until it is told to stop."""

    def __init__(
        self, reader: Reader, subscriptions: Sequence[Subscription], transact: Transact, *, name: str
    ) -> None:
        self._reader, self._subscriptions, self._transact, self.name = reader, subscriptions, transact, name

    async def run(self, stop: asyncio.Event) -> None:
        """Return when `stop` is set."""
        raise NotImplementedError
