"""`./dunlin up` on data that is there: seconds to the first answer, memory, and what it burns when nobody asks; then
each service as processes of its own, idle and after load.

The data are the demonstration company with its ninety days; the first start, which makes them, is not counted.
"""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from bench.benches.authorize import Orders, seeded
from bench.benches.invoice import LINES
from bench.benches.live import NOWHERE
from bench.company import founded
from bench.load import ask, http, written
from bench.processes import Share
from bench.report import Report, Spread, progress, under
from bench.stage import CHECKOUT, Stage, until_it_answers

from dunlin_kernel.ids import new_id
from dunlin_local.company_crowd import DAYS
from dunlin_local.databases import SERVICES
from dunlin_local.ports import free_port

WAIT_SECONDS, FILL_SECONDS = 120.0, 600.0


class Launched:
    """One run of the launcher, from its start to its first answer."""

    def __init__(self, home: Path, *more: str) -> None:
        (home / "running.json").unlink(missing_ok=True)
        own = {name: value for name, value in os.environ.items() if not name.startswith("DUNLIN_")}
        began = time.perf_counter()
        self.process = subprocess.Popen(
            [str(CHECKOUT / "dunlin"), "up", "--port", "0", *more], env={**own, "DUNLIN_HOME": str(home)},
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


def up(stage: Stage, report: Report, *, quick: bool) -> None:
    """One process with everything, then two for each service."""
    _together(report, quick=quick)
    _apart(stage, report, seconds=2 if quick else 8)


def _together(report: Report, *, quick: bool) -> None:
    home = Path(tempfile.mkdtemp(prefix="dunlin-bench-up-"))
    try:
        first = Launched(home, *(["--empty"] if quick else []))
        if not quick:
            _until_filled(home)
        first.end()
        seconds, memory, idle = [], [], []
        for _number in range(1 if quick else 4):
            launched = Launched(home)
            seconds.append(launched.seconds)
            time.sleep(1 if quick else 5)
            share, wait = Share([launched.process.pid], with_children=True), 5 if quick else 12
            idle.append(_burnt(share, wait))
            memory.append(Share([launched.process.pid]).resident_bytes() / 1e6)
            launched.end()
            progress(f"{seconds[-1]:.1f} s, {memory[-1]:.0f} MB, {idle[-1]:.1f} % of a core")
    finally:
        environment = {**os.environ, "DUNLIN_HOME": str(home)}
        subprocess.run([sys.executable, "-m", "dunlin_local", "reset", "--yes"], env=environment, check=False,
                       capture_output=True)
        shutil.rmtree(home, ignore_errors=True)
    report.figure("up", "warm start to the first answer", Spread(seconds), "s", under(5))
    report.figure("up", "memory of the one process with four services", Spread(memory), "MB", under(600))
    report.figure("up", "burnt when idle, with PostgreSQL", Spread(idle), "% of a core", under(3))


def _until_filled(home: Path) -> None:
    until, told = time.monotonic() + FILL_SECONDS, 0
    while time.monotonic() < until:
        days = json.loads((home / "demonstration.json").read_text()).get("days") or 0
        if days >= DAYS:
            return
        if days >= told:
            progress(f"the demonstration company lives: day {days} of {DAYS}")
            told += 30
        time.sleep(1)
    raise RuntimeError(f"the demonstration company did not live its {DAYS} days in {FILL_SECONDS:.0f} s")


def _burnt(share: Share, seconds: float) -> float:
    """Per cent of one core."""
    before, at = share.cpu_seconds(), time.perf_counter()
    time.sleep(seconds)
    return (share.cpu_seconds() - before) / (time.perf_counter() - at) * 100


def _apart(stage: Stage, report: Report, *, seconds: int) -> None:
    """`python -m <svc> api` and `worker` of each service; the load is invoices and authorisations, which all hear."""
    ports = {service: free_port() for service in SERVICES}
    starts, processes = [], {}
    for service, port in ports.items():
        began = time.perf_counter()
        environment = stage.environment(service, PORT=str(port), **NOWHERE)
        processes[service, "api"] = stage.process(["-m", f"{service}_svc", "api"], environment)
        until_it_answers(port, processes[service, "api"], stage.folder / "servers.log")
        starts.append(time.perf_counter() - began)
        processes[service, "worker"] = stage.worker(service, **NOWHERE)
    report.figure("up", "one API process of its own: start to the first answer", Spread(starts), "s")
    time.sleep(5)
    share = Share([one.pid for one in processes.values()])
    database = stage.database_share
    before = database.cpu_seconds()
    burnt = _burnt(share, seconds)
    report.figure("up", "eight processes: burnt when idle", Spread([burnt]), "% of a core")
    report.figure("up", "eight processes: PostgreSQL when idle",
                  Spread([(database.cpu_seconds() - before) / seconds * 100]), "% of a core")
    _tell_memory(report, processes, "idle")
    asyncio.run(_loaded(stage, ports, seconds))
    _tell_memory(report, processes, "after load")


def _tell_memory(report: Report, processes: dict[tuple[str, str], "subprocess.Popen[bytes]"], when: str) -> None:
    memory = {f"{service} {kind}": Share([one.pid]).resident_bytes() / 1e6
              for (service, kind), one in processes.items()}
    report.line("up", f"memory of each process, {when}, MB", **{name: round(size) for name, size in memory.items()})
    report.figure("up", f"memory of a service's process, {when}: the largest", Spread([max(memory.values())]), "MB",
                  under(150))


async def _loaded(stage: Stage, ports: dict[str, int], seconds: int) -> None:
    """Load on two services at once, and what their workers make of it."""
    company = await founded(stage.admin_url("billing"), customers=1000, series=1)
    tenant, customers = await seeded(stage)

    def invoices() -> Iterator[bytes]:
        token = stage.token(company.tenant)
        for customer in company.customers:
            body = {"customer_id": str(customer), "currency": "CNY", "series": company.series[0], "issue": True,
                    "lines": LINES}
            yield http("POST", "/billing/v1/invoices", token, json.dumps(body).encode(), key=str(new_id()))

    files = {"billing": written(stage.folder / "up-invoices", invoices()),
             "credit": written(stage.folder / "up-orders", Orders(stage, tenant, customers)(300 * seconds))}
    for service, file in files.items():
        ask({"connections": 16, "seconds": seconds}, [file], [ports[service]])
    await asyncio.sleep(seconds)
    await company.connection.close()
