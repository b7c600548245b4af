"""The running systems that the journeys of a file share: calm, with a bus that does its worst, and on Kafka."""

import os
from collections.abc import AsyncIterator

import pytest
from dunlin_running import Dunlin, dunlin
from late_service import all_end_alike

from dunlin_events.broker_for_tests import MOCK_PARTITIONS, broker
from dunlin_events.faults import FaultyBus
from dunlin_events.kafka import KafkaBus
from dunlin_events.postgres_log import PostgresBus
from dunlin_events.topics import PARTITIONS
from dunlin_kit.settings import BusKind

SEED = int(os.environ.get("DUNLIN_SEED", "20260301"))


@pytest.fixture(scope="module")
async def calm(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Dunlin]:
    """On the embedded bus, undisturbed."""
    async with dunlin(postgres, tmp_path_factory.mktemp("calm")) as system:
        yield system


@pytest.fixture(scope="module")
async def faulty(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Dunlin]:
    """On the embedded bus with duplicates, delays, redelivery and keys out of turn, by a seed.

    All that was lived in a file is replayed from the log in the end, and comes to the same.
    """
    def bus(url: str) -> FaultyBus:
        return FaultyBus(PostgresBus(url), seed=SEED)

    async with dunlin(postgres, tmp_path_factory.mktemp("faulty"), bus=bus) as system:
        yield system
        await all_end_alike(postgres, system)


@pytest.fixture(scope="module")
async def on_kafka(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Dunlin]:
    """On a Kafka broker of its own, with the same faults."""
    with broker(f"journeys-{os.getpid()}") as found:
        if found.kind == "mock":
            pytest.skip(f"topics have {PARTITIONS} partitions, those of the mock cluster {MOCK_PARTITIONS}")

        def bus(_: str) -> FaultyBus:
            return FaultyBus(KafkaBus(found.bootstrap), seed=SEED)

        kafka = {"bus": BusKind.KAFKA, "kafka_bootstrap": found.bootstrap}
        async with dunlin(postgres, tmp_path_factory.mktemp("kafka"), bus=bus, settings=kafka) as system:
            yield system


@pytest.fixture(params=["calm", "faulty"])
def system(request: pytest.FixtureRequest) -> Dunlin:
    """Each story is lived undisturbed, then with duplicates, delays and redelivery."""
    running: Dunlin = request.getfixturevalue(request.param)
    return running
