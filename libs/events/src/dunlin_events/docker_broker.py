"""Kafka nodes as containers, alone or three together, for machines with Docker: tests may kill and start them again."""

import contextlib
import subprocess
import time
from collections.abc import Sequence
from typing import Final

from dunlin_events.free_ports import free_port
from dunlin_events.java_broker import READY_S, VERSION, NoBroker
from dunlin_kernel.ids import new_id

IMAGE: Final = f"apache/kafka:{VERSION}"
_STARTED: Final = "Kafka Server started"


class DockerBroker:
    """One KRaft node in a container of its own; after a kill it starts again from what it stored, at the same address.

    `run` names the network of its cluster; alone it has none.
    """

    def __init__(self, *, number: int = 1, run: str = "") -> None:
        self.number, self._run = number, run
        self.name = f"{run or f'dunlin-kafka-{new_id().hex[-12:]}'}-{number}"
        self._port, self._starts = free_port(), 0
        self.bootstrap = f"127.0.0.1:{self._port}"
        self.voter = f"{number}@{self.name}:9093"

    def format(self, *, voters: Sequence[str] = ()) -> None:
        """Make the container; the `voters` are all nodes of its cluster, itself alone when none are given."""
        given = [part for name, value in self._settings(voters).items() for part in ("-e", f"KAFKA_{name}={value}")]
        network = ["--network", self._run] if self._run else []
        docker("create", "--name", self.name, "--hostname", self.name, *network,
               "-p", f"127.0.0.1:{self._port}:9092", *given, IMAGE)

    def start(self) -> None:
        """Return when it answers. Raises NoBroker."""
        docker("start", self.name)
        self._starts += 1
        deadline = time.monotonic() + READY_S
        while (said := docker("logs", self.name)).count(_STARTED) < self._starts:
            if time.monotonic() > deadline:
                raise NoBroker(said[-4000:])
            time.sleep(0.2)

    def kill(self) -> None:
        """Without warning, as a machine that loses its power."""
        with contextlib.suppress(NoBroker):
            docker("kill", self.name)

    def remove(self) -> None:
        """The container and all that it stored."""
        with contextlib.suppress(NoBroker):
            docker("rm", "--force", "--volumes", self.name)

    def _settings(self, voters: Sequence[str]) -> dict[str, object]:
        nodes = len(voters) or 1
        return {
            "NODE_ID": self.number, "PROCESS_ROLES": "broker,controller",
            "CONTROLLER_QUORUM_VOTERS": ",".join(voters or [self.voter]), "CONTROLLER_LISTENER_NAMES": "CONTROLLER",
            "LISTENERS": "PLAINTEXT://0.0.0.0:9092,INTERNAL://0.0.0.0:19092,CONTROLLER://0.0.0.0:9093",
            "ADVERTISED_LISTENERS": f"PLAINTEXT://{self.bootstrap},INTERNAL://{self.name}:19092",
            "LISTENER_SECURITY_PROTOCOL_MAP": "PLAINTEXT:PLAINTEXT,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "INTER_BROKER_LISTENER_NAME": "INTERNAL", "DEFAULT_REPLICATION_FACTOR": nodes,
            "MIN_INSYNC_REPLICAS": max(1, nodes - 1), "OFFSETS_TOPIC_REPLICATION_FACTOR": nodes,
            "OFFSETS_TOPIC_NUM_PARTITIONS": 4, "TRANSACTION_STATE_LOG_REPLICATION_FACTOR": nodes,
            "TRANSACTION_STATE_LOG_MIN_ISR": max(1, nodes - 1), "BROKER_SESSION_TIMEOUT_MS": 6000,
            "GROUP_INITIAL_REBALANCE_DELAY_MS": 0, "GROUP_MIN_SESSION_TIMEOUT_MS": 1000,
            "AUTO_CREATE_TOPICS_ENABLE": "false", "HEAP_OPTS": "-Xmx512m -Xms256m",
        }


def docker(*words: str) -> str:
    """What a command said. Raises NoBroker."""
    ended = subprocess.run(["docker", *words], capture_output=True, text=True, check=False)  # noqa: S603, S607
    if ended.returncode:
        raise NoBroker(f"docker {words[0]}: {ended.stderr}")
    return ended.stdout + ended.stderr
