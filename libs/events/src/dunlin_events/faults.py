"""A bus that does its worst, by a seed: duplicates, delays, whole partitions again, keys out of turn. Never one key."""

from collections.abc import Mapping, Sequence
from random import Random  # noqa: TID251  always seeded, by the test

from dunlin_events.envelope import Record
from dunlin_events.holding import HoldingReader
from dunlin_events.topics import Bus, Partition, Publisher, Reader, Received, Stretch, Tail


class FaultyBus:
    """Everything a bus may do to those who read from it, and the order of each key."""

    def __init__(self, bus: Bus, *, seed: int, replays: int = 2) -> None:
        self._bus, self._seed, self._replays = bus, seed, replays

    def publisher(self) -> Publisher:
        return FaultyPublisher(self._bus.publisher(), Random(self._seed))

    def reader(self, group: str, topics: Sequence[str], member: str) -> Reader:
        dice = Random(f"{self._seed} {group} {member}")
        return FaultyReader(self._bus.reader(group, topics, member), dice, self._replays)

    async def ensure_topics(self) -> None:
        await self._bus.ensure_topics()

    async def tail(self, topic: str, most: int) -> Tail:
        return await self._bus.tail(topic, most)


class FaultyPublisher:
    """Sends some batches twice, as after an answer that was lost."""

    def __init__(self, publisher: Publisher, dice: Random) -> None:
        self._publisher, self._dice = publisher, dice

    async def start(self) -> None:
        await self._publisher.start()

    async def publish(self, topic: str, records: Sequence[Record]) -> Mapping[int, Stretch]:
        stand = await self._publisher.publish(topic, records)
        return await self._publisher.publish(topic, records) if self._dice.random() < 0.2 else stand

    async def stop(self) -> None:
        await self._publisher.stop()


class FaultyReader(HoldingReader):
    """Gives records twice, holds keys back, and now and then begins a partition anew (`replays` times each)."""

    def __init__(self, reader: Reader, dice: Random, replays: int) -> None:
        super().__init__(reader)
        self._dice, self._replays = dice, replays
        self._replayed: dict[Partition, int] = {}

    async def poll(self, *, max_records: int, timeout_ms: int) -> Mapping[Partition, Sequence[Received]]:
        """May give more than asked for: duplicates, and what was held back."""
        patience = 0 if any(self._back.values()) else timeout_ms
        found = await self._reader.poll(max_records=max_records, timeout_ms=patience)
        given: dict[Partition, Sequence[Received]] = {}
        for partition in sorted({*found, *self._back}):
            fresh = found.get(partition, ())
            here = [*self._back.pop(partition, ()), *fresh]
            delayed = {r.record.key for r in here if self._dice.random() < 0.2} if fresh else set()
            if delayed:
                self._back[partition] = [r for r in here if r.record.key in delayed]
            if now := [r for r in here if r.record.key not in delayed]:
                given[partition] = self._twice(self._out_of_turn(now))
        return given

    async def commit(self, offsets: Mapping[Partition, int]) -> None:
        """And now and then read anew what was committed."""
        await super().commit(offsets)
        for partition in offsets:
            if self._replayed.get(partition, 0) < self._replays and self._dice.random() < 0.1:
                self._replayed[partition] = self._replayed.get(partition, 0) + 1
                await self.seek(partition, 0)

    def _out_of_turn(self, received: Sequence[Received]) -> list[Received]:
        waiting: dict[str, list[Received]] = {}
        for one in received:
            waiting.setdefault(one.record.key, []).append(one)
        mixed: list[Received] = []
        while waiting:
            key = self._dice.choice(sorted(waiting))
            mixed.append(waiting[key].pop(0))
            if not waiting[key]:
                del waiting[key]
        return mixed

    def _twice(self, received: Sequence[Received]) -> list[Received]:
        given: list[Received] = []
        for one in received:
            given.append(one)
            if self._dice.random() < 0.2:
                given.append(self._dice.choice(given))
        return given
