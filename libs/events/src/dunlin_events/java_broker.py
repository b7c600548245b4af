"""Kafka nodes as Java processes, alone or three together, that tests may kill and start again."""

import base64
import os
import shutil
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from string import Template
from typing import Final

from dunlin_events.free_ports import free_port
from dunlin_kernel.ids import new_id

VERSION: Final = "4.3.1"
RECIPE: Final = Path(__file__).parents[4] / "deploy" / "kafka" / "broker"
READY_S: Final = 180.0
_HEAP: Final = ("-Xmx512m", "-Xms256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")


class NoBroker(RuntimeError):
    """A real broker is required (DUNLIN_REQUIRE_KAFKA=1) and none can be had, or one did not start."""


class JavaBroker:
    """One KRaft node in a folder of its own; after a kill it starts again from there, at the same address."""

    def __init__(self, folder: Path, *, number: int = 1) -> None:
        self._folder, self.number = folder, number
        self._port, self._controller_port = free_port(), free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self.bootstrap = f"127.0.0.1:{self._port}"
        self.voter = f"{number}@127.0.0.1:{self._controller_port}"

    @property
    def pid(self) -> int:
        assert self._process is not None, "not started"
        return self._process.pid

    def format(self, *, cluster: str = "", voters: Sequence[str] = ()) -> None:
        """Make its folder; the `voters` are all nodes of its cluster, itself alone when none are given."""
        fetch_jars()
        nodes = len(voters) or 1
        settings = Template((RECIPE / "server.properties").read_text()).substitute(
            node=self.number, voters=",".join(voters or [self.voter]), folder=self._folder, port=self._port,
            controller_port=self._controller_port, replication=nodes, in_sync=max(1, nodes - 1))
        (self._folder / "server.properties").write_text(settings)
        with (self._folder / "format.log").open("w") as log:
            subprocess.run(  # noqa: S603
                self._java("kafka.tools.StorageTool", "format", "-t", cluster or new_cluster(), "-c"),
                stdout=log, stderr=log, check=True)

    def start(self) -> None:
        """Return when it answers. Raises NoBroker."""
        said = self._folder / "broker.log"
        with said.open("w") as log:
            self._process = subprocess.Popen(  # noqa: S603
                self._java("kafka.Kafka"), stdout=log, stderr=log, cwd=self._folder, start_new_session=True)
        deadline = time.monotonic() + READY_S
        while "Kafka Server started" not in said.read_text():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self._process.kill()
                raise NoBroker(said.read_text()[-4000:])
            time.sleep(0.05)

    def kill(self) -> None:
        """Without warning, as a machine that loses its power."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _java(self, *words: str) -> list[str]:
        logging = f"-Dlog4j2.configurationFile={RECIPE / 'log4j2.xml'}"
        return ["java", *_HEAP, logging, "-cp", f"{jars()}/*", *words, str(self._folder / "server.properties")]


def new_cluster() -> str:
    """An id for a cluster, of Kafka's form."""
    return base64.urlsafe_b64encode(new_id().bytes).decode()[:22]


def cache() -> Path:
    """Where the jars are kept, and the lock of those who share a broker."""
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    folder = Path(home) / "dunlin" / f"kafka-{VERSION}"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def jars() -> Path:
    return cache() / "libs"


def fetch_jars() -> None:
    """Have Maven bring the broker's jars, once on this machine."""
    if jars().exists():
        return
    coming = cache() / "coming"
    shutil.rmtree(coming, ignore_errors=True)
    subprocess.run(  # noqa: S603
        ["mvn", "-q", "-B", "-f", str(RECIPE / "pom.xml"), "dependency:copy-dependencies",  # noqa: S607
         f"-DoutputDirectory={coming}", "-DincludeScope=runtime"], check=True, stdout=subprocess.DEVNULL)
    coming.rename(jars())
