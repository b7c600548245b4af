"""Whether the log knows more of an owner than its database does: then the database is a copy, or was set back.

A copy has the cluster's own identity, and nothing in it says what was told elsewhere. The last record of each partition
does: whoever told it knows it.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import asyncpg

from dunlin_events.applying import in_stream
from dunlin_events.envelope import ERAS_AHEAD, Envelope, Record, latest_era
from dunlin_events.eras import endings
from dunlin_events.relay_state import State
from dunlin_events.topics import Bus, Tail, topic_of

LOOKED_AT = 20
"""Records of each partition: the last ones may be somebody else's, or unreadable."""
_ROOM = ERAS_AHEAD // 2
"""Between what is taken for an owner's era and what a hearer reads, so that the era begun after it is read as well."""
Look = Callable[[], Coroutine[Any, Any, Tail]]

_FOREIGN = """
SELECT g.stream || ' ' || g.era || '/' || g.seq
FROM unnest($1::text[], $2::int[], $3::bigint[], $4::uuid[]) AS g(stream, era, seq, event_id),
     (SELECT coalesce((SELECT era FROM event_stream WHERE stream = ''), 1) AS era) AS present
WHERE g.era > present.era
   OR (g.era = present.era AND g.event_id <> ALL($5::uuid[]) AND NOT EXISTS (
       SELECT FROM outbox_event o
       WHERE o.event_id = g.event_id AND o.stream = g.stream AND o.seq = g.seq))
LIMIT 1"""


def tail_of(bus: Bus, topic: str) -> Look:
    """The look at what the log of a topic ends with."""
    async def look() -> Tail:
        return await bus.tail(topic, LOOKED_AT)

    return look


class Beside:
    """A look at a time, beside the work of whoever has it."""

    def __init__(self) -> None:
        self._looking: asyncio.Task[Tail] | None = None
        self._as_it_began: State | None = None

    @property
    def is_under_way(self) -> bool:
        return self._looking is not None

    def told(self, look: Look, state: State) -> tuple[Tail, State] | None:
        """Begin a look, unless one is under way. Returns what it found, once it has, and the state as it began.

        Raises what the look raised.
        """
        if self._looking is None or self._as_it_began is None:
            self._looking, self._as_it_began = asyncio.create_task(look()), state
        if not self._looking.done():
            return None
        ended, self._looking = self._looking, None
        return ended.result(), self._as_it_began

    async def end(self, patience_s: float) -> None:
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.wait({self._looking}, timeout=patience_s)


def told_in(records: Sequence[Record], topic: str) -> list[Envelope]:
    """What the topic's own owner told of it; an era that no clock has reached is nobody's."""
    found = [plain[1] for record in records if (plain := in_stream(record))]
    latest = latest_era() - _ROOM
    return [one for one in found if one.era <= latest and topic_of(one.owner) == topic]


async def never_told_here(connection: asyncpg.Connection, records: Sequence[Record], topic: str) -> str | None:
    """A place in the log that this database knows nothing of; None where it told all that it was asked about.

    Records of earlier eras are none of this: they are what a restore left behind.
    """
    told = told_in(records, topic)
    own = [Envelope.of(record).event_id for record in await endings(connection, topic)]
    found: str | None = await connection.fetchval(
        _FOREIGN, [one.stream for one in told], [one.era for one in told], [one.sequence for one in told],
        [one.event_id for one in told], own)
    return found
