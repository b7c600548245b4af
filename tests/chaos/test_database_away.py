"""kill -9 PostgreSQL under load, with everything in it: what was acknowledged is there, and all processes go on."""

import asyncio
import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from faults_told import Timeline
from office import Office, answers, at_work
from production_shape import Fleet, production_shape
from proof import prove

from dunlin_local.postgres import Postgres
from dunlin_local.postgres_binaries import ROOTS_PLACE, can_be_reached

DURABLE = {"max_connections": "300", "shared_buffers": "64MB"}


@pytest.fixture
def own_postgres() -> Iterator[Postgres]:
    """A server of its own that forgets nothing: fsync and synchronous_commit are on."""
    usual = Path(tempfile.gettempdir()).resolve()
    place = usual if can_be_reached(usual) else ROOTS_PLACE
    place.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="dunlin-chaos-postgres-", dir=place) as folder:
        Path(folder).chmod(0o755)
        with Postgres(Path(folder) / "server", options=DURABLE) as server:
            yield server


def _kill_all_of(server: Postgres) -> None:
    """The first process and all that it started, at once: nobody tells a client good-bye."""
    first = server.pid
    for pid in (first, *_children_of(first)):
        os.kill(pid, signal.SIGKILL)


def _children_of(parent: int) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]


async def _killed(fleet: Fleet, server: Postgres, seconds: float) -> None:
    fleet.timeline.note("kill -9 postgresql")
    _kill_all_of(server)
    await asyncio.sleep(seconds)
    await asyncio.to_thread(server.revive)
    fleet.timeline.note("start postgresql")


@pytest.mark.chaos
@pytest.mark.timeout(0)
async def test_postgresql_is_killed_and_comes_back(
    own_postgres: Postgres, tmp_path: Path, timeline: Timeline, minutes: float, is_long: bool, kafka: str
) -> None:
    async with production_shape(own_postgres.url(), tmp_path, timeline, kafka=kafka) as fleet:
        office = await Office.opened(fleet, timeline.seed)
        async with at_work(office, clerks=4, customers=8):
            for seconds in (0, 3, *(1,) * round(4 * minutes if is_long else 0)):
                await answers(office, 100)
                await _killed(fleet, own_postgres, seconds)
            await answers(office, 100)
        proven = await prove(fleet, office)
        where = "on Kafka" if kafka else "on the log"
        timeline.survived(f"{timeline.count('kill -9 postgresql')} kills of PostgreSQL, {where}: {proven.told()}")
