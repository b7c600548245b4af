"""`./dunlin up` as a person runs it: up, used, killed in each way, up again with its data, down."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from dunlin_local.places import server_folder

SECONDS = 90.0
BODY = {"kind": "organization", "terms": {"due_days": 30, "end_of_month": False}}


def ask(url: str) -> httpx.Response:
    return httpx.get(url, timeout=60)


class Launched:
    """One run of the launcher on a data folder."""

    def __init__(self, home: Path) -> None:
        self.home = home
        (home / "running.json").unlink(missing_ok=True)
        self._said = (home.parent / "said.txt").open("w")
        environment = {name: value for name, value in os.environ.items() if not name.startswith("DUNLIN_")}
        self.environment = environment | {"DUNLIN_HOME": str(home)}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "dunlin_local", "up", "--port", "0", "--empty"],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=self._said,
            stderr=subprocess.STDOUT,
        )
        until("it says where it runs", lambda: "export DUNLIN=" in self.said() or self.process.poll() is not None)
        assert self.process.poll() is None, self.said()
        self.url = json.loads((home / "running.json").read_text())["url"]

    def said(self) -> str:
        return (self.home.parent / "said.txt").read_text()

    def ask(self, verb: str, path: str, body: Any = None) -> httpx.Response:
        token = subprocess.run(
            [sys.executable, "-m", "dunlin_local", "token"],
            env=self.environment,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": str(uuid4())}
        return httpx.request(verb, self.url + path, json=body, headers=headers, timeout=30)

    def end(self, how: int) -> int:
        self.process.send_signal(how)
        status = self.process.wait(SECONDS)
        self._said.close()
        return status


def until(what: str, holds: Callable[[], object]) -> None:
    end = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < end, f"waited in vain: {what}"
        time.sleep(0.05)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("DUNLIN_HOME", str(home))
    yield home
    if running_pid(home):
        os.kill(running_pid(home), signal.SIGKILL)
    done = subprocess.run([sys.executable, "-m", "dunlin_local", "reset", "--yes"], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def running_pid(home: Path) -> int:
    """The launcher that a failed test left behind; 0 where there is none."""
    state = home / "running.json"
    pid = int(json.loads(state.read_text())["pid"]) if state.exists() else 0
    return 0 if pid == 0 or is_over(pid) else pid


def register(dunlin: Launched, name: str) -> str:
    answer = dunlin.ask("POST", "/customer/v1/customers", BODY | {"name": name})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def test_it_comes_up_is_killed_and_comes_up_with_its_data(home: Path) -> None:
    dunlin = Launched(home)
    assert ask(dunlin.url + "/readyz").text == "ready"
    assert home.stat().st_mode & 0o077 == 0, "mail and logs are its owner's alone"
    assert len(ask(dunlin.url + "/openapi.json").json()["paths"]) > 20
    assert "register_customer" in ask(dunlin.url + "/docs").text
    assert ask(dunlin.url + "/customer/v1/customers").status_code == 401
    assert ask(dunlin.url + "/customer/v1/customers/").status_code == 404
    taken = dunlin.url.rsplit(":", 1)[1]
    metrics = [sys.executable, "-m", "dunlin_local", "up", "--port", "0", "--metrics-port", taken]
    refused = subprocess.run(metrics, capture_output=True, text=True)
    assert refused.returncode == 1
    assert f"Port {taken} cannot be had for metrics" in refused.stdout + refused.stderr
    first = register(dunlin, "上海示例有限公司")
    again = subprocess.run([sys.executable, "-m", "dunlin_local", "up", "--port", "0"], capture_output=True, text=True)
    assert again.returncode == 1
    assert (again.stdout + again.stderr).count("running already") == 1
    assert "PostgresError" not in again.stdout + again.stderr

    os.kill(running_server(), signal.SIGKILL)
    until("PostgreSQL comes back", lambda: ask(dunlin.url + "/readyz").status_code == 200)
    second = register(dunlin, "Second Ltd")
    assert "PostgreSQL was killed; starting it again" in dunlin.said()

    dunlin.end(signal.SIGKILL)
    dunlin = Launched(home)
    for customer in (first, second):
        assert dunlin.ask("GET", f"/customer/v1/customers/{customer}").status_code == 200
    told = dunlin.ask("GET", "/customer/v1/test-clock").json()["emitted"]
    assert told >= 3
    for hearer in ("billing", "credit", "notify"):
        until(f"{hearer}-svc has heard everything", lambda: heard_by(dunlin, hearer) == told)  # noqa: B023
    server = running_server()
    assert dunlin.end(signal.SIGTERM) == 0
    assert "stopped" in dunlin.said()
    until("PostgreSQL is stopped", lambda: is_over(server))
    assert not (home / "running.json").exists()


def heard_by(dunlin: Launched, hearer: str) -> int:
    heard = dunlin.ask("GET", f"/{hearer}/v1/test-clock").json()["heard"]
    return sum(row["events"] for row in heard if row["owner"] == "customer")


def running_server() -> int:
    return int((server_folder() / "data" / "postmaster.pid").read_text().split("\n", 1)[0])


def is_over(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes() == b""
    except OSError:
        return True
