"""A relay in a process of its own, which can be stopped and woken; its bus is the table `sent` of the same database."""

import asyncio
import sys
from collections.abc import Mapping, Sequence

import asyncpg

from dunlin_events import relay, sessions
from dunlin_events.envelope import Envelope, Record
from dunlin_events.postgres_reader import read_headers, written_headers
from dunlin_events.topics import Stretch, Tail

SENT = "CREATE TABLE sent(id int GENERATED ALWAYS AS IDENTITY, who text, sequence int, key text, headers text)"
"""Its bus, which whoever starts it makes."""


class TableBus:
    """Writes down who sent what, in the order of sending."""

    def __init__(self, dsn: str, who: str) -> None:
        self._dsn, self._who = dsn, who

    async def start(self) -> None:
        self._connection = await asyncpg.connect(self._dsn)

    async def publish(self, topic: str, records: Sequence[Record]) -> Mapping[int, Stretch]:
        rows = [(self._who, Envelope.of(one).sequence, one.key, written_headers(one.headers)) for one in records]
        async with self._connection.transaction():
            await self._connection.executemany(
                "INSERT INTO sent(who, sequence, key, headers) VALUES ($1, $2, $3, $4)", rows)
            end = await self._connection.fetchval("SELECT count(*) FROM sent")
        return {0: Stretch(end - len(rows), end)}

    async def tail(self) -> Tail:
        """Its one partition's."""
        looking = await asyncpg.connect(self._dsn)
        rows = await looking.fetch("SELECT key, headers FROM sent ORDER BY id")
        await looking.close()
        told = [Record(key, read_headers(headers), b"") for key, headers in rows]
        return Tail(told, {0: len(told)} if told else {})

    async def stop(self) -> None:
        self._connection.terminate()


async def main(dsn: str, who: str, silence_ms: str) -> None:
    sessions.SILENCE_MS = silence_ms
    bus = TableBus(dsn, who)
    await relay.Relay(dsn, bus, topic="dunlin-customer").comparing_with(bus.tail).run(asyncio.Event())


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
