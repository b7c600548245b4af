"""A bus that sends batches twice, replays partitions and turns keys around, under load: no figure moves by it."""

import asyncio
from pathlib import Path

import pytest
from dunlin_running import dunlin
from faults_told import Timeline
from office import Office
from production_shape import Fleet
from proof import prove

from dunlin_events.faults import FaultyBus
from dunlin_events.kafka import KafkaBus
from dunlin_events.postgres_log import PostgresBus
from dunlin_kit.settings import BusKind
from dunlin_local.databases import SERVICES


@pytest.mark.chaos
@pytest.mark.timeout(0)
async def test_twice_late_and_out_of_turn(
    postgres: str, tmp_path: Path, timeline: Timeline, minutes: float, kafka: str
) -> None:
    def bus(url: str) -> FaultyBus:
        return FaultyBus(KafkaBus(kafka) if kafka else PostgresBus(url), seed=timeline.seed, replays=20)

    settings = {"requests_per_second": 100_000}
    async with dunlin(postgres, tmp_path, bus=bus, settings=settings) as system:
        fleet = Fleet({}, dict.fromkeys(SERVICES, system.url), system.issuer, tmp_path, system.databases, postgres,
                      BusKind.KAFKA if kafka else BusKind.POSTGRES, kafka, timeline, system.client)
        office, stop = await Office.opened(fleet, timeline.seed), asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(office.work(stop, clerks=4, customers=10))
            await asyncio.sleep(60 * minutes)
            stop.set()
        proven = await prove(fleet, office)
        assert proven.records > proven.events
        where = "on Kafka" if kafka else "on the log"
        timeline.survived(f"records twice, late and out of turn, {where}: {proven.told()}")
