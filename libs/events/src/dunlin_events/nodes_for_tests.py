"""Kafka nodes of a test's own, which it may kill: in Java where that can be had, else in Docker."""

import contextlib
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

import pytest

from dunlin_events.broker_for_tests import has_docker, has_java
from dunlin_events.docker_broker import DockerBroker, docker
from dunlin_events.java_broker import JavaBroker, new_cluster
from dunlin_kernel.ids import new_id


class Node(Protocol):
    """A Kafka node that may be killed, and started again at the same address."""

    bootstrap: str
    number: int

    def start(self) -> None: ...

    def kill(self) -> None: ...


@contextlib.contextmanager
def own_node(folder: Path) -> Iterator[Node]:
    """One that runs, alone. Skips the test where none can be had; fails it where one must be."""
    with own_nodes(folder, 1) as [node]:
        yield node


@contextlib.contextmanager
def own_nodes(folder: Path, count: int) -> Iterator[Sequence[Node]]:
    """So many that hold a copy of everything each: one may die, and the rest goes on. As `own_node`."""
    if has_java():
        making = _in_java(folder, count)
    elif has_docker():
        making = _in_docker(count)
    else:
        missing = "a Kafka node that may be killed needs Docker, or Java 17 or later and Maven for its jars"
        if os.environ.get("DUNLIN_REQUIRE_KAFKA") == "1":
            pytest.fail(missing)
        pytest.skip(missing)
    with making as nodes, ThreadPoolExecutor() as together:
        list(together.map(lambda node: node.start(), nodes))
        yield nodes


@contextlib.contextmanager
def _in_java(folder: Path, count: int) -> Iterator[Sequence[Node]]:
    nodes = [JavaBroker(folder / str(number), number=number) for number in range(1, count + 1)]
    cluster, voters = new_cluster(), [node.voter for node in nodes]
    try:
        for node in nodes:
            (folder / str(node.number)).mkdir()
            node.format(cluster=cluster, voters=voters)
        yield nodes
    finally:
        for node in nodes:
            node.kill()


@contextlib.contextmanager
def _in_docker(count: int) -> Iterator[Sequence[Node]]:
    run = f"dunlin-kafka-{new_id().hex[-12:]}"
    nodes = [DockerBroker(number=number, run=run) for number in range(1, count + 1)]
    docker("network", "create", run)
    try:
        for node in nodes:
            node.format(voters=[one.voter for one in nodes])
        yield nodes
    finally:
        for node in nodes:
            node.remove()
        docker("network", "rm", run)
