"""`./dunlin up` on data that is there: seconds to the first answer, memory, and what it burns when nobody asks."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from bench.processes import Share
from bench.report import Report, Spread, progress
from bench.stage import CHECKOUT, Stage

WAIT_SECONDS = 120.0


class Launched:
    """One run of the launcher, from its start to its first answer."""

    def __init__(self, home: Path) -> None:
        (home / "running.json").unlink(missing_ok=True)
        own = {name: value for name, value in os.environ.items() if not name.startswith("DUNLIN_")}
        began = time.perf_counter()
        self.process = subprocess.Popen(
            [str(CHECKOUT / "dunlin"), "up", "--port", "0", "--empty"], env={**own, "DUNLIN_HOME": str(home)},
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.seconds = self._answered(home, began)

    def _answered(self, home: Path, began: float) -> float:
        while time.perf_counter() - began < WAIT_SECONDS and self.process.poll() is None:
            try:
                url = json.loads((home / "running.json").read_text())["url"]
                urllib.request.urlopen(f"{url}/billing/v1/openapi.json", timeout=2).close()
                return time.perf_counter() - began
            except (OSError, ValueError, KeyError):
                time.sleep(0.01)
        raise RuntimeError("./dunlin up did not answer")

    def end(self) -> None:
        self.process.send_signal(signal.SIGINT)
        self.process.wait(60)


def up(_: Stage, report: Report, *, quick: bool) -> None:
    """The first start makes the data and is not counted."""
    home = Path(tempfile.mkdtemp(prefix="dunlin-bench-up-"))
    try:
        Launched(home).end()
        seconds, memory, idle = [], [], []
        for _number in range(1 if quick else 5):
            launched = Launched(home)
            seconds.append(launched.seconds)
            time.sleep(1 if quick else 5)
            share, wait = Share([launched.process.pid], with_children=True), 5 if quick else 15
            before, at = share.cpu_seconds(), time.perf_counter()
            time.sleep(wait)
            idle.append((share.cpu_seconds() - before) / (time.perf_counter() - at) * 100)
            memory.append(Share([launched.process.pid]).resident_bytes() / 1e6)
            launched.end()
            progress(f"{seconds[-1]:.1f} s, {memory[-1]:.0f} MB, {idle[-1]:.1f} % of a core")
    finally:
        environment = {**os.environ, "DUNLIN_HOME": str(home)}
        subprocess.run([sys.executable, "-m", "dunlin_local", "reset", "--yes"], env=environment, check=False,
                       capture_output=True)
        shutil.rmtree(home, ignore_errors=True)
    report.figure("up", "warm start to the first answer", Spread(seconds), "s", "< 5")
    report.figure("up", "memory of the one process with four services", Spread(memory), "MB", "< 600, 150 each")
    report.figure("up", "burnt when idle, with PostgreSQL", Spread(idle), "% of a core", "< 3")
