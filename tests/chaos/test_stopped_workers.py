"""A worker is stopped, as by a debugger, in the middle of anything; a second one takes over; the first wakes up."""

import asyncio
import signal
from pathlib import Path

import pytest
from faults_told import Timeline
from office import Office, answers, at_work
from patience import Patience
from production_shape import SECOND, Fleet, production_shape
from proof import prove, quiet, rows

from dunlin_local.databases import SERVICES

STOPPED_SECONDS = 20
"""In the long run, at least; in the short one only until the others have taken over."""
Epochs = dict[str, int]


async def _epochs(fleet: Fleet) -> Epochs:
    """How often each service's relay has had a new leader; zero before the first."""
    found = {service: await rows(fleet, service, "SELECT epoch FROM relay_state") for service in SERVICES}
    return {service: row[0]["epoch"] if row else 0 for service, row in found.items()}


async def _taken_over(fleet: Fleet, before: Epochs) -> None:
    """Wait until each relay has had another leader, as long as anything moves."""
    epochs = await _epochs(fleet)
    patience = Patience(lambda: epochs)
    while not all(epochs[service] > before[service] for service in SERVICES):
        assert patience.lasts(), f"{before}, then {epochs}"
        await asyncio.sleep(0.2)
        epochs = await _epochs(fleet)


async def _stop_and_go(fleet: Fleet, office: Office, suffix: str, *, seconds: float) -> None:
    """Stop one worker of each service while the office works; all is heard before they wake up."""
    names = [f"{service}-worker{suffix}" for service in SERVICES]
    async with at_work(office, clerks=3, customers=8):
        await answers(office, 50)
        before = await _epochs(fleet)
        for name in names:
            fleet.signal(name, signal.SIGSTOP)
        await asyncio.sleep(seconds)
        await _taken_over(fleet, before)
    await quiet(fleet, office)
    for name in names:
        fleet.signal(name, signal.SIGCONT)


@pytest.mark.chaos
@pytest.mark.timeout(0)
async def test_workers_are_stopped_and_wake_up(
    postgres: str, tmp_path: Path, timeline: Timeline, is_long: bool, kafka: str
) -> None:
    turns = ("", SECOND) if is_long else ("",)
    async with production_shape(postgres, tmp_path, timeline, kafka=kafka) as fleet:
        office = await Office.opened(fleet, timeline.seed)
        await quiet(fleet, office)
        assert all((await _epochs(fleet)).values()), "the first workers lead"
        for service in SERVICES:
            fleet.start(f"{service}-worker{SECOND}")
        for turn in turns:
            await _stop_and_go(fleet, office, turn, seconds=STOPPED_SECONDS if is_long else 0)
        await office.round()
        proven = await prove(fleet, office)
        where = "on Kafka" if kafka else "on the log"
        timeline.survived(f"{timeline.count('SIGSTOP')} workers stopped and woken up, {where}: {proven.told()}")
