"""What every chaos test is given: how long to go on, a broker of its own, one bus after the other."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from dunlin_events.nodes_for_tests import Node, own_node


@pytest.fixture
def minutes(request: pytest.FixtureRequest) -> float:
    """`--minutes=N`: how long a test with faults at random goes on."""
    chosen: float = request.config.getoption("--minutes")
    return chosen


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
def own_kafka() -> Iterator[Node]:
    """A Kafka node that nobody else uses and that may be killed; running."""
    with tempfile.TemporaryDirectory(prefix="dunlin-chaos-kafka-") as folder, own_node(Path(folder)) as node:
        yield node


@pytest.fixture(params=["log", pytest.param("kafka", marks=pytest.mark.kafka)])
def kafka(request: pytest.FixtureRequest) -> str:
    """The address of a Kafka node of its own, in the long run; empty for the bus in PostgreSQL."""
    if request.param == "log":
        return ""
    request.getfixturevalue("long_run")
    node: Node = request.getfixturevalue("own_kafka")
    return node.bootstrap
