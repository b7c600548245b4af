"""Each named crash point of each process is passed under load and ends it; at the end everything holds."""

import asyncio
from pathlib import Path
from random import Random

import pytest
from faults_told import Timeline
from office import Office
from patience import Patience
from production_shape import Fleet, production_shape
from proof import prove

from dunlin_events.crash_points import POINTS, STATUS, VARIABLE
from dunlin_events.nodes_for_tests import Node
from dunlin_events.topics import HEARERS
from dunlin_local.databases import SERVICES

COMMITS, RELAYS, OFFSETS, SENDS = POINTS[:2], POINTS[2:8], POINTS[8:10], POINTS[10:]
WRITTEN_TO, SENDERS = ("customer", "billing", "credit"), ("notify",)
"""Whose API is written to here, and whose worker sends something to the outside."""


def points_of_worker(service: str) -> tuple[str, ...]:
    """Every worker has a relay; one that hears somebody has commits and offsets too."""
    heard = (*COMMITS, *OFFSETS) if HEARERS.get(service) else ()
    return (*heard, *RELAYS, *(SENDS if service in SENDERS else ()))


OF_PART = {f"{service}-api": COMMITS for service in WRITTEN_TO} | {
    f"{service}-worker": points_of_worker(service) for service in SERVICES}
"""Which points a process passes."""
SELDOM = {*SENDS, *(("billing-worker", point) for point in OFFSETS)}
"""What is passed now and then only: billing-svc hears of a customer once, and of each day."""
PATIENCE_ANSWERS = 5_000
"""So many requests are answered at most until a point is passed."""


async def crash_at_each_point(fleet: Fleet, office: Office, name: str, points: list[str]) -> None:
    """Start this process again and again, each time to end at the next of these points; at last for good."""
    part, dice = fleet.parts[name], Random(f"{fleet.timeline.seed} {name}")
    fleet.kill(name)
    for point in points:
        at = f"{point}:{dice.randrange(1, 3 if {point, (name, point)} & SELDOM else 12)}"
        fleet.start(name, **{VARIABLE: at})
        fleet.wanted.discard(name)
        answered, patience = office.client.answered, Patience(lambda: office.client.answered)
        while part.runs and patience.lasts() and office.client.answered < answered + PATIENCE_ANSWERS:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        assert part.status == STATUS, f"{name} ended with {part.status}, not at {at}"
        fleet.timeline.note(f"crashed {name} {point}")
    fleet.start(name)


async def crashed_at_work(
    postgres: str, folder: Path, timeline: Timeline, *, times: int = 1, kafka: str = "",
) -> None:
    dice = Random(timeline.seed)
    plan = {name: [point for _ in range(times) for point in dice.sample(points, len(points))]
            for name, points in OF_PART.items()}
    async with production_shape(postgres, folder, timeline, kafka=kafka) as fleet:
        office = await Office.opened(fleet, timeline.seed)
        stop = asyncio.Event()
        working = asyncio.create_task(office.work(stop, clerks=3, customers=8))
        try:
            async with asyncio.TaskGroup() as group:
                for name, points in plan.items():
                    group.create_task(crash_at_each_point(fleet, office, name, points))
        finally:
            stop.set()
            await working
        await fleet.ready()
        proven = await prove(fleet, office)
    crashes = timeline.count("crashed")
    assert crashes == sum(map(len, plan.values()))
    where = "on Kafka" if kafka else "on the log"
    timeline.survived(f"{crashes} crashes at {len(POINTS)} named points, {where}: {proven.told()}")


@pytest.mark.chaos
@pytest.mark.timeout(0)
async def test_every_crash_point_on_the_bus_in_postgresql(
    postgres: str, tmp_path: Path, timeline: Timeline, minutes: float
) -> None:
    await crashed_at_work(postgres, tmp_path, timeline, times=max(1, round(minutes)))


@pytest.mark.chaos
@pytest.mark.kafka
@pytest.mark.timeout(0)
@pytest.mark.usefixtures("long_run")
async def test_every_crash_point_on_kafka(
    postgres: str, tmp_path: Path, timeline: Timeline, minutes: float, own_kafka: Node
) -> None:
    await crashed_at_work(postgres, tmp_path, timeline, times=max(1, round(minutes)), kafka=own_kafka.bootstrap)
