"""kill -9 Kafka under load: the API goes on, and all is told when the broker is back; nobody restarts anything."""

import asyncio
from pathlib import Path

import pytest
from faults_told import Timeline
from office import Office, answers
from production_shape import Fleet, production_shape
from proof import prove

from dunlin_events.nodes_for_tests import Node

OUTAGES = 5, 45, 300
"""Seconds; the long ones in the long run."""


async def _away(fleet: Fleet, office: Office, broker: Node, seconds: int) -> None:
    """Kill the broker and start it again after so long; the office is answered all the while."""
    fleet.timeline.note("kill -9 kafka")
    broker.kill()
    before = office.client.answered
    await asyncio.sleep(seconds)
    assert office.client.answered > before + seconds, "the API did not go on while the broker was away"
    await asyncio.to_thread(broker.start)
    fleet.timeline.note("start kafka")


@pytest.mark.chaos
@pytest.mark.kafka
@pytest.mark.timeout(0)
async def test_kafka_is_killed_and_comes_back(
    postgres: str, tmp_path: Path, timeline: Timeline, is_long: bool, own_kafka: Node
) -> None:
    async with production_shape(postgres, tmp_path, timeline, kafka=own_kafka.bootstrap) as fleet:
        office, stop = await Office.opened(fleet, timeline.seed), asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(office.work(stop, clerks=2, customers=8))
            await answers(office, 100)
            for seconds in OUTAGES if is_long else OUTAGES[:1]:
                await _away(fleet, office, own_kafka, seconds)
                await answers(office, 100)
            stop.set()
        proven = await prove(fleet, office)
        timeline.survived(f"{timeline.count('kill -9 kafka')} outages of Kafka: {proven.told()}")
