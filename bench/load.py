"""Load from a process of its own: wrk where it is installed, else the client beside this; both send ready bytes."""

import json
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.stage import CHECKOUT

CONNECTIONS = 16
REPLAY = Path(__file__).with_name("replay.lua")


@dataclass(frozen=True, slots=True)
class Loaded:
    """What one run of load saw. `load_cores` is what the load itself burnt; `began` a Unix time where one is told."""

    count: int
    seconds: float
    refused: int
    broken: int
    p50_ms: float
    p99_ms: float
    max_ms: float
    load_cores: float
    began: float = 0.0

    @property
    def rate(self) -> float:
        return self.count / self.seconds


def http(method: str, path: str, token: str, body: bytes = b"", *, key: str | None = None) -> bytes:
    """One HTTP/1.1 request as bytes."""
    keyed = f"Idempotency-Key: {key}\r\n" if key else ""
    head = (f"{method} {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n{keyed}"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n")
    return head.encode() + body


def written(path: Path, requests: Iterable[bytes]) -> Path:
    """A file of requests, each behind a line with its length."""
    with path.open("wb") as file:
        for request in requests:
            file.write(b"%d\n" % len(request) + request)
    return path


def generator() -> str:
    return "wrk" if shutil.which("wrk") else "bench/client.py"


def as_fast_as_it_answers(files: Sequence[Path], ports: Sequence[int], seconds: int) -> Loaded:
    """Closed loop: each connection sends its next request when it has the answer to the last one."""
    if generator() != "wrk":
        return ask({"connections": CONNECTIONS, "seconds": seconds}, files, ports)
    targets = ",".join(f"{port}:{file}" for port, file in zip(ports, files, strict=True))
    command = ["wrk", f"-t{len(ports)}", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "20s", "-s", str(REPLAY),
               f"http://127.0.0.1:{ports[0]}"]
    said, cores = _run(command, b"", {"REPLAY": targets})
    return Loaded(**json.loads(said.split("RESULT", 1)[1]), load_cores=cores)


def ask(how: dict[str, Any], files: Sequence[Path], ports: Sequence[int]) -> Loaded:
    """Our own client: `connections` and `seconds` as above, with `rate` an open loop, with `burst` all at once."""
    targets = [{"port": port, "file": str(file)} for port, file in zip(ports, files, strict=True)]
    command = [sys.executable, "-m", "bench.client"]
    said, cores = _run(command, json.dumps({**how, "targets": targets}).encode(), {})
    return Loaded(**json.loads(said), load_cores=cores)


def _run(command: list[str], given: bytes, environment: dict[str, str]) -> tuple[str, float]:
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, input=given, capture_output=True, cwd=CHECKOUT, check=False,
                          env={**os.environ, **environment})
    took, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        raise RuntimeError(f"the load failed: {(done.stderr or done.stdout).decode()[-1000:]}")
    burnt = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return done.stdout.decode(), burnt / took
