"""How members of a group share the partitions of the bus kept in PostgreSQL: by claims, under one lock a group."""

import contextlib
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping
from typing import Any, Final

import asyncpg

from dunlin_events.topics import BusAway, Displaced, Partition

CHANNEL: Final = "dunlin_bus"
"""Readers are woken on it; the payload is the topic appended to, or `=` and a group whose members changed."""

_JOIN = """
INSERT INTO bus_member (grp, member, epoch, topics, seen_at)
VALUES ($1, $2, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint, $3, clock_timestamp())
ON CONFLICT (grp, member) DO UPDATE SET epoch = excluded.epoch, topics = excluded.topics, seen_at = excluded.seen_at
RETURNING epoch
"""
_REJOIN = """
INSERT INTO bus_member (grp, member, epoch, topics, seen_at) VALUES ($1, $2, $3, $4, clock_timestamp())
ON CONFLICT (grp, member) DO UPDATE SET seen_at = excluded.seen_at WHERE bus_member.epoch = excluded.epoch
RETURNING epoch
"""
_SEEN = "UPDATE bus_member SET seen_at = clock_timestamp() WHERE grp = $1 AND member = $2 AND epoch = $3"
_STANDING = """
WITH me AS (
    UPDATE bus_member SET seen_at = clock_timestamp() WHERE grp = $1 AND member = $2 AND epoch = $3 RETURNING member)
SELECT jsonb_build_array(
    (SELECT jsonb_agg(jsonb_build_array(member, topics) ORDER BY member) FROM bus_member WHERE grp = $1),
    (SELECT jsonb_agg(jsonb_build_array(topic, part, member) ORDER BY topic, part) FROM bus_claim WHERE grp = $1))::text
FROM me WHERE NOT EXISTS (
    SELECT FROM bus_member WHERE grp = $1 AND member <> $2 AND seen_at < clock_timestamp() - make_interval(secs => $4))
"""
"""All members and claims of a group, in which this member is alive and nobody is silent; else nothing."""
_LEAVE = """
WITH gone AS (DELETE FROM bus_member WHERE grp = $1 AND member = $2 AND epoch = $3 RETURNING member)
DELETE FROM bus_claim WHERE grp = $1 AND member IN (SELECT member FROM gone)
"""
_BURY = """
WITH silent AS (
    DELETE FROM bus_member WHERE grp = $1 AND seen_at < clock_timestamp() - make_interval(secs => $2) RETURNING member)
DELETE FROM bus_claim WHERE grp = $1 AND member IN (SELECT member FROM silent)
"""
_RELEASE = """
DELETE FROM bus_claim c USING unnest($2::text[], $3::int[]) AS x(topic, part)
WHERE c.grp = $1 AND c.topic = x.topic AND c.part = x.part
"""
_TAKE = """
INSERT INTO bus_claim (grp, topic, part, member)
SELECT $1, topic, part, $4 FROM unnest($2::text[], $3::int[]) AS x(topic, part)
"""
_POSITIONS = """
SELECT c.topic, c.part, coalesce(o.next, 0) FROM bus_claim c LEFT JOIN bus_offset o USING (grp, topic, part)
WHERE c.grp = $1 AND c.member = $2
"""


_BROKEN = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)


@contextlib.asynccontextmanager
async def away(lost: Callable[[], None] = lambda: None) -> AsyncIterator[None]:
    """What the driver says when the server is not there becomes BusAway; `lost` lets go of the connection."""
    try:
        yield
    except (BusAway, Displaced):
        raise
    except _BROKEN as error:
        lost()
        raise BusAway(f"the bus database: {error!r}") from error


async def close(connection: Any) -> None:
    """Close in good manners if that works at once, else let go."""
    try:
        await connection.close(timeout=2)
    except _BROKEN:
        connection.terminate()


def columns(partitions: Iterable[Partition]) -> tuple[list[str], list[int]]:
    """Topics and numbers, each as an array."""
    places = list(partitions)
    return [place.topic for place in places], [place.number for place in places]


