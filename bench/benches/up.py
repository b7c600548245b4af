"""`./dunlin up` on data that is there: seconds to the first answer, memory, and what it burns when nobody asks; then
each service as processes of its own, idle and after load.

The data are the demonstration company with its ninety days; the first start, which makes them, is not counted. The
limit: a PostgreSQL with data, and four bare servers on asyncpg, started at once, in turn with ours.
"""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

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
from dunlin_local.postgres import Postgres

WAIT_SECONDS, FILL_SECONDS, STOP_SECONDS, STARTS = 120.0, 600.0, 60.0, 3
STANDS, STOPPED = "Ctrl-C stops it", "goes on at the next start"


class Launched:
    """One run of the launcher, from its start to its first answer."""

    def __init__(self, home: Path, *more: str) -> None:
        (home / "running.json").unlink(missing_ok=True)
        own = {name: value for name, value in os.environ.items() if not name.startswith("DUNLIN_")}
        self._log, began = home / "said.log", time.perf_counter()
        with self._log.open("wb") as said:
            self.process = subprocess.Popen(
                [str(CHECKOUT / "dunlin"), "up", "--port", "0", *more], env={**own, "DUNLIN_HOME": str(home)},
                stdin=subprocess.DEVNULL, stdout=said, stderr=said)
        self.seconds = self._answered(home, began)

    def _answered(self, home: Path, began: float) -> float:
        while time.perf_counter() - began < WAIT_SECONDS and self.process.poll() is None:
            try:
                url = json.loads((home / "running.json").read_text())["url"]
                urllib.request.urlopen(f"{url}/billing/v1/openapi.json", timeout=2).close()
                return time.perf_counter() - began
            except (OSError, ValueError, KeyError):
                time.sleep(0.01)
        ended, said = self.process.poll(), self.said[-2000:]
        self.process.kill()
        raise RuntimeError(f"./dunlin up did not answer in {WAIT_SECONDS:.0f} s (status {ended}): ...{said}")

    @property
    def said(self) -> str:
        return self._log.read_text(errors="replace")

    def end(self) -> None:
        """Raises where it does not stop by itself, or was not there any more."""
        until = time.monotonic() + WAIT_SECONDS
        while STANDS not in self.said and self.process.poll() is None and time.monotonic() < until:
            time.sleep(0.1)
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        try:
            status = self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = self.process.wait()
        if status:
            raise RuntimeError(f"./dunlin up ended with status {status}: ...{self.said[-2000:]}")


def up(stage: Stage, report: Report, *, quick: bool) -> None:
    """One process with everything, then two for each service."""
    _together(stage, report, quick=quick)
    _apart(stage, report, ("billing", "credit") if quick else SERVICES, seconds=2 if quick else 8)


def _together(stage: Stage, report: Report, *, quick: bool) -> None:
    home = Path(tempfile.mkdtemp(prefix="dunlin-bench-up-"))
    try:
        if quick:
            Launched(home, "--empty").end()
        else:
            _fill(home)
        ours, by_hand = list[_Stood](), list[_Stood]()
        rests = (1, 5) if quick else (5, 12)
        for _ in range(1 if quick else 4):
            launched = Launched(home)
            ours.append(_stood(launched.seconds, [launched.process.pid], [], rests))
            launched.end()
            by_hand.append(_by_hand(stage, rests))
            progress(f"{ours[-1]}, by hand {by_hand[-1]}")
    finally:
        environment = {**os.environ, "DUNLIN_HOME": str(home)}
        subprocess.run([sys.executable, "-m", "dunlin_local", "reset", "--yes"], env=environment, check=False,
                       capture_output=True)
        shutil.rmtree(home, ignore_errors=True)
    for at, (what, unit, aim) in enumerate((
        ("warm start to the first answer", "s", under(5)),
        ("memory of the one process with four services", "MB", under(600)),
        ("burnt when idle, with PostgreSQL", "% of a core", under(3)),
    )):
        seen, limit = (Spread([one[at] for one in stood]) for stood in (ours, by_hand))
        report.figure("up", what, seen.beside(limit), unit, aim)


class _Stood(NamedTuple):
    """Seconds of a start, megabytes of the servers without PostgreSQL, and per cent of a core when idle, with it."""

    seconds: float
    memory: float
    idle: float


def _stood(seconds: float, servers: list[int], beside: list[int], rests: tuple[float, float]) -> _Stood:
    """What some servers hold and burn after a rest, and for so long; with their children, and those beside."""
    time.sleep(rests[0])
    idle = _burnt(Share([*servers, *beside], with_children=True), rests[1])
    return _Stood(seconds, Share(servers).resident_bytes() / 1e6, idle)


