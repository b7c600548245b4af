"""The bus kept in PostgreSQL: an append-only log per topic and partition, for one machine."""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import asyncpg

from dunlin_events import sessions
from dunlin_events.envelope import Record
from dunlin_events.postgres_group import CHANNEL, Membership, away, close
from dunlin_events.postgres_reader import PostgresReader, read_headers, written_headers
from dunlin_events.topics import MANIFEST, BusAway, Stretch, Tail, WrongPartitionCount, partition_of

_TABLES = """
CREATE TABLE IF NOT EXISTS bus_topic (topic text PRIMARY KEY, partitions int NOT NULL);
CREATE TABLE IF NOT EXISTS bus_head (topic text, part int, next bigint NOT NULL, PRIMARY KEY (topic, part));
CREATE TABLE IF NOT EXISTS bus_record (
    topic text, part int, at bigint, key text NOT NULL, headers text NOT NULL, value bytea,
    stored_at timestamptz NOT NULL DEFAULT clock_timestamp(), PRIMARY KEY (topic, part, at));
CREATE TABLE IF NOT EXISTS bus_offset (
    grp text, topic text, part int, next bigint NOT NULL, PRIMARY KEY (grp, topic, part));
CREATE TABLE IF NOT EXISTS bus_member (
    grp text, member text, epoch bigint NOT NULL, topics text[] NOT NULL, seen_at timestamptz NOT NULL,
    PRIMARY KEY (grp, member));
CREATE TABLE IF NOT EXISTS bus_claim (
    grp text, topic text, part int, member text NOT NULL, PRIMARY KEY (grp, topic, part));
"""

_APPEND = """
WITH e AS (
    SELECT p, k, h, v, row_number() OVER w AS i, count(*) OVER (PARTITION BY p) AS n
    FROM unnest($2::int[], $3::text[], $4::text[], $5::bytea[]) WITH ORDINALITY AS x(p, k, h, v, o)
    WINDOW w AS (PARTITION BY p ORDER BY o)),
head AS (
    INSERT INTO bus_head (topic, part, next) SELECT $1, p, n FROM e WHERE i = 1 ORDER BY p
    ON CONFLICT (topic, part) DO UPDATE SET next = bus_head.next + excluded.next RETURNING part, next),
appended AS (
    INSERT INTO bus_record (topic, part, at, key, headers, value)
    SELECT $1, p, head.next - n + i - 1, k, h, v FROM e JOIN head ON head.part = e.p)
SELECT p, head.next - n, head.next FROM e JOIN head ON head.part = e.p WHERE i = 1
"""

_TAIL = """
SELECT r.key, r.headers, r.value FROM bus_head h
CROSS JOIN LATERAL (SELECT b.at, b.key, b.headers, b.value FROM bus_record b
    WHERE b.topic = h.topic AND b.part = h.part AND b.at >= h.next - $2) AS r
WHERE h.topic = $1 ORDER BY h.part, r.at
"""

_ENDS = "SELECT part, next FROM bus_head WHERE topic = $1"

_DECLARE = """
INSERT INTO bus_topic (topic, partitions) SELECT * FROM unnest($1::text[], $2::int[])
ON CONFLICT (topic) DO UPDATE SET topic = excluded.topic RETURNING topic, partitions
"""


def driver_dsn(url: str) -> str:
    """The address as the driver wants it: without SQLAlchemy's name of the driver."""
    return url.replace("postgresql+asyncpg://", "postgresql://", 1)


class PostgresPublisher:
    """Appends to the log; offsets come from head rows, taken in the appending statement."""

    def __init__(self, dsn: str, topics: Mapping[str, int]) -> None:
        self._dsn, self._topics = dsn, topics
        self._connection: Any = None
        self._turn = asyncio.Lock()

    async def start(self) -> None:
        """Connect, if the server is there; else `publish` tries again."""
        with contextlib.suppress(BusAway):
            async with self._turn:
                await self._connected()

    async def publish(self, topic: str, records: Sequence[Record]) -> Mapping[int, Stretch]:
        """All in one transaction. Raises BusAway."""
        if not records:
            return {}
        count = self._topics[topic]
        columns = (
            [partition_of(record.key, count) for record in records],
            [record.key for record in records],
            [written_headers(record.headers) for record in records],
            [record.value for record in records],
        )
        async with self._turn, away(self._let_go):
            connection = await self._connected()
            rows = await connection.fetch(_APPEND, topic, *columns)
            # In a transaction of its own: NOTIFY in the appending one would make all publishers commit one by one.
            await connection.execute("SELECT pg_notify($1, $2)", CHANNEL, topic)
            return {part: Stretch(first, end) for part, first, end in rows}

    async def stop(self) -> None:
        async with self._turn:
            connection, self._connection = self._connection, None
            if connection is not None:
                await close(connection)

    def _let_go(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()

    async def _connected(self) -> Any:
        if self._connection is None or self._connection.is_closed():
            async with away():
                self._connection = await asyncpg.connect(
                    self._dsn, timeout=10, command_timeout=30,
                    server_settings={"application_name": "dunlin bus publisher", **sessions.impatient()},
                )
        return self._connection


class PostgresBus:
    """The bus in the database at `dsn`; a member that is silent for `session_s` loses its partitions."""

    def __init__(
        self, dsn: str, *, topics: Mapping[str, int] = MappingProxyType(MANIFEST), session_s: float = 10.0
    ) -> None:
        self._dsn, self._topics, self._session_s = driver_dsn(dsn), topics, session_s

    def publisher(self) -> PostgresPublisher:
        return PostgresPublisher(self._dsn, self._topics)

    def reader(self, group: str, topics: Sequence[str], member: str) -> PostgresReader:
        read = {topic: self._topics[topic] for topic in topics}
        return PostgresReader(self._dsn, Membership(group, member, read, self._session_s))

    async def ensure_topics(self) -> None:
        """Create the tables and topics that are missing. Refuses: wrong_partition_count. Raises BusAway."""
        async with away():
            connection = await asyncpg.connect(self._dsn, timeout=10, command_timeout=30)
            try:
                async with connection.transaction():
                    await connection.execute("SELECT pg_advisory_xact_lock(hashtext('dunlin bus tables'))")
                    await connection.execute(_TABLES)
                    rows = await connection.fetch(_DECLARE, list(self._topics), list(self._topics.values()))
            finally:
                await close(connection)
        for topic, found in rows:
            if found != self._topics[topic]:
                raise WrongPartitionCount(topic, found, self._topics[topic])

    async def tail(self, topic: str, most: int) -> Tail:
        """Raises BusAway."""
        async with away():
            connection = await asyncpg.connect(self._dsn, timeout=10, command_timeout=30)
            try:
                rows = await connection.fetch(_TAIL, topic, most)
                ends = await connection.fetch(_ENDS, topic)
            finally:
                await close(connection)
        return Tail([Record(key, read_headers(headers), value) for key, headers, value in rows], dict(map(tuple, ends)))
