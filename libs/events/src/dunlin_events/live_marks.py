"""Where the consumer that is being rebuilt stands, stream by stream, and what an operator let it skip."""

import re
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from dunlin_events.envelope import Envelope
from dunlin_events.postgres_reader import read_headers
from dunlin_events.shadow import REAL
from dunlin_events.watermark import ERA

_MARKS = f"""
SELECT w.stream, w.era, w.sequence, w.held,
       (SELECT max(p.era) FROM {REAL}.parked_event p WHERE p.skipped_at IS NULL
        AND (p.consumer, p.owner, p.stream) = (w.consumer, w.owner, w.stream)) AS parked_era,
       ARRAY(SELECT ARRAY[p.mark, p.headers] FROM {REAL}.parked_event p WHERE p.skipped_at IS NOT NULL
        AND (p.consumer, p.owner, p.stream) = (w.consumer, w.owner, w.stream)) AS skipped
FROM {REAL}.watermark w WHERE w.consumer = $1 AND w.owner = $2 AND w.stream = ANY($3)"""  # noqa: S608
_SKIPPED = re.compile(r"(\d+)/(\d+)(?:-(\d+))?")


class Skipped(NamedTuple):
    """What an operator gave up: one event, or those of a hole, `first` to `last`, which have no `event_id`."""

    era: int
    first: int
    last: int
    event_id: str | None

    def holds(self, envelope: Envelope) -> bool:
        """Whether it was this one. Under its number another era may tell another event, and the same one again."""
        if envelope.era == self.era:
            return self.first <= envelope.sequence <= self.last
        return self.event_id == str(envelope.event_id)


class LiveMark(NamedTuple):
    """`wanted_era` is the era in which the copy is folded; where the stream `rewinds`, it is one not accepted yet."""

    era: int
    sequence: int
    held: str | None
    wanted_era: int
    skipped: tuple[Skipped, ...]

    @property
    def rewinds(self) -> bool:
        return self.wanted_era != self.era

    @classmethod
    def of(cls, row: Any) -> "LiveMark":
        skipped = (
            Skipped(int(found[1]), int(found[2]), int(found[3] or found[2]), _event_id(headers))
            for mark, headers in row["skipped"] if (found := _SKIPPED.fullmatch(mark)))
        return cls(
            row["era"], row["sequence"], row["held"],
            row["parked_era"] or row["era"] if row["held"] == ERA else row["era"],
            tuple(skipped))

    def gave_up(self, envelope: Envelope) -> bool:
        """Whether an operator skipped this event."""
        return any(one.holds(envelope) for one in self.skipped)

    def never_came_before(self, sequence: int) -> list[int]:
        """The numbers of a hole that was skipped and ends right before this one."""
        holes = (one for one in self.skipped if one.event_id is None and one.last + 1 == sequence)
        return [number for one in holes for number in range(one.first, one.last + 1)]


def _event_id(headers: str) -> str | None:
    found = dict(read_headers(headers)).get("ce_id")
    return str(UUID(found.decode())) if found else None


class LiveMarks:
    """Reads them, on a connection of its own; a lost one is made anew at the next look."""

    def __init__(self, dsn: str, consumer: str, owner: str) -> None:
        self._dsn, self._consumer, self._owner = dsn, consumer, owner
        self._connection: Any = None

    async def of(self, streams: Collection[str]) -> Mapping[str, LiveMark]:
        """Of those streams that were heard of. Raises what the driver raises when the database is away."""
        if not streams:
            return {}
        if self._connection is None or self._connection.is_closed():
            self._connection = await asyncpg.connect(self._dsn, timeout=10, command_timeout=30)
        rows = await self._connection.fetch(_MARKS, self._consumer, self._owner, list(streams))
        return {row["stream"]: LiveMark.of(row) for row in rows}

    async def close(self) -> None:
        if self._connection is not None:
            self._connection.terminate()
