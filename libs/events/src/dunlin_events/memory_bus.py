"""A bus in memory, for tests of one process: topics as lists, groups as offsets. It keeps every promise of a bus."""

import asyncio
from collections.abc import Collection, Mapping, Sequence

from dunlin_events.envelope import Record
from dunlin_events.topics import MANIFEST, Partition, Received, Stretch, Tail, partition_of


class MemoryBus:
    """`logs` is what was published, per partition; `committed` how far each group came."""

    def __init__(self, topics: Mapping[str, int] = MANIFEST) -> None:
        self.topics = topics
        self.logs: dict[Partition, list[Record]] = {}
        self.committed: dict[tuple[str, Partition], int] = {}
        self.grown = asyncio.Event()

    def publisher(self) -> "MemoryPublisher":
        return MemoryPublisher(self)

    def reader(self, group: str, topics: Sequence[str], member: str) -> "MemoryReader":
        """The group's only member: `member` changes nothing."""
        return MemoryReader(self, group, topics)

    async def ensure_topics(self) -> None:
        return None

    async def tail(self, topic: str, most: int) -> Tail:
        logs = {partition.number: log for partition, log in sorted(self.logs.items()) if partition.topic == topic}
        return Tail([record for log in logs.values() for record in log[-most:]],
                    {number: len(log) for number, log in logs.items()})

    def records(self, topic: str) -> list[Record]:
        """Everything of a topic, partition by partition."""
        return [record for partition, log in sorted(self.logs.items()) if partition.topic == topic for record in log]


class MemoryPublisher:
    """Appends to the bus."""

    def __init__(self, bus: MemoryBus) -> None:
        self._bus = bus

    async def start(self) -> None:
        return None

    async def publish(self, topic: str, records: Sequence[Record]) -> Mapping[int, Stretch]:
        stand: dict[int, Stretch] = {}
        for record in records:
            number = partition_of(record.key, self._bus.topics[topic])
            log = self._bus.logs.setdefault(Partition(topic, number), [])
            log.append(record)
            stand[number] = Stretch(stand[number].first if number in stand else len(log) - 1, len(log))
        self._bus.grown.set()
        return stand

    async def stop(self) -> None:
        return None


class MemoryReader:
    """Reads all partitions of its topics."""

    def __init__(self, bus: MemoryBus, group: str, topics: Sequence[str]) -> None:
        self._bus, self._group = bus, group
        partitions = [Partition(topic, number) for topic in topics for number in range(bus.topics[topic])]
        self._positions = {partition: bus.committed.get((group, partition), 0) for partition in partitions}
        self._paused: set[Partition] = set()

    async def start(self) -> None:
        return None

    async def poll(self, *, max_records: int, timeout_ms: int) -> Mapping[Partition, Sequence[Received]]:
        self._bus.grown.clear()
        if not any(self.lag().values()):
            try:
                await asyncio.wait_for(self._bus.grown.wait(), timeout_ms / 1000)
            except TimeoutError:
                return {}
        found: dict[Partition, list[Received]] = {}
        left = max_records
        for partition, at in self._positions.items():
            if partition not in self._paused and (records := self._bus.logs.get(partition, [])[at : at + left]):
                found[partition] = [Received(partition, at + n, record) for n, record in enumerate(records)]
                left -= len(records)
        for partition, received in found.items():
            self._positions.pop(partition)
            self._positions[partition] = received[-1].offset + 1
        return found

    async def commit(self, offsets: Mapping[Partition, int]) -> None:
        self._bus.committed |= {(self._group, partition): at for partition, at in offsets.items()}

    async def seek(self, partition: Partition, offset: int) -> None:
        self._positions[partition] = offset

    def pause(self, *partitions: Partition) -> None:
        self._paused.update(partitions)

    def resume(self, *partitions: Partition) -> None:
        self._paused.difference_update(partitions)
        self._bus.grown.set()

    def assigned(self) -> Collection[Partition]:
        return self._positions.keys()

    def lag(self) -> Mapping[Partition, int]:
        return {p: len(self._bus.logs.get(p, ())) - at for p, at in self._positions.items() if p not in self._paused}

    async def stop(self) -> None:
        return None
