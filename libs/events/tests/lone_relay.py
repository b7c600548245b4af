"""A relay in a process of its own, which can be stopped and woken; its bus is the table `sent` of the same database."""

import asyncio
import sys
from collections.abc import Sequence

import asyncpg

from dunlin_events import relay, sessions
from dunlin_events.envelope import Envelope, Record


class TableBus:
    """Writes down who sent what, in the order of sending."""

    def __init__(self, dsn: str, who: str) -> None:
        self._dsn, self._who = dsn, who

    async def start(self) -> None:
        self._connection = await asyncpg.connect(self._dsn)

    async def publish(self, topic: str, records: Sequence[Record]) -> None:
        rows = [(self._who, Envelope.of(record).sequence) for record in records]
        await self._connection.executemany("INSERT INTO sent(who, sequence) VALUES ($1, $2)", rows)

    async def stop(self) -> None:
        self._connection.terminate()


async def main(dsn: str, who: str, silence_ms: str) -> None:
    sessions.SILENCE_MS = silence_ms
    await relay.Relay(dsn, TableBus(dsn, who), topic=who).run(asyncio.Event())


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
