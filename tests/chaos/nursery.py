"""A nursery: one process that has imported all services, and forks when one of their processes is asked for.

What it gives is as real as `python -m ...`, through the same `__main__`, and is there in a tenth of the time.
"""

import functools
import json
import os
import runpy
import signal
import subprocess
import sys
import traceback
from collections.abc import Mapping
from importlib import import_module
from typing import Any

IMPORTED = (
    "dunlin_local.issuing", "dunlin_kit.process", "uvloop", "aiokafka", "uvicorn.protocols.http.httptools_impl",
    *(f"{service}_svc.{part}" for service in ("customer", "billing", "credit", "notify") for part in ("app", "worker")),
)


class Nursery:
    """Asks the forking process; it and all that it forked end with this one."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def start(self, command: list[str], environment: Mapping[str, str], said: str) -> int:
        """The process id of `python -m <command>`; what it says is appended to the file `said`."""
        whole = {name: at for name, at in os.environ.items() if not name.startswith("DUNLIN_")} | dict(environment)
        return int(self._answer(command=command, environment=whole, said=said))

    def status(self, pid: int, *, wait: bool = False) -> int | None:
        """The exit status as `subprocess` has it, None while it runs; `wait` until it has ended."""
        status: int | None = self._answer(pid=pid, wait=wait)
        return status

    def _answer(self, **asked: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


@functools.cache
def nursery() -> Nursery:
    """The one of this test run."""
    return Nursery()


def _serve() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for name in IMPORTED:
        import_module(name)
    ended: dict[int, int | None] = {}
    for line in sys.stdin:
        asked = json.loads(line)
        if "command" in asked:
            answer: int | None = _forked(**asked)
            ended[int(answer or 0)] = None
        else:
            answer = ended[asked["pid"]] = _status(ended, **asked)
        print(json.dumps(answer), flush=True)
    for pid in (pid for pid, status in ended.items() if status is None):
        os.kill(pid, signal.SIGKILL)


def _status(ended: Mapping[int, int | None], pid: int, wait: bool) -> int | None:
    if ended[pid] is not None:
        return ended[pid]
    found, status = os.waitpid(pid, 0 if wait else os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if found else None


def _forked(command: list[str], environment: Mapping[str, str], said: str) -> int:
    if pid := os.fork():
        return pid
    status = 1
    try:
        status = _become(command, environment, said)
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _become(command: list[str], environment: Mapping[str, str], said: str) -> int:
    """What a fresh interpreter would have: its own streams, environment, dice and crash point."""
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for stream in (1, 2):
        os.dup2(os.open(said, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644), stream)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(environment)
    import_module("dunlin_kit.database")._jitter.seed()
    import_module("dunlin_events.crash_points").arm()
    sys.argv = list(command)
    runpy.run_module(command[0], run_name="__main__", alter_sys=True)
    return 0


if __name__ == "__main__":
    _serve()
