"""A bus that sends batches twice, replays partitions and turns keys around, under load: no figure moves by it."""

import asyncio
from pathlib import Path

import pytest
from dunlin_running import dunlin
from faults_told import Timeline
from office import Office, answers, at_work
from production_shape import Fleet
from proof import prove

from dunlin_events.faults import FaultyBus
from dunlin_events.kafka import KafkaBus
from dunlin_events.postgres_log import PostgresBus
from dunlin_kit.settings import BusKind
from dunlin_local.databases import SERVICES

ANSWERS = 200


@pytest.mark.chaos
@pytest.mark.timeout(0)
async def test_twice_late_and_out_of_turn(
    postgres: str, tmp_path: Path, timeline: Timeline, minutes: float, is_long: bool, kafka: str
) -> None:
    replays = 20 if is_long else 5

    def bus(url: str) -> FaultyBus:
        return FaultyBus(KafkaBus(kafka) if kafka else PostgresBus(url), seed=timeline.seed, replays=replays)

    settings = {"requests_per_second": 100_000}
    async with dunlin(postgres, tmp_path, bus=bus, settings=settings) as system:
        fleet = Fleet({}, dict.fromkeys(SERVICES, system.url), system.issuer, tmp_path, system.databases, postgres,
                      BusKind.KAFKA if kafka else BusKind.POSTGRES, kafka, timeline, system.client)
        office = await Office.opened(fleet, timeline.seed)
        async with at_work(office, clerks=4, customers=10):
            await asyncio.sleep(60 * minutes if is_long else 0)
            await answers(office, ANSWERS)
        proven = await prove(fleet, office)
        assert proven.records > proven.events
        where = "on Kafka" if kafka else "on the log"
        timeline.survived(f"records twice, late and out of turn, {where}: {proven.told()}")
