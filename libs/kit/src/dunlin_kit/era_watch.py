"""In which era a service tells, looked at for as long as its worker runs: what hears and works stops where it ends."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from dunlin_events.ending import rest
from dunlin_events.relay_state import era_of
from dunlin_kernel.ids import NIL
from dunlin_kit.database import Database, is_passing
from dunlin_kit.telemetry import log

LOOK_SECONDS: Final = 2.0


class EraWatch:
    """`now` is the era; 0 before the first look, and while the database was restored and not rebased."""

    def __init__(self, service: str, database: Database) -> None:
        self._service, self._database = service, database
        self.now = 0
        self._moved = asyncio.Event()
        self._ended = False

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set. While the database is away the era stays what it was.

        However it ends, whoever waits for an era is told: nobody looks for one any more.
        """
        ending = asyncio.create_task(self._end_at(stop))
        try:
            while not stop.is_set():
                await self._look()
                await rest(stop, LOOK_SECONDS)
        finally:
            ending.cancel()
            self._ended = True
            self._moved.set()

    async def in_each(
        self, work: Callable[[int, asyncio.Event], Awaitable[None]], stop: asyncio.Event
    ) -> None:
        """Do it in each era anew, and not between two; it is to return when the event is set that it is given."""
        while not (stop.is_set() or self._ended):
            era, moved = self.now, self._moved
            if not era:
                await moved.wait()
                continue
            await work(era, moved)
            if not moved.is_set():
                return

    async def _look(self) -> None:
        try:
            era = await self._database.read(NIL, lambda tx: era_of(tx.driver)) or 0
        except Exception as away:
            if not is_passing(away):
                raise
            if not self.now:
                log.warning("the worker waits for its database", service=self._service, reason=repr(away))
            return
        if not era:
            log.warning("the worker waits for relay rebase", service=self._service)
        if era != self.now:
            moved, self.now, self._moved = self._moved, era, asyncio.Event()
            moved.set()

    async def _end_at(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._moved.set()
