"""A member of a consumer group on the bus kept in PostgreSQL, and how members share the partitions."""

import asyncio
import contextlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

import asyncpg

from dunlin_events import sessions
from dunlin_events.ending import rest
from dunlin_events.envelope import Record
from dunlin_events.postgres_group import CHANNEL, Membership, away, close, columns
from dunlin_events.topics import BusAway, Partition, Received

_SILENT_POLL_S: Final = 300.0
_LOOK_S: Final = 2.0
"""Between two looks that nobody asked for: whoever appends wakes the readers."""

_COMMIT = """
INSERT INTO bus_offset (grp, topic, part, next)
SELECT c.grp, c.topic, c.part, x.next FROM unnest($4::text[], $5::int[], $6::bigint[]) AS x(topic, part, next)
JOIN bus_claim c ON c.grp = $1 AND c.member = $2 AND c.topic = x.topic AND c.part = x.part
JOIN bus_member m ON m.grp = $1 AND m.member = $2 AND m.epoch = $3
ORDER BY c.topic, c.part
ON CONFLICT (grp, topic, part) DO UPDATE SET next = excluded.next
"""
_HEADS = "SELECT topic, part, next FROM bus_head WHERE topic = ANY($1)"
_FETCH = """
SELECT x.topic, x.part, r.at, r.key, r.headers, r.value
FROM unnest($1::text[], $2::int[], $3::bigint[]) WITH ORDINALITY AS x(topic, part, at, o)
CROSS JOIN LATERAL (SELECT b.at, b.key, b.headers, b.value FROM bus_record b
    WHERE b.topic = x.topic AND b.part = x.part AND b.at >= x.at ORDER BY b.at LIMIT $4) AS r
ORDER BY x.o, r.at LIMIT $4
"""


def written_headers(headers: Iterable[tuple[str, bytes | None]]) -> str:
    """Headers as one JSON text; Latin-1 keeps each byte."""
    return json.dumps([[name, None if value is None else value.decode("latin-1")] for name, value in headers])


def read_headers(written: str) -> tuple[tuple[str, bytes | None], ...]:
    return tuple([(name, None if value is None else value.encode("latin-1")) for name, value in json.loads(written)])