def share_of(member: str, members: Collection[str], partitions: int, turn: int) -> int:
    """How many of a topic's partitions a member may hold; with `turn` the odd ones fall to others topic by topic."""
    base, odd = divmod(partitions, len(members))
    rank = (sorted(members).index(member) + turn) % len(members)
    return base + (rank < odd)


class Membership:
    """One member's place in its group. `epoch` tells this process from another that runs under the same name."""

    def __init__(self, group: str, member: str, topics: Mapping[str, int], session_s: float) -> None:
        self.group, self.member, self.topics, self.session_s = group, member, topics, session_s
        self.epoch: int | None = None
        self._shared: str | None = None
        """The members and claims among which nothing was to be given up or taken."""

    async def join(self, connection: Any) -> None:
        if self.epoch is None:
            self.epoch = await connection.fetchval(_JOIN, self.group, self.member, list(self.topics))
        elif not await connection.fetchval(_REJOIN, self.group, self.member, self.epoch, list(self.topics)):
            raise Displaced(f"{self.member} of {self.group} runs elsewhere")
        await self._tell(connection)

    async def seen(self, connection: Any) -> None:
        await connection.execute(_SEEN, self.group, self.member, self.epoch)

    async def leave(self, connection: Any) -> None:
        """Give all partitions up at once."""
        await connection.execute(_LEAVE, self.group, self.member, self.epoch)
        await self._tell(connection)

    async def share(self, connection: Any, positions: Mapping[Partition, int]) -> dict[Partition, int]:
        """Give up what is above this member's share, take free partitions up to it, drop members that are silent.

        Returns the next offset of each partition held now. Raises Displaced.
        """
        standing = await connection.fetchval(_STANDING, self.group, self.member, self.epoch, self.session_s)
        if standing and standing == self._shared:
            return dict(positions)
        async with connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 12))", self.group)
            if not await connection.fetchval(_REJOIN, self.group, self.member, self.epoch, list(self.topics)):
                raise Displaced(f"{self.member} of {self.group} runs elsewhere")
            await connection.execute(_BURY, self.group, self.session_s)
            members = await connection.fetch("SELECT member, topics FROM bus_member WHERE grp = $1", self.group)
            claims = await connection.fetch("SELECT topic, part, member FROM bus_claim WHERE grp = $1", self.group)
            owners = {Partition(topic, part): member for topic, part, member in claims}
            released, taken = self._changes(members, owners)
            if released:
                await connection.execute(_RELEASE, self.group, *columns(released))
            if taken:
                await connection.execute(_TAKE, self.group, *columns(taken), self.member)
            rows = await connection.fetch(_POSITIONS, self.group, self.member)
        self._shared = None if released or taken else standing
        if released:
            await self._tell(connection)
        stored = {Partition(topic, part): at for topic, part, at in rows}
        fresh = {partition for partition in stored if partition in taken or partition not in positions}
        return {p: at if p in fresh else positions[p] for p, at in stored.items()}

    def _changes(
        self, members: Iterable[tuple[str, list[str]]], owners: Mapping[Partition, str]
    ) -> tuple[list[Partition], list[Partition]]:
        released: list[Partition] = []
        taken: list[Partition] = []
        hearers = {topic: [m for m, topics in members if topic in topics] for topic in self.topics}
        for turn, (topic, count) in enumerate(self.topics.items()):
            every = [Partition(topic, number) for number in range(count)]
            mine = [p for p in every if owners.get(p) == self.member]
            free = [p for p in every if p not in owners]
            share = share_of(self.member, hearers[topic], count, turn)
            released += mine[share:]
            taken += free[: max(0, share - len(mine))]
        return released, taken

    async def _tell(self, connection: Any) -> None:
        await connection.execute("SELECT pg_notify($1, $2)", CHANNEL, f"={self.group}")
