"""For tests: a database of their own, a broker, what was published, and a bus that does its worst."""

import contextlib
import os
import sys
import warnings
from collections.abc import AsyncIterator, Iterator
from urllib.parse import urlsplit

import asyncpg
import pytest

from dunlin_events.broker_for_tests import MOCK_WARNING, broker
from dunlin_events.consuming import Consumer
from dunlin_kernel.ids import new_id


@contextlib.asynccontextmanager
async def database(admin: str) -> AsyncIterator[str]:
    """The URL of an empty database, dropped afterwards; `admin` may create databases."""
    name = f"t{new_id().hex}"
    connection = await asyncpg.connect(admin)
    try:
        await connection.execute(f'CREATE DATABASE "{name}"')
        yield urlsplit(admin)._replace(path=f"/{name}").geturl()
        await connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def kafka_bootstrap(request: pytest.FixtureRequest) -> Iterator[str]:
    """Where a Kafka broker is; the same one in all workers of this run."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID") or str(os.getpid())
    with broker(run) as found:
        if found.kind == "mock":
            warnings.warn(MOCK_WARNING, stacklevel=1)
            request.config.pluginmanager.register(_LastLine())
        yield found.bootstrap


class _LastLine:
    def pytest_unconfigure(self) -> None:
        sys.stderr.write(f"\n{MOCK_WARNING}\n")


async def deliver_all(*consumers: Consumer, turns: int = 1000) -> int:
    """Let consumers work, in turns, until none finds anything; return how many records they took."""
    taken = 0
    for _ in range(turns):
        took = [await consumer.turn(timeout_ms=0) for consumer in consumers]
        taken += sum(took)
        if not any(took):
            return taken
    raise AssertionError(f"not done after {turns} turns")
