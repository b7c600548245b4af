"""kill -9 Kafka under load: the API goes on, and all is told when the broker is back; nobody restarts anything.

The short run has one system on Kafka: its processes are crashed and killed too, which the long run does in more detail.
"""

from pathlib import Path
from random import Random

import pytest
from crasher import crash_by, each_point_once
from faults_told import Timeline
from killer import kill_at_random, kill_broker
from office import Office, answers, at_work
from production_shape import production_shape
from proof import prove

from dunlin_events.nodes_for_tests import Node

OUTAGES = 5, 45, 300
"""Seconds; the long ones in the long run."""
KILLS = 4


@pytest.mark.chaos
@pytest.mark.kafka
@pytest.mark.timeout(0)
async def test_kafka_is_killed_and_comes_back(
    postgres: str, tmp_path: Path, timeline: Timeline, is_long: bool, own_kafka: Node
) -> None:
    dice = Random(f"{timeline.seed} kafka")
    async with production_shape(postgres, tmp_path, timeline, kafka=own_kafka.bootstrap) as fleet:
        office = await Office.opened(fleet, timeline.seed)
        async with at_work(office, clerks=3, customers=8):
            if not is_long:
                await crash_by(each_point_once(dice), fleet, office)
                await kill_at_random(fleet, dice, seconds=0, times=KILLS)
            for seconds in OUTAGES if is_long else OUTAGES[:1]:
                await answers(office, 100)
                await kill_broker(fleet, office, own_kafka, seconds)
            await answers(office, 100)
        await fleet.ready()
        proven = await prove(fleet, office)
        count = timeline.count
        timeline.survived(f"{count('kill -9 kafka')} outages of Kafka, {count('crashed')} crashes and "
                          f"{count('kill at random')} kills of processes: {proven.told()}")
