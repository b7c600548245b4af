"""Dead letters: a copy, for other tools, of what could not be applied. The truth stays in `parked_event`."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Final

import structlog
from prometheus_client import Counter

from dunlin_events.crash_points import passing
from dunlin_events.ending import is_told_to_end
from dunlin_events.envelope import Record
from dunlin_events.parked_rows import Parked
from dunlin_events.topics import Publisher, dead_letters_of, topic_of

PATIENCE_S: Final = 5.0
"""For one copy; the stream is parked already, and other streams wait for this."""
REST_S: Final = 60.0
"""After a copy that failed none is tried for so long: whatever is wrong, the consumer goes on."""

COPIES = Counter("dunlin_dead_letters", "Copies of parked records on the bus", ["topic"])
FAILURES = Counter("dunlin_dead_letter_failures", "Copies of parked records that could not be made", ["topic"])
LOG = structlog.get_logger(__name__)


class DeadLetters:
    """Copies to `<topic>-<group>-dlq`: at most once each, never an obstacle."""

    def __init__(self, publisher: Publisher, group: str) -> None:
        self._publisher, self._group = publisher, group
        self._rests_until = 0.0

    def count_from_zero(self, topics: Iterable[str]) -> None:
        """Show the counts of these topics before there is anything to count: from no value to one is no increase."""
        for topic in topics:
            for counter in (COPIES, FAILURES):
                counter.labels(dead_letters_of(topic, self._group))

    async def copy(self, parked: Sequence[Parked]) -> None:
        """Raises nothing: what cannot be copied is counted, also where the bus's client cancelled within itself."""
        by_topic: dict[str, list[Record]] = {}
        for one in parked:
            by_topic.setdefault(dead_letters_of(topic_of(one.key.owner), self._group), []).append(self._letter(one))
        for topic, letters in by_topic.items():
            counter = COPIES if await self._sent(topic, letters) else FAILURES
            counter.labels(topic).inc(len(letters))

    async def stop(self) -> None:
        """Let go of the bus."""
        await self._publisher.stop()

    async def _sent(self, topic: str, letters: Sequence[Record]) -> bool:
        clock = asyncio.get_running_loop().time
        if clock() < self._rests_until:
            return False
        try:
            async with asyncio.timeout(PATIENCE_S):
                passing("before_letters")
                await self._publisher.publish(topic, letters)
                passing("after_letters")
        except (Exception, asyncio.CancelledError) as failed:
            if is_told_to_end():
                raise
            self._rests_until = clock() + REST_S
            LOG.warning("dead_letter_not_copied", topic=topic, letters=len(letters), reason=repr(failed))
            return False
        return True

    def _letter(self, parked: Parked) -> Record:
        """The record as it came; further headers say why it is here, where it stood and who could not apply it."""
        says = {
            "reason": parked.reason, "detail": parked.detail, "place": parked.place, "mark": parked.mark,
            "group": self._group, **parked.key._asdict(),
        }
        headers = tuple((f"dlq_{name}", value.encode()) for name, value in says.items())
        return Record(parked.record.key, (*parked.record.headers, *headers), parked.record.value)
