"""Each named crash point is passed under load and ends its process; at the end everything holds.

The short run kills processes at random in the same system, which the long run does in one of its own.
"""

from pathlib import Path
from random import Random

import pytest
from crasher import crash_by, each_point_of_each, each_point_once
from faults_told import Timeline
from killer import kill_at_random
from office import Office, at_work
from production_shape import production_shape
from proof import prove

from dunlin_events.crash_points import POINTS

KILLS = 8


@pytest.mark.chaos
@pytest.mark.timeout(0)
async def test_processes_crash_at_every_point(
    postgres: str, tmp_path: Path, timeline: Timeline, minutes: float, is_long: bool, kafka: str
) -> None:
    dice = Random(timeline.seed)
    plan = each_point_of_each(dice, max(1, round(minutes))) if is_long else each_point_once(dice)
    assert {point for points in plan.values() for point in points} == {*POINTS}
    async with production_shape(postgres, tmp_path, timeline, kafka=kafka) as fleet:
        office = await Office.opened(fleet, timeline.seed)
        async with at_work(office, clerks=3, customers=8):
            await crash_by(plan, fleet, office)
            if not is_long:
                await kill_at_random(fleet, dice, seconds=0, times=KILLS)
        await fleet.ready()
        proven = await prove(fleet, office)
    where = "on Kafka" if kafka else "on the log"
    timeline.survived(f"{timeline.count('crashed')} crashes at {len(POINTS)} named points and "
                      f"{timeline.count('kill at random')} kills of processes, {where}: {proven.told()}")