def _by_hand(stage: Stage, rests: tuple[float, float]) -> _Stood:
    """Four bare servers with a PostgreSQL of their own, whose data are there."""
    folder = stage.folder / "warm"
    if not folder.exists():
        with Postgres(folder):
            progress("a PostgreSQL for four bare servers is made")
    postgres = Postgres(folder)
    began = time.perf_counter()
    postgres.start()
    ports = [free_port() for _ in SERVICES]
    servers = [stage.process(["-m", "bench.by_hand_pages"], stage.environment(
        service, PORT=str(port), DATABASE_URL=postgres.url())) for service, port in zip(SERVICES, ports, strict=True)]
    for port, server in zip(ports, servers, strict=True):
        until_it_answers(port, server, stage.folder / "servers.log")
    stood = _stood(time.perf_counter() - began, [one.pid for one in servers], [postgres.pid], rests)
    for server in servers:
        server.terminate()
        server.wait(20)
    postgres.stop()
    return stood


def _fill(home: Path) -> None:
    """Let the demonstration company live; where something hinders it, it goes on at the next start, as it says."""
    until = time.monotonic() + FILL_SECONDS
    for _ in range(STARTS):
        launched = Launched(home)
        is_filled = _lived(home, launched, until)
        launched.end()
        if is_filled:
            return
        progress(f"once more, for the demonstration company stopped: ...{launched.said[-600:]}")
    raise RuntimeError(f"the demonstration company stopped at each of {STARTS} starts: ...{launched.said[-2000:]}")


def _lived(home: Path, launched: Launched, until: float) -> bool:
    """Whether it lived all its days in this run."""
    told = 0
    while launched.process.poll() is None and STOPPED not in launched.said:
        with contextlib.suppress(OSError, ValueError):
            days = json.loads((home / "demonstration.json").read_text()).get("days") or 0
            if days >= DAYS:
                return True
            if days >= told:
                progress(f"the demonstration company lives: day {days} of {DAYS}")
                told += 30
        if time.monotonic() > until:
            raise RuntimeError(f"the demonstration company did not live its {DAYS} days in {FILL_SECONDS:.0f} s")
        time.sleep(1)
    return False


def _burnt(share: Share, seconds: float) -> float:
    """Per cent of one core."""
    before, at = share.cpu_seconds(), time.perf_counter()
    time.sleep(seconds)
    return (share.cpu_seconds() - before) / (time.perf_counter() - at) * 100


def _apart(stage: Stage, report: Report, services: Sequence[str], *, seconds: int) -> None:
    """`python -m <svc> api` and `worker` of each service; the load is invoices and authorisations, which all hear."""
    ports = {service: free_port() for service in services}
    starts, bare_starts, bare_memory, processes = [], [], [], {}
    for service, port in ports.items():
        began = time.perf_counter()
        environment = stage.environment(service, PORT=str(port), **NOWHERE)
        processes[service, "api"] = stage.process(["-m", f"{service}_svc", "api"], environment)
        until_it_answers(port, processes[service, "api"], stage.folder / "servers.log")
        starts.append(time.perf_counter() - began)
        began = time.perf_counter()
        bare = stage.bare(service)
        bare_starts.append(time.perf_counter() - began)
        bare_memory.append(bare.share.resident_bytes() / 1e6)
        bare.processes[0].terminate()
        processes[service, "worker"] = stage.worker(service, **NOWHERE)
    report.figure("up", "one API process of its own: start to the first answer",
                  Spread(starts).beside(Spread(bare_starts)), "s")
    time.sleep(5)
    share = Share([one.pid for one in processes.values()])
    database = stage.database_share
    before = database.cpu_seconds()
    burnt = _burnt(share, seconds)
    report.figure("up", f"{len(processes)} processes: burnt when idle", Spread([burnt]), "% of a core")
    report.figure("up", f"{len(processes)} processes: PostgreSQL when idle",
                  Spread([(database.cpu_seconds() - before) / seconds * 100]), "% of a core")
    _tell_memory(report, processes, "idle", limit=Spread([max(bare_memory)]))
    troubles = asyncio.run(_loaded(stage, ports, seconds))
    ended = {name: one.poll() for name, one in processes.items() if one.poll() is not None}
    _tell_memory(report, {name: one for name, one in processes.items() if name not in ended}, "after load")
    if ended or troubles:
        raise RuntimeError(f"under load: {'; '.join(troubles)}; ended: {ended}")


def _tell_memory(
    report: Report, processes: dict[tuple[str, str], "subprocess.Popen[bytes]"], when: str, *,
    limit: Spread | None = None,
) -> None:
    memory = {f"{service} {kind}": Share([one.pid]).resident_bytes() / 1e6
              for (service, kind), one in processes.items()}
    report.line("up", f"memory of each process, {when}, MB", **{name: round(size) for name, size in memory.items()})
    report.figure("up", f"memory of a service's process, {when}: the largest",
                  Spread([max(memory.values())]).beside(limit), "MB",
                  under(150))


async def _loaded(stage: Stage, ports: dict[str, int], seconds: int) -> list[str]:
    """Load on two services, and what their workers make of it; what was not answered as it should be."""
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
    troubles = list[str]()
    for service, file in files.items():
        loaded = ask({"connections": 16, "seconds": seconds}, [file], [ports[service]])
        if loaded.refused or loaded.broken:
            troubles.append(f"{service}: {loaded.refused} of {loaded.count} refused, {loaded.broken} broken")
    await asyncio.sleep(seconds)
    await company.connection.close()
    return troubles
