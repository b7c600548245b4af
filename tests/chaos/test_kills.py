"""kill -9 of any process at any moment, under load: nothing acknowledged is lost, nothing happens twice."""

from pathlib import Path
from random import Random

import pytest
from faults_told import Timeline
from killer import kill_at_random
from office import Office, at_work
from production_shape import production_shape
from proof import prove

LEAST_KILLS = 8


@pytest.mark.chaos
@pytest.mark.timeout(0)
@pytest.mark.usefixtures("long_run")
async def test_processes_are_killed(
    postgres: str, tmp_path: Path, timeline: Timeline, minutes: float, kafka: str
) -> None:
    async with production_shape(postgres, tmp_path, timeline, kafka=kafka) as fleet:
        office = await Office.opened(fleet, timeline.seed)
        async with at_work(office, clerks=4, customers=12):
            await kill_at_random(fleet, Random(timeline.seed), seconds=60 * minutes, times=LEAST_KILLS)
            timeline.note("the clerks go home")
        await fleet.ready()
        proven = await prove(fleet, office)
        where = "on Kafka" if kafka else "on the log"
        timeline.survived(f"{timeline.count('kill -9')} kills of processes, {where}: {proven.told()}")
