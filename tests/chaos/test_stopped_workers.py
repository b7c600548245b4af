"""A worker is stopped, as by a debugger, in the middle of anything; a second one takes over; the first wakes up."""

import asyncio
import signal
from pathlib import Path

import pytest
from faults_told import Timeline
from office import Office, answers
from production_shape import SECOND, Fleet, production_shape
from proof import prove, quiet, rows

from dunlin_events.nodes_for_tests import Node
from dunlin_local.databases import SERVICES

STOPPED_SECONDS = 20


async def _epochs(fleet: Fleet) -> dict[str, int]:
    """How often each service's relay has had a new leader; zero before the first."""
    found = {service: await rows(fleet, service, "SELECT epoch FROM relay_state") for service in SERVICES}
    return {service: row[0]["epoch"] if row else 0 for service, row in found.items()}


async def _stop_and_go(fleet: Fleet, office: Office, suffix: str) -> None:
    """Stop one worker of each service while the office works; all is heard before they wake up."""
    names = [f"{service}-worker{suffix}" for service in SERVICES]
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(office.work(stop, clerks=3, customers=8))
        await answers(office, 50)
        for name in names:
            fleet.signal(name, signal.SIGSTOP)
        await asyncio.sleep(STOPPED_SECONDS)
        stop.set()
    await quiet(fleet, office)
    for name in names:
        fleet.signal(name, signal.SIGCONT)


async def stopped_at_work(postgres: str, folder: Path, timeline: Timeline, turns: tuple[str, ...], kafka: str) -> None:
    async with production_shape(postgres, folder, timeline, kafka=kafka) as fleet:
        office = await Office.opened(fleet, timeline.seed)
        await quiet(fleet, office)
        first = await _epochs(fleet)
        for service in SERVICES:
            fleet.start(f"{service}-worker{SECOND}")
        for turn in turns:
            before = await _epochs(fleet)
            await _stop_and_go(fleet, office, turn)
            after = await _epochs(fleet)
            assert all(after[service] > before[service] for service in SERVICES), f"{before}, then {after}"
        assert all(first.values()), "the first workers lead"
        await office.round()
        proven = await prove(fleet, office)
        timeline.survived(f"{4 * len(turns)} workers stopped for {STOPPED_SECONDS} s: {proven.told()}")


@pytest.mark.chaos
@pytest.mark.timeout(0)
async def test_stopped_workers_on_the_bus_in_postgresql(
    postgres: str, tmp_path: Path, timeline: Timeline, is_long: bool
) -> None:
    await stopped_at_work(postgres, tmp_path, timeline, ("", SECOND) if is_long else ("",), "")


@pytest.mark.chaos
@pytest.mark.kafka
@pytest.mark.timeout(0)
@pytest.mark.usefixtures("long_run")
async def test_stopped_workers_on_kafka(
    postgres: str, tmp_path: Path, timeline: Timeline, own_kafka: Node
) -> None:
    await stopped_at_work(postgres, tmp_path, timeline, ("", SECOND), own_kafka.bootstrap)
