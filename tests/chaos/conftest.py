"""What every chaos test is given: a seed, how long to go on, the timeline of its faults, a broker of its own."""

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from faults_told import Timeline

from dunlin_events.broker_for_tests import JavaBroker, startable


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    """`--seed=N`; the same seed does the same faults in the same order."""
    chosen: int = request.config.getoption("--seed")
    return chosen


@pytest.fixture
def minutes(request: pytest.FixtureRequest) -> float:
    """`--minutes=N`: how long a test with faults at random goes on."""
    chosen: float = request.config.getoption("--minutes")
    return chosen


@pytest.fixture
def timeline(seed: int, record_property: Callable[[str, object], None]) -> Timeline:
    return Timeline(seed, record_property)


@pytest.fixture
def is_long(minutes: float) -> bool:
    """Whether there is time for everything: with `--minutes` of 1 or more."""
    return minutes >= 1


@pytest.fixture
def long_run(is_long: bool) -> None:
    """Only where there is time for it."""
    if not is_long:
        pytest.skip("part of the long run: --minutes=1 or more")


@pytest.fixture
def own_kafka() -> Iterator[JavaBroker]:
    """A Kafka node that nobody else uses and that may be killed; running."""
    if startable() != "java":
        missing = "a Kafka node that may be killed needs Java 17 or later, and Maven for its jars"
        if os.environ.get("DUNLIN_REQUIRE_KAFKA") == "1":
            pytest.fail(missing)
        pytest.skip(missing)
    with tempfile.TemporaryDirectory(prefix="dunlin-chaos-kafka-") as folder:
        node = JavaBroker(Path(folder))
        node.format()
        node.start()
        try:
            yield node
        finally:
            node.kill()