class PostgresReader:
    """Reads the partitions it has claimed. Claims move only inside `poll`, so a batch in work is never split."""

    def __init__(self, dsn: str, membership: Membership) -> None:
        self._dsn, self._membership = dsn, membership
        self._connection: Any = None
        self._turn = asyncio.Lock()
        self._woken = asyncio.Event()
        self._positions: dict[Partition, int] = {}
        self._heads: dict[Partition, int] = {}
        self._paused: set[Partition] = set()
        self._shared_at = self._seen_at = self._polled_at = self._look_at = 0.0
        self._heart: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Join the group, if the server is there; else `poll` tries again. Raises Displaced."""
        with contextlib.suppress(BusAway):
            async with self._turn:
                await self._connected()
        self._polled_at = asyncio.get_running_loop().time()
        self._heart = asyncio.create_task(self._beat())

    async def poll(self, *, max_records: int, timeout_ms: int) -> Mapping[Partition, Sequence[Received]]:
        """Raises BusAway, Displaced."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout_ms / 1000
        while not timeout_ms or await self._is_to_look(deadline):
            self._polled_at, self._look_at = loop.time(), 0.0
            self._woken.clear()
            async with self._turn, away(self._let_go):
                connection = await self._connected()
                if loop.time() >= self._shared_at + self._membership.session_s / 3:
                    self._positions = await self._membership.share(connection, self._positions)
                    self._shared_at = self._seen_at = loop.time()
                found = await self._fetch(connection, max_records)
            self._look_at = 0.0 if found else min(
                loop.time() + _LOOK_S, self._shared_at + self._membership.session_s / 3)
            if found or loop.time() >= deadline:
                return found
        return {}

    async def commit(self, offsets: Mapping[Partition, int]) -> None:
        """Raises BusAway."""
        mine = {partition: at for partition, at in offsets.items() if partition in self._positions}
        if not mine:
            return
        async with self._turn, away(self._let_go):
            connection = await self._connected()
            me = self._membership
            await connection.execute(_COMMIT, me.group, me.member, me.epoch, *columns(mine), list(mine.values()))

    async def seek(self, partition: Partition, offset: int) -> None:
        if partition in self._positions:
            self._positions[partition] = offset
            self._look_at = 0.0

    def pause(self, *partitions: Partition) -> None:
        self._paused.update(partitions)

    def resume(self, *partitions: Partition) -> None:
        self._paused.difference_update(partitions)
        self._woken.set()

    def assigned(self) -> Collection[Partition]:
        return self._positions.keys()

    def lag(self) -> Mapping[Partition, int]:
        return {partition: max(0, self._heads.get(partition, 0) - at) for partition, at in self._positions.items()}

    async def stop(self) -> None:
        """Leave the group, so that others take the partitions at once."""
        if self._heart is not None:
            self._heart.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._heart
        async with self._turn:
            connection, self._connection = self._connection, None
            if connection is None:
                return
            with contextlib.suppress(BusAway):
                async with away():
                    await self._membership.leave(connection)
            await close(connection)

    async def _is_to_look(self, deadline: float) -> bool:
        """Wait until somebody asks for a look or it is time for one; False where the deadline comes before."""
        self._polled_at = now = asyncio.get_running_loop().time()
        if self._look_at > now:
            await rest(self._woken, min(self._look_at, deadline) - now)
        return self._woken.is_set() or asyncio.get_running_loop().time() >= self._look_at

    def _let_go(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()

    async def _connected(self) -> Any:
        if self._connection is None or self._connection.is_closed():
            async with away():
                connection = await asyncpg.connect(
                    self._dsn, timeout=10, command_timeout=30,
                    # An offset that was lost is read again, which is harmless.
                    server_settings={
                        "application_name": "dunlin bus reader", "synchronous_commit": "off", **sessions.impatient()},
                )
                try:
                    await connection.add_listener(CHANNEL, self._hear)
                    await self._membership.join(connection)
                except BaseException:
                    connection.terminate()
                    raise
            self._connection = connection
            self._shared_at = self._look_at = 0.0
        return self._connection

    def _hear(self, _connection: Any, _pid: int, _channel: str, payload: str) -> None:
        if payload == f"={self._membership.group}":
            self._shared_at = 0.0
        elif payload not in self._membership.topics:
            return
        self._woken.set()

    async def _fetch(self, connection: Any, max_records: int) -> Mapping[Partition, Sequence[Received]]:
        heads = await connection.fetch(_HEADS, list(self._membership.topics))
        self._heads = {Partition(topic, part): at for topic, part, at in heads}
        # As a broker does: who stands beyond the end of a log that lost records begins with its first one.
        beyond = {p: 0 for p, at in self._positions.items() if at > self._heads.get(p, 0)}
        self._positions |= beyond
        ready = {
            p: at for p, at in self._positions.items() if p not in self._paused and self._heads.get(p, 0) > at
        }
        if not ready:
            return {}
        rows = await connection.fetch(_FETCH, *columns(ready), list(ready.values()), max_records)
        found: dict[Partition, list[Received]] = {}
        for topic, part, at, key, headers, value in rows:
            partition = Partition(topic, part)
            record = Record(key, read_headers(headers), value)
            found.setdefault(partition, []).append(Received(partition, at, record))
        for partition, received in found.items():
            # The ones just read go to the end of the line, so that each partition has its turn.
            self._positions.pop(partition)
            self._positions[partition] = received[-1].offset + 1
        return found

    async def _beat(self) -> None:
        """Say that this member lives while a long batch is in work; one that no longer polls falls silent."""
        clock, gap = asyncio.get_running_loop().time, self._membership.session_s / 2
        while True:
            await asyncio.sleep(max(self._seen_at + gap - clock(), gap / 5))
            if clock() < self._seen_at + gap or clock() - self._polled_at > _SILENT_POLL_S:
                continue
            with contextlib.suppress(BusAway):
                async with self._turn, away(self._let_go):
                    if self._connection is not None:
                        await self._membership.seen(self._connection)
                        self._seen_at = clock()
