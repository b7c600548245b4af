"""Waking a reader in another process soon after a commit, without NOTIFY inside business transactions."""

import asyncio

import asyncpg
import structlog

from dunlin_events.ending import rest

OUTBOX_CHANNEL = "dunlin_outbox"
"""What relays listen on, each in the database of its service."""

LOG = structlog.get_logger(__name__)


class Poker:
    """Sends what was asked of it as NOTIFY, coalesced, on a connection of its own.

    A lost NOTIFY costs time only: whoever listens looks by itself now and then.
    """

    def __init__(self, dsn: str, *, channel: str = OUTBOX_CHANNEL, most_per_second: int = 40) -> None:
        """The first is sent at once; under load they come so often at most, for each costs as much as a statement."""
        self._dsn, self._notify, self._channel, self._gap = dsn, f'NOTIFY "{channel}"', channel, 1 / most_per_second
        self._wanted = asyncio.Event()

    def poke(self) -> None:
        """Ask for a NOTIFY; returns at once. Call it after the commit."""
        self._wanted.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Send until `stop` is set; a broken connection is made anew."""
        ending = asyncio.create_task(self._wake_at(stop))
        try:
            while not stop.is_set():
                try:
                    await self._send_while_connected(stop)
                except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as broken:
                    LOG.warning("poker_disconnected", channel=self._channel, error=repr(broken))
                    await rest(stop, 1)
        finally:
            ending.cancel()

    async def _send_while_connected(self, stop: asyncio.Event) -> None:
        connection = await asyncpg.connect(self._dsn, timeout=5, command_timeout=5)
        try:
            while True:
                await self._wanted.wait()
                if stop.is_set():
                    return
                self._wanted.clear()
                await connection.execute(self._notify)
                await asyncio.sleep(self._gap)
        finally:
            connection.terminate()

    async def _wake_at(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._wanted.set()
