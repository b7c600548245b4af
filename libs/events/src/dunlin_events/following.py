"""Following: a reader that never runs ahead of the consumer it rebuilds, and passes over what that one skipped.

Held back it is by the real watermarks: an event is given on once the real consumer has applied it. So the copy can be
brought to exactly the place where the original stands, and no event is ever applied by the copy alone.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from dunlin_events.applying import in_stream
from dunlin_events.envelope import Envelope, Record
from dunlin_events.eras import says_all_was_told
from dunlin_events.holding import HoldingReader
from dunlin_events.live_marks import LiveMark, LiveMarks
from dunlin_events.topics import Partition, Reader, Received
from dunlin_kernel.ids import NIL

SKIPPED: Final = "dunlin.skipped"
"""The type under which a skipped event is given on: nobody handles it, and it moves the watermark."""
MOST_HELD_BACK: Final = 5_000
LOOK_MS: Final = 50


@dataclass(slots=True)
class Rewound:
    """A stream whose owner began a new era that could not be proved at the watermark: how far the two eras agree."""

    ids: dict[int, UUID] = field(default_factory=dict)
    agreed: int = 0


class FollowingReader(HoldingReader):
    """A reader of the rebuild's own group. `waiting` is what it holds back, by stream."""

    def __init__(self, reader: Reader, marks: LiveMarks) -> None:
        super().__init__(reader)
        self._marks = marks
        self._rewound: dict[str, Rewound] = {}
        self._paused: set[Partition] = set()
        self.last_found = 0.0

    async def start(self) -> None:
        await super().start()
        self.last_found = asyncio.get_running_loop().time()

    async def poll(self, *, max_records: int, timeout_ms: int) -> Mapping[Partition, Sequence[Received]]:
        """What the real consumer has applied by now."""
        patience = LOOK_MS if any(self._back.values()) else timeout_ms
        found = await self._reader.poll(max_records=max_records, timeout_ms=patience)
        if found:
            self.last_found = asyncio.get_running_loop().time()
        for partition, received in found.items():
            # Held before anything can fail: what was polled does not come again by itself.
            self._back.setdefault(partition, []).extend(_in_streams(received))
        marks = await self._marks.of({one.record.key for received in self._back.values() for one in received})
        given: dict[Partition, Sequence[Received]] = {}
        for partition, received in self._back.items():
            passed: list[Received] = []
            self._back[partition] = [one for one in received if not self._settles(one, marks, passed)]
            if passed:
                given[partition] = passed
        self._keep_within_bounds(marks)
        return given

    async def commit(self, offsets: Mapping[Partition, int]) -> None:
        """Never beyond what is held back, nor while eras are compared: that needs the log from its first event."""
        if not self._rewound:
            await super().commit(offsets)

    def waiting(self, stream: str) -> list[Received]:
        """What is held back of a stream, in order."""
        return [one for received in self._back.values() for one in received if one.record.key == stream]

    def _settles(self, one: Received, marks: Mapping[str, LiveMark], passed: list[Received]) -> bool:
        """Give it on, or drop what an earlier era said; False to hold it back."""
        mark, envelope = marks.get(one.record.key), Envelope.of(one.record)
        if says_all_was_told(envelope.type):
            return True
        if mark is None or envelope.era > mark.wanted_era:
            return False
        if envelope.era < mark.wanted_era:
            if mark.rewinds and envelope.era == mark.era:
                self._rewound.setdefault(envelope.stream, Rewound()).ids[envelope.sequence] = envelope.event_id
            return True
        if not self._is_within(envelope, mark):
            return False
        passed += [one._replace(record=record) for record in _without_skipped(one.record, envelope, mark)]
        return True

    def _is_within(self, envelope: Envelope, mark: LiveMark) -> bool:
        if not mark.rewinds:
            return envelope.sequence <= mark.sequence
        rewound = self._rewound.setdefault(envelope.stream, Rewound())
        follows = envelope.sequence == rewound.agreed + 1 and envelope.sequence <= mark.sequence
        if follows and rewound.ids.get(envelope.sequence) == envelope.event_id:
            rewound.agreed = envelope.sequence
        return envelope.sequence <= rewound.agreed

    def _keep_within_bounds(self, marks: Mapping[str, LiveMark]) -> None:
        """Read no further where too much waits, unless it waits for an operator."""
        for partition, back in self._back.items():
            moving = sum((mark := marks.get(one.record.key)) is None or mark.held is None for one in back)
            if moving > MOST_HELD_BACK and partition not in self._paused:
                self._paused.add(partition)
                self._reader.pause(partition)
            elif moving <= MOST_HELD_BACK and partition in self._paused:
                self._paused.remove(partition)
                self._reader.resume(partition)


def _in_streams(received: Sequence[Received]) -> list[Received]:
    """Those that are in a stream, under its key, however they came; the original parked the others by their place."""
    read = ((one, in_stream(one.record)) for one in received)
    return [one._replace(record=found[0]) for one, found in read if found is not None]


def _without_skipped(record: Record, envelope: Envelope, mark: LiveMark) -> list[Record]:
    """The record, or a hollow one where an operator gave the event up; hollow ones also for events that never came."""
    missing = mark.never_came_before(envelope.sequence)
    hollow = [_hollow(record, {"ce_sequence": str(sequence), "ce_id": str(NIL)}) for sequence in missing]
    return [*hollow, _hollow(record, {}) if mark.gave_up(envelope) else record]


def _hollow(record: Record, changes: Mapping[str, str]) -> Record:
    headers = dict(record.headers) | {"ce_type": SKIPPED.encode()}
    return record._replace(headers=tuple((headers | {name: at.encode() for name, at in changes.items()}).items()))
