"""For tests: a database of their own, a broker, what was published, and consumers that work until all is done."""

import contextlib
import os
import warnings
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import NamedTuple
from urllib.parse import urlsplit

import asyncpg
import pytest

from dunlin_events.broker_for_tests import MOCK_WARNING, Broker, broker
from dunlin_events.consuming import Consumer
from dunlin_events.contracts.base import Event
from dunlin_events.envelope import Envelope, Record
from dunlin_kernel.ids import new_id


@contextlib.asynccontextmanager
async def database(admin: str) -> AsyncIterator[str]:
    """The URL of an empty database, dropped afterwards; `admin` may create databases."""
    name = f"t{new_id().hex}"
    await _tell(admin, f'CREATE DATABASE "{name}"')
    try:
        yield urlsplit(admin)._replace(path=f"/{name}").geturl()
    finally:
        await _tell(admin, f'DROP DATABASE "{name}" WITH (FORCE)')


async def _tell(admin: str, statement: str) -> None:
    """On a connection of its own: the server may be killed while the database is in use."""
    connection = await asyncpg.connect(admin)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def kafka_broker() -> Iterator[Broker]:
    """A Kafka broker; the same one in all workers of this run, unless it is the mock."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID") or str(os.getpid())
    with broker(run) as found:
        if found.kind == "mock":
            warnings.warn(MOCK_WARNING, stacklevel=1)
        yield found


@pytest.fixture(scope="session")
def kafka_bootstrap(kafka_broker: Broker) -> str:
    """Where that broker is."""
    return kafka_broker.bootstrap


async def deliver_all(*consumers: Consumer, turns: int = 1000) -> int:
    """Let consumers work, in turns, until none finds anything; return how many records they took."""
    taken = quiet = 0
    for _ in range(turns):
        took = [await consumer.turn(timeout_ms=0) for consumer in consumers]
        taken += sum(took)
        quiet = 0 if any(took) else quiet + 1
        if quiet == 2:
            return taken
    raise AssertionError(f"not done after {turns} turns")


class Told(NamedTuple):
    """A fact that was published, and its envelope."""

    envelope: Envelope
    event: Event


def recorded(records: Iterable[Record]) -> list[Told]:
    """What these records tell, in order; a type without a contract fails. Raises Undecodable."""
    told = []
    for record in records:
        envelope = Envelope.of(record)
        event = envelope.event(record.value)
        assert event is not None, f"{envelope.type} has no contract"
        told.append(Told(envelope, event))
    return told
