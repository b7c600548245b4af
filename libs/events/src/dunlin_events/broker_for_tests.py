"""A real Kafka broker for tests and scripts: the one given, else one in Docker, else one in Java, else a mock cluster.

All processes of one run share a broker; the last one that lets go of it stops it and removes its folder.
"""

import contextlib
import fcntl
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from dunlin_events.docker_broker import DockerBroker
from dunlin_events.java_broker import JavaBroker, NoBroker, cache

MOCK_WARNING: Final = "NO REAL KAFKA WAS FOUND: the broker tests ran on the mock cluster of the confluent-kafka wheel."
MOCK_PARTITIONS: Final = 4
_PREFIX: Final = "dunlin-kafka-"


class Broker(NamedTuple):
    """Where a broker is, and what it is: given, docker, java or mock."""

    bootstrap: str
    kind: str


@contextlib.contextmanager
def broker(run: str) -> Iterator[Broker]:
    """A broker for everyone who names the same `run`. Raises NoBroker."""
    if given := os.environ.get("KAFKA_BOOTSTRAP"):
        yield Broker(given, "given")
    elif kind := startable():
        folder = Path(tempfile.gettempdir()) / f"{_PREFIX}{run}"
        try:
            with _locked():
                found = _shared(folder, kind)
            yield found
        finally:
            with _locked():
                _let_go(folder)
    elif os.environ.get("DUNLIN_REQUIRE_KAFKA") == "1":
        raise NoBroker("DUNLIN_REQUIRE_KAFKA=1, and there is no KAFKA_BOOTSTRAP, no Docker engine, no Java with Maven")
    else:
        yield from _mocked()


def startable() -> str | None:
    """How a broker can be started here: docker, java or not at all."""
    if has_docker():
        return "docker"
    return "java" if has_java() else None


def has_docker() -> bool:
    """Whether an engine answers."""
    return bool(shutil.which("docker")) and _quietly("docker", "info", timeout=10)


def has_java() -> bool:
    """Whether there is one that is new enough, and the jars are there or can be."""
    return bool(shutil.which("java") and ((cache() / "libs").exists() or shutil.which("mvn"))) and _java_major() >= 17


def _java_major() -> int:
    said = subprocess.run(["java", "-version"], capture_output=True, text=True, check=False).stderr  # noqa: S607
    found = re.search(r'version "(\d+)', said)
    return int(found[1]) if found else 0


@contextlib.contextmanager
def _locked() -> Iterator[None]:
    with (cache() / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _shared(folder: Path, kind: str) -> Broker:
    _sweep()
    state = _state_of(folder)
    if not (state and _runs(folder, state)):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        try:
            state = {"kind": kind, "users": [], **(_in_docker() if kind == "docker" else _in_java(folder))}
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
    state["users"].append(os.getpid())
    (folder / "state.json").write_text(json.dumps(state))
    return Broker(state["bootstrap"], state["kind"])


def _let_go(folder: Path) -> None:
    state = _state_of(folder)
    if state is None:
        return
    state["users"] = [pid for pid in state["users"] if pid != os.getpid() and _lives(pid)]
    if state["users"]:
        (folder / "state.json").write_text(json.dumps(state))
    else:
        _end(folder, state)


def _sweep() -> None:
    """Stop the brokers of runs that were killed before they could do it."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        state = _state_of(folder) if folder.stat().st_uid == os.geteuid() else None
        if state and not any(map(_lives, state["users"])):
            _end(folder, state)


def _state_of(folder: Path) -> dict[str, Any] | None:
    with contextlib.suppress(FileNotFoundError):
        state: dict[str, Any] = json.loads((folder / "state.json").read_text())
        return state
    return None


def _runs(folder: Path, state: Mapping[str, Any]) -> bool:
    if state["kind"] == "docker":
        return _quietly("docker", "inspect", state["container"], timeout=10)
    command = Path(f"/proc/{state['pid']}/cmdline")
    if not Path("/proc/self").exists():
        return _lives(state["pid"])
    return command.exists() and str(folder).encode() in command.read_bytes()


def _end(folder: Path, state: Mapping[str, Any]) -> None:
    if state["kind"] == "docker":
        _quietly("docker", "rm", "--force", "--volumes", state["container"], timeout=30)
    elif _runs(folder, state):
        os.kill(state["pid"], signal.SIGTERM)
        deadline = time.monotonic() + 10
        while _runs(folder, state) and time.monotonic() < deadline:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(state["pid"], os.WNOHANG)
            time.sleep(0.05)
        if _runs(folder, state):
            os.kill(state["pid"], signal.SIGKILL)
    shutil.rmtree(folder, ignore_errors=True)


def _in_java(folder: Path) -> dict[str, Any]:
    own = JavaBroker(folder)
    own.format()
    own.start()
    return {"bootstrap": own.bootstrap, "pid": own.pid}


def _in_docker() -> dict[str, Any]:
    own = DockerBroker()
    try:
        own.format()
        own.start()
    except BaseException:
        own.remove()
        raise
    return {"bootstrap": own.bootstrap, "container": own.name}


def make_on_mock(bootstrap: str, *topics: str) -> None:
    """Make topics on the mock cluster, which knows no request to create them; each has MOCK_PARTITIONS."""
    from confluent_kafka import Producer

    asking = Producer({"bootstrap.servers": bootstrap, "log_level": 0})
    for topic in topics:
        asking.list_topics(topic, timeout=10)


def _mocked() -> Iterator[Broker]:
    from confluent_kafka import Producer

    cluster = Producer({"bootstrap.servers": "unused", "test.mock.num.brokers": 1, "log_level": 0})
    brokers = cluster.list_topics(timeout=10).brokers.values()
    yield Broker(",".join(f"{one.host}:{one.port}" for one in brokers), "mock")
    cluster.flush(1)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _quietly(*command: str, timeout: float) -> bool:
    try:
        ended = subprocess.run(command, capture_output=True, check=False, timeout=timeout)  # noqa: S603
    except subprocess.TimeoutExpired:
        return False
    return ended.returncode == 0
