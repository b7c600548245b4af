"""Holding back: a reader in front of another one that keeps some records for later, and never commits past them."""

from collections.abc import Collection, Mapping

from dunlin_events.topics import Partition, Reader, Received


class HoldingReader:
    """Passes everything on but `poll`, in which `_back` is filled and emptied: what is held, in order, by partition."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._back: dict[Partition, list[Received]] = {}

    async def start(self) -> None:
        await self._reader.start()

    async def stop(self) -> None:
        await self._reader.stop()

    async def commit(self, offsets: Mapping[Partition, int]) -> None:
        """Never beyond what is held back."""
        await self._reader.commit(
            {p: min([at, *(one.offset for one in self._back.get(p, ()))]) for p, at in offsets.items()})

    async def seek(self, partition: Partition, offset: int) -> None:
        self._back[partition] = [one for one in self._back.get(partition, ()) if one.offset < offset]
        await self._reader.seek(partition, offset)

    def pause(self, *partitions: Partition) -> None:
        self._reader.pause(*partitions)

    def resume(self, *partitions: Partition) -> None:
        self._reader.resume(*partitions)

    def assigned(self) -> Collection[Partition]:
        return self._reader.assigned()

    def lag(self) -> Mapping[Partition, int]:
        return self._reader.lag()
