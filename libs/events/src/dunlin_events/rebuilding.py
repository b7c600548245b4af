"""Rebuilding a projection from the log while traffic runs: replay into a shadow, compare, put right what differs.

A row is changed under the watermark of its stream, once original and copy stand at the same event; the original goes on
from there as if nothing had happened.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, NamedTuple
from uuid import UUID

import asyncpg
import structlog

from dunlin_events import comparing, shadow
from dunlin_events.comparing import Difference
from dunlin_events.consuming import Consumer
from dunlin_events.crash_points import passing
from dunlin_events.following import FollowingReader
from dunlin_events.live_marks import LiveMarks
from dunlin_events.projection import Healed, Projection
from dunlin_events.shadow import Shadow
from dunlin_events.standstill import Standstill
from dunlin_events.subscription import Transact, Tx
from dunlin_events.topics import Bus, topic_of
from dunlin_events.watermark import ERA
from dunlin_kernel.errors import Conflict

CHUNK: Final = 200
"""Streams whose watermarks are held together while their rows are put right."""
LOOK_S: Final = 0.1
TELL_S: Final = 5.0
QUIET_S: Final = 2.0
"""So long without a new record the log counts as read to its end."""
PATIENCE_S: Final = 30.0
ROUNDS: Final = 5
CLOSE_S: Final = 10.0
LOG = structlog.get_logger(__name__)

_PROGRESS = """
SELECT (SELECT coalesce(sum(sequence), 0) FROM "{shadow}".watermark) AS applied, count(*) AS behind
FROM rebuild_goal g LEFT JOIN "{shadow}".watermark s USING (consumer, owner, stream)
WHERE coalesce(s.sequence, 0) < g.sequence"""
_GOAL = f"""
CREATE TEMP TABLE rebuild_goal AS SELECT consumer, owner, stream, sequence FROM {shadow.REAL}.watermark
WHERE consumer = '{{consumer}}' AND owner = '{{owner}}' AND held IS DISTINCT FROM '{ERA}'"""  # noqa: S608
_HEALED = 'SELECT tenant_id, customer_id FROM "{shadow}".rebuild_healed ORDER BY 1, 2 LIMIT 200'
_SETTLED = 'DELETE FROM "{shadow}".rebuild_healed WHERE tenant_id = $1 AND customer_id = ANY($2)'


@dataclass(slots=True)
class Compared:
    """What a comparison found. `moving` could not be compared; `rewinds` tells how far two eras of a stream agree."""

    differences: list[Difference] = field(default_factory=list)
    moving: set[str] = field(default_factory=set)
    rewinds: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_equal(self) -> bool:
        return not (self.differences or self.moving or self.rewinds)


class Stuck(Exception):
    """The copy does not come to where the original stands: the message says how many streams are behind."""


class Transacting(NamedTuple):
    """Two ways into the service's database: one that can see the shadow only, and the usual one."""

    shadow: Transact
    real: Transact


