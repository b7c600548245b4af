"""kill -9 of any process at any moment, under load: nothing acknowledged is lost, nothing happens twice."""

import asyncio
from pathlib import Path
from random import Random

import pytest
from faults_told import Timeline
from killer import kill_at_random
from office import Office
from production_shape import production_shape
from proof import prove

from dunlin_events.nodes_for_tests import Node

LEAST_KILLS = 8


async def killed_at_work(
    postgres: str, folder: Path, timeline: Timeline, *, seconds: float, kafka: str = "",
) -> None:
    async with production_shape(postgres, folder, timeline, kafka=kafka) as fleet:
        office = await Office.opened(fleet, timeline.seed)
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(office.work(stop, clerks=4, customers=12))
            await kill_at_random(fleet, Random(timeline.seed), seconds=seconds, times=LEAST_KILLS)
            timeline.note("the clerks go home")
            stop.set()
        await fleet.ready()
        proven = await prove(fleet, office)
        where = "on Kafka" if kafka else "on the log"
        timeline.survived(f"{timeline.count('kill -9')} kills of processes, {where}: {proven.told()}")


@pytest.mark.chaos
@pytest.mark.timeout(0)
async def test_kills_on_the_bus_in_postgresql(
    postgres: str, tmp_path: Path, timeline: Timeline, minutes: float
) -> None:
    await killed_at_work(postgres, tmp_path, timeline, seconds=60 * minutes)


@pytest.mark.chaos
@pytest.mark.kafka
@pytest.mark.timeout(0)
async def test_kills_on_kafka(
    postgres: str, tmp_path: Path, timeline: Timeline, minutes: float, own_kafka: Node
) -> None:
    await killed_at_work(postgres, tmp_path, timeline, seconds=60 * minutes, kafka=own_kafka.bootstrap)
