"""A bus for a test that shall hold on both, with one topic of its own in the place of the owner's."""

from collections.abc import AsyncIterator

import pytest

from dunlin_events.broker_for_tests import Broker, make_on_mock
from dunlin_events.kafka import KafkaBus
from dunlin_events.postgres_log import PostgresBus
from dunlin_events.testing import database
from dunlin_events.topics import Bus
from dunlin_kernel.ids import new_id


@pytest.fixture(params=["postgres", pytest.param("kafka", marks=pytest.mark.kafka)])
async def bus(request: pytest.FixtureRequest, topic: str) -> AsyncIterator[Bus]:
    made: Bus
    if request.param == "kafka":
        found: Broker = request.getfixturevalue("kafka_broker")
        if found.kind == "mock":
            make_on_mock(found.bootstrap, topic)
        made = KafkaBus(found.bootstrap, topics={topic: 4})
        await made.ensure_topics()
        yield made
        return
    async with database(request.getfixturevalue("postgres")) as dsn:
        made = PostgresBus(dsn, topics={topic: 4})
        await made.ensure_topics()
        yield made


@pytest.fixture
def topic(monkeypatch: pytest.MonkeyPatch) -> str:
    """One of its own, where the owner's would be."""
    name = f"t-{new_id()}"
    for module in ("consuming", "rebuilding"):
        monkeypatch.setattr(f"dunlin_events.{module}.topic_of", lambda _owner: name)
    return name


@pytest.fixture
def lasting_bus(request: pytest.FixtureRequest, bus: Bus) -> Bus:
    """The same, where members come back, or much is told: the mock cluster knows no static ones, and keeps little."""
    if isinstance(bus, KafkaBus) and request.getfixturevalue("kafka_broker").kind == "mock":
        pytest.skip("the mock cluster knows no static members, and keeps five megabytes of a partition")
    return bus