class Rebuild:
    """One projection's rebuild. `owner_dsn` is that of the role which owns the tables; the rest runs with usual rights.

    Only one may run at a time. It may be broken off anywhere, and goes on from there.
    """

    def __init__(self, projection: Projection, bus: Bus, owner_dsn: str, transacting: Transacting) -> None:
        self.projection, self._bus, self._owner_dsn, self._transacting = projection, bus, owner_dsn, transacting
        self._subscription = projection.subscription

    async def start(self) -> Shadow:
        """Make the empty shadow. Refuses: rebuild_exists."""
        one = self._subscription
        async with self._owner() as owner:
            return await shadow.make(owner, self.projection, group=f"dunlin-{one.consumer}-{one.owner}")

    async def follow(self) -> int:
        """Replay until the copy stands where the original stood when this began. Returns how many events it is made of.

        Refuses: rebuild_not_begun, rebuild_runs. Raises Stuck, TooManyParked.
        """
        async with self._following() as (owner, _):
            return await comparing.applied(owner, self.projection)

    async def compare(self) -> Compared:
        """Every stream, as soon as both stand at the same event of it. Refuses and raises as `follow`."""
        async with self._following() as (owner, _):
            return await self._compared(owner)

    async def switch(self) -> dict[str, int]:
        """Put every row right that differs; returns how many, by table. Refuses and raises as `follow`.

        Raises Stuck when a stream cannot be compared: the others are right by then.
        """
        async with self._following() as (owner, reader):
            found = await self._compared(owner)
            healed = dict.fromkeys((copied.name for copied in self.projection.tables), 0)
            wrong = sorted({one.stream for one in found.differences} | found.moving | found.rewinds.keys())
            stuck: set[str] = set()
            for chunk in _chunks(wrong):
                right, moving = await Standstill(owner, self.projection).put_right(chunk, reader)
                stuck |= moving
                for table, rows in right.items():
                    healed[table] += rows
            await self._settle(owner)
        if stuck:
            raise Stuck(f"{len(stuck)} streams could not be compared, such as {min(stuck)}")
        return healed

    async def drop(self) -> None:
        """Remove the shadow. Refuses: rebuild_not_begun, rebuild_runs."""
        async with self._owner() as owner:
            await self._alone(owner)
            await shadow.get(owner, self.projection)
            await self._settle(owner)
            passing("before_dropping")
            await shadow.drop(owner, self.projection)
            passing("after_dropping")

    @contextlib.asynccontextmanager
    async def _owner(self) -> AsyncIterator[Any]:
        connection = await asyncpg.connect(self._owner_dsn, timeout=10, server_settings={"jit": "off"})
        try:
            yield connection
            with contextlib.suppress(TimeoutError):
                await connection.close(timeout=CLOSE_S)  # its lock is free by then, for whoever comes next
        finally:
            connection.terminate()

    async def _alone(self, owner: Any) -> None:
        if not await owner.fetchval("SELECT pg_try_advisory_lock(hashtext($1))", self.projection.schema):
            raise Conflict("rebuild_runs", "Another process works on it.")

    @contextlib.asynccontextmanager
    async def _following(self) -> AsyncIterator[tuple[Any, FollowingReader]]:
        """The replay runs, and has come to where the original stood at the beginning."""
        one, stop = self._subscription, asyncio.Event()
        async with self._owner() as owner:
            await self._alone(owner)
            made = await shadow.get(owner, self.projection)
            marks = LiveMarks(self._owner_dsn, one.consumer, one.owner)
            reader = FollowingReader(self._bus.reader(made.group, [topic_of(one.owner)], "rebuild"), marks)
            replay = Consumer(reader, [one], self._transacting.shadow, name=made.group)
            running = asyncio.create_task(replay.run(stop))
            try:
                await self._arrive(owner, reader, running)
                yield owner, reader
                if running.done():
                    running.result()
            finally:
                stop.set()
                await asyncio.wait({running})
                await marks.close()

    async def _arrive(self, owner: Any, reader: FollowingReader, running: "asyncio.Task[None]") -> None:
        one, schema = self._subscription, self.projection.schema
        await owner.execute("DROP TABLE IF EXISTS rebuild_goal")
        await owner.execute(_GOAL.format(consumer=one.consumer, owner=one.owner))
        rewinds = bool(await comparing.rewinding(owner, self.projection))
        clock = asyncio.get_running_loop().time
        applied, moved_at, told_at = -1, clock(), 0.0
        while True:
            if running.done():
                running.result()
            row = await owner.fetchrow(_PROGRESS.format(shadow=schema))
            read_all = not rewinds or (bool(reader.assigned()) and clock() - reader.last_found > QUIET_S)
            if row["behind"] == 0 and read_all:
                return
            if row["applied"] != applied:
                applied, moved_at = row["applied"], clock()
            if clock() - told_at > TELL_S:
                told_at = clock()
                LOG.info("rebuild_follows", projection=self.projection.name, applied=int(applied), behind=row["behind"])
            if clock() - moved_at > PATIENCE_S:
                raise Stuck(f"{row['behind']} streams are behind, and nothing moves: look for held ones in {schema}")
            await asyncio.sleep(LOOK_S)

    async def _compared(self, owner: Any) -> Compared:
        found = Compared(rewinds=await comparing.rewinding(owner, self.projection))
        streams: set[str] | None = None
        for _ in range(ROUNDS):
            different, streams = await comparing.on_a_snapshot(owner, self.projection, streams)
            found.differences += [one for one in different if one.stream not in found.rewinds]
            if not streams:
                return found
            await asyncio.sleep(LOOK_S)
        for chunk in _chunks(sorted(streams or ())):
            different, moving = await Standstill(owner, self.projection).differences(chunk)
            found.moving |= moving
            found.differences += different
        return found

    async def _settle(self, owner: Any) -> None:
        """Let the service draw its conclusions for those whose rows were put right."""
        while rows := await owner.fetch(_HEALED.format(shadow=self.projection.schema)):
            tenant = rows[0]["tenant_id"]
            customers = [row["customer_id"] for row in rows if row["tenant_id"] == tenant]
            if self.projection.healed is not None:
                await self._transacting.real(tenant, partial(_conclude, self.projection.healed, customers=customers))
            await owner.execute(_SETTLED.format(shadow=self.projection.schema), tenant, customers)


async def _conclude(healed: Healed, tx: Tx, *, customers: Sequence[UUID]) -> None:
    await healed(tx, customers)


def _chunks(streams: Sequence[str]) -> Iterator[Sequence[str]]:
    return (streams[at : at + CHUNK] for at in range(0, len(streams), CHUNK))
