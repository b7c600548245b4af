"""A worker's start: it waits for a bus that is away, and begins nothing on one whose topics are wrong."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest

from customer_svc.worker import create_worker
from dunlin_events.envelope import Envelope, Record, stream_of
from dunlin_events.memory_bus import MemoryBus
from dunlin_events.rebasing import rebase
from dunlin_events.topics import BusAway, WrongPartitionCount
from dunlin_kernel.ids import new_id
from dunlin_kit import era_watch, process
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


async def test_a_running_worker_stands_after_a_restore_and_hears_all_again_in_the_new_era(
    postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the restored database lost comes again, though the group had read beyond it."""
    monkeypatch.setattr(era_watch, "LOOK_SECONDS", 0.05)
    stream = stream_of(new_id(), new_id())

    def told(sequence: int) -> Record:
        at = datetime(2026, 3, 4, tzinfo=UTC)
        envelope = Envelope(new_id(), "dunlin.billing.Unheard.v1", "/dunlin/billing", stream, 1, sequence, at, at, "c")
        return Record(stream, envelope.headers(), b"{}")

    async with running(postgres, "customer", tmp_path) as customer:
        bus, stop = MemoryBus(), asyncio.Event()
        worker = create_worker(customer.settings, bus=bus)
        working = asyncio.create_task(worker.run(stop))
        owner = await asyncpg.connect(customer.urls.owner)

        async def heard(sequence: int) -> None:
            async with asyncio.timeout(60):
                while await owner.fetchval(  # noqa: ASYNC110
                    "SELECT sequence FROM watermark WHERE stream = $1 AND held IS NULL", stream) != sequence:
                    await asyncio.sleep(0.02)

        await bus.publisher().publish("dunlin-billing", [told(1)])
        await heard(1)
        await owner.execute("UPDATE relay_state SET timeline_id = timeline_id + 1")
        async with asyncio.timeout(60):
            while worker.eras.now:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        await owner.execute("DELETE FROM watermark")
        await bus.publisher().publish("dunlin-billing", [told(2)])
        era = await rebase(customer.urls.ops, who="ann")
        await heard(2)
        assert worker.eras.now == era
        await owner.close()
        stop.set()
        await asyncio.wait_for(working, 60)
