"""A worker's start: it waits for a bus that is away, and begins nothing on one whose topics are wrong."""

import asyncio
from pathlib import Path

import pytest

from customer_svc.worker import create_worker
from dunlin_events.memory_bus import MemoryBus
from dunlin_events.topics import BusAway, WrongPartitionCount
from dunlin_kit import process
from dunlin_kit.testing import running


class Coming(MemoryBus):
    """Away for the first looks."""

    def __init__(self, refusals: list[Exception]) -> None:
        super().__init__()
        self.refusals = refusals

    async def ensure_topics(self) -> None:
        if self.refusals:
            raise self.refusals.pop(0)


async def test_a_worker_waits_for_its_bus(postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_BUS_SECONDS", 0.05)
    async with running(postgres, "customer", tmp_path) as customer:
        bus, stop = Coming([BusAway("not yet"), BusAway("nor now")]), asyncio.Event()
        worker = create_worker(customer.settings, bus=bus)
        working = asyncio.create_task(worker.run(stop))
        await asyncio.wait_for(worker.reached.wait(), 10)
        assert not bus.refusals
        assert not working.done()
        stop.set()
        await asyncio.wait_for(working, 10)


async def test_a_worker_begins_nothing_where_order_would_break(postgres: str, tmp_path: Path) -> None:
    async with running(postgres, "customer", tmp_path) as customer:
        bus = Coming([WrongPartitionCount("dunlin-customer", 3, 12)])
        worker = create_worker(customer.settings, bus=bus)
        with pytest.raises(WrongPartitionCount):
            await asyncio.wait_for(worker.run(asyncio.Event()), 10)
        assert not bus.logs
