"""Some streams of a projection made to stand still under their watermarks, until its copy stands at the same events."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

import asyncpg

from dunlin_events import comparing, era_told, parked_rows, watermark
from dunlin_events.applying import BEHIND, Item
from dunlin_events.comparing import Difference
from dunlin_events.crash_points import passing
from dunlin_events.following import FollowingReader
from dunlin_events.operating import Plain
from dunlin_events.projection import Projection
from dunlin_events.watermark import ERA, HOLE, Key, Mark
from dunlin_kernel.ids import NIL

ALIGN_S: Final = 5.0
"""So long the copy may apply nothing at all before it counts as not coming."""
HOLD_S: Final = 30.0
"""The longest that the original is held for it, while the copy goes on applying."""
LOOK_S: Final = 0.02
TRIES: Final = 5


class Standstill:
    """`owner` is a connection as the role that owns the tables, on which no transaction is under way."""

    def __init__(self, owner: Any, projection: Projection) -> None:
        self._owner, self._projection, self._subscription = owner, projection, projection.subscription

    async def differences(self, streams: Sequence[str]) -> tuple[list[Difference], set[str]]:
        """What differs in them, and in which the copy did not come to where the original stands."""
        async with self._owner.transaction():
            await self._lock(streams)
            moving = await self._aligned(streams)
            return await comparing.differences(self._owner, self._projection, but=moving, streams=streams), moving

    async def put_right(self, streams: Sequence[str], reader: FollowingReader) -> tuple[dict[str, int], set[str]]:
        """Make the rows what the log says; returns how many by table, and the streams in which that could not be done.

        One transaction, again when the database asks for that.
        """
        for last in (*(False,) * (TRIES - 1), True):
            try:
                async with self._owner.transaction():
                    done = await self._put_right(streams, reader)
                    passing("before_healing")
                passing("after_healing")
                return done
            except (asyncpg.DeadlockDetectedError, asyncpg.LockNotAvailableError):
                if last:
                    raise
        raise AssertionError

    async def _put_right(self, streams: Sequence[str], reader: FollowingReader) -> tuple[dict[str, int], set[str]]:
        marks = await self._lock(streams)
        rewound = {key: await self._rewound(key) for key, mark in marks.items() if mark.held == ERA}
        moving = await self._aligned([key.stream for key in marks if key not in rewound])
        moving |= {key.stream for key, mark in rewound.items() if mark.sequence > 0 and mark.era <= marks[key].era}
        still = [stream for stream in streams if stream not in moving]
        healed = await comparing.heal(self._owner, self._projection, still)
        for key, mark in {**marks, **rewound}.items():
            if mark.held == HOLE and key.stream not in moving:
                await self._go_on_from(key, mark, reader)
        return healed, moving

    async def _lock(self, streams: Sequence[str]) -> Mapping[Key, Mark]:
        """The original stands still in these streams until the transaction ends."""
        one = self._subscription
        return await watermark.lock(Plain(self._owner), [Key(one.consumer, one.owner, stream) for stream in streams])

    async def _aligned(self, streams: Collection[str]) -> set[str]:
        """Wait until the copy is there too; returns where it does not come."""
        clock = asyncio.get_running_loop().time
        began = moved_at = clock()
        applied = -1
        while True:
            moving = await comparing.unaligned(self._owner, self._projection, streams)
            if not moving or clock() > min(moved_at + ALIGN_S, began + HOLD_S):
                return moving
            if (now := await comparing.applied(self._owner, self._projection)) != applied:
                applied, moved_at = now, clock()
            await asyncio.sleep(LOOK_S)

    async def _rewound(self, key: Key) -> Mark:
        """Where the original goes on in the new era: after the last event in which both eras agree."""
        row = await self._owner.fetchrow(
            f'SELECT era, sequence, event_id FROM "{self._projection.schema}".watermark '  # noqa: S608
            "WHERE (consumer, owner, stream) = ($1, $2, $3)", *key)
        if row and row["sequence"]:
            return Mark(row["era"], row["sequence"], row["event_id"], HOLE)
        told = await era_told.last_told(Plain(self._owner), [key])
        return Mark(told[key], 0, NIL, HOLE)

    async def _go_on_from(self, key: Key, mark: Mark, reader: FollowingReader) -> None:
        """What was read beyond is parked for the original, which may have passed over it."""
        tx = Plain(self._owner)
        await watermark.advance(tx, {key: mark})
        await parked_rows.forget(tx, key, mark)
        items = [Item.of(self._subscription, one.record, "") for one in reader.waiting(key.stream)]
        await parked_rows.park(tx, [item.parked(BEHIND, "") for item in items if item.envelope])
