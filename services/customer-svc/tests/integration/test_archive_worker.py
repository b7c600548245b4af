"""The worker carries what was committed to the bus, each fact once and in the order of its stream; and looks at it."""

import asyncio
from typing import Any

from prometheus_client import REGISTRY

from customer_svc.store.integrity import CHECKS
from customer_svc.worker import create_worker
from dunlin_events.envelope import Envelope
from dunlin_events.postgres_log import PostgresBus
from dunlin_events.testing import database

ENOUGH = 200


async def test_what_was_committed_is_carried_to_the_bus(archive: Any, postgres: str) -> None:
    customer = await archive.register()
    await archive.post(f"/customer/v1/customers/{customer['id']}:activate")
    stream = f"{archive.tenant}:{customer['id']}"
    async with database(postgres) as bus_url:
        bus, stop = PostgresBus(bus_url), asyncio.Event()
        running = asyncio.create_task(create_worker(archive.running.settings, bus=bus).run(stop))
        try:
            heard = await _heard(bus, stream)
        finally:
            stop.set()
            await running
    assert [(envelope.type.split(".")[2], envelope.sequence, envelope.owner) for envelope in heard] == [
        ("CustomerRegistered", 1, "customer"), ("CustomerActivated", 2, "customer")]


async def test_it_looks_at_its_invariants_by_itself(archive: Any, postgres: str) -> None:
    def looked() -> float:
        made = ({"service": "customer", "check": check.id} for check in CHECKS)
        return sum(REGISTRY.get_sample_value("dunlin_integrity_seconds_total", one) or 0 for one in made)

    before = looked()
    async with database(postgres) as bus_url:
        stop = asyncio.Event()
        worker = create_worker(archive.running.settings, bus=PostgresBus(bus_url)).watching(CHECKS, first_after=0)
        running = asyncio.create_task(worker.run(stop))
        try:
            async with asyncio.timeout(60):
                while looked() == before:  # noqa: ASYNC110  nobody is told
                    await asyncio.sleep(0.01)
        finally:
            stop.set()
            await running


async def _heard(bus: PostgresBus, stream: str) -> list[Envelope]:
    await bus.ensure_topics()
    reader, heard = bus.reader("test", ["dunlin-customer"], "test-0"), []
    await reader.start()
    try:
        for _ in range(ENOUGH):
            for records in (await reader.poll(max_records=1000, timeout_ms=50)).values():
                heard += [Envelope.of(one.record) for one in records if one.record.key == stream]
            if len(heard) == 2:
                break
    finally:
        await reader.stop()
    return heard
