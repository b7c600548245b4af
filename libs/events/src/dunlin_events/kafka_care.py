"""Reading past a record that Kafka's client cannot read: one with a header whose name is not UTF-8."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from dunlin_events.topics import BusAway

FETCH_MS: Final = 10_000
"""For what is known to be there, and only has to be fetched again."""


class Unreadable(NamedTuple):
    """The place of such a record on the bus, where it stays, and what the client says of it."""

    topic: str
    partition: int
    offset: int
    headers: Sequence[tuple[str, bytes]]
    key: None = None
    value: None = None


class Care:
    """Reads as the client does until that failed; from then on with care, until the record was passed or all is read.

    With care, one partition is asked at a time, and for fewer and fewer records: an error loses what the same call had
    taken before it, of other partitions too.
    """

    def __init__(self) -> None:
        self.needed = False

    async def getmany(self, consumer: Any, timeout_ms: int, max_records: int) -> Mapping[Any, Sequence[Any]]:
        """What is there by partition; of a record that cannot be read, in its turn, its place.

        Raises what the client raises, and BusAway where a client must begin anew, with care, at the committed offsets.
        """
        mine = sorted(consumer.assignment())
        if not self.needed or not mine:  # without partitions there is nothing to ask for, but a group to stay in
            return await self._as_usual(consumer, timeout_ms, max_records)
        for at in mine:
            if got := await self._of_one(consumer, at, timeout_ms // len(mine), max_records):
                return {at: got}
        self.needed = not all([await _is_read(consumer, at) for at in mine])
        return {}

    async def _as_usual(self, consumer: Any, timeout_ms: int, max_records: int) -> Mapping[Any, Sequence[Any]]:
        try:
            found: Mapping[Any, Sequence[Any]] = await consumer.getmany(timeout_ms=timeout_ms, max_records=max_records)
            return found
        except UnicodeDecodeError as error:
            self.needed = True
            raise BusAway(f"Kafka: a record that cannot be read: {error!r}") from error

    async def _of_one(self, consumer: Any, at: Any, wait_ms: int, most: int) -> Sequence[Any]:
        while True:
            try:
                found: Mapping[Any, Sequence[Any]] = await consumer.getmany(at, timeout_ms=wait_ms, max_records=most)
                return found.get(at, ())
            except UnicodeDecodeError as error:
                if most == 1:
                    self.needed = False
                    return [await _passed(consumer, at, error)]
                most, wait_ms = most // 2, FETCH_MS


async def _is_read(consumer: Any, at: Any) -> bool:
    end = consumer.highwater(at)
    return end is not None and await consumer.position(at) >= end


async def _passed(consumer: Any, at: Any, error: UnicodeDecodeError) -> Unreadable:
    offset = await consumer.position(at)
    consumer.seek(at, offset + 1)
    return Unreadable(at.topic, at.partition, offset, (("unreadable", repr(error).encode()),))
