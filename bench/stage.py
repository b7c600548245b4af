"""The stage of a benchmark: a durable PostgreSQL of its own, databases of all services, and processes on free ports."""

import asyncio
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

import asyncpg
from bench.processes import Share

from dunlin_kit.testing import AUDIENCE, ISSUER, TestIssuer
from dunlin_local.databases import Databases, make_databases
from dunlin_local.ports import free_port
from dunlin_local.postgres import Postgres
from dunlin_local.postgres_binaries import ROOTS_PLACE, can_be_reached
from dunlin_local.schemas import bring_up

CHECKOUT = Path(__file__).resolve().parents[1]
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "max_connections": "200",
           "shared_buffers": "256MB", "max_wal_size": "4GB", "autovacuum_naptime": "10s",
           "track_commit_timestamp": "on",
           "shared_preload_libraries": "pg_stat_statements", "pg_stat_statements.track": "none"}
WORKERS = 2
READY_SECONDS = 90.0
SCOPES = ("invoices:read", "invoices:write", "payments:read", "payments:write", "items:read", "accounts:read",
          "reports:read", "authorizations:read", "authorizations:write", "limits:read", "limits:write",
          "positions:read", "messages:read", "ladder:read", "ladder:write", "integrity:read", "clock:read",
          "customers:read", "customers:write", "reminders:read")


@dataclass(frozen=True, slots=True)
class Server:
    """One kind of server on some processes, a port each."""

    name: str
    processes: Sequence["subprocess.Popen[bytes]"]
    ports: Sequence[int]

    @property
    def share(self) -> Share:
        return Share([one.pid for one in self.processes])


class Copied(NamedTuple):
    """The URLs of a copy of a service's database: as the service's roles, and as a superuser."""

    app_url: str
    ops_url: str
    admin_url: str


class Stage:
    """What a bench stands on; `process` starts something that is ended with the stage.

    On one that is `shared` by several benches a server has one process and goes on for the next bench that asks for it;
    all else is ended.
    """

    def __init__(self, folder: Path, postgres: Postgres, databases: Databases, *, shared: bool = False) -> None:
        self.folder, self.postgres, self.databases, self._shared = folder, postgres, databases, shared
        self.issuer = TestIssuer(folder)
        self.started: list[subprocess.Popen[bytes]] = []
        self._servers: dict[tuple[str, str], Server] = {}

    @property
    def database_share(self) -> Share:
        return Share([self.postgres.pid], with_children=True)

    def admin_url(self, database: str) -> str:
        return self.postgres.url(database)

    def token(self, tenant: UUID) -> str:
        return self.issuer.token(*SCOPES, tenant=tenant)

    def environment(self, service: str, **more: str) -> dict[str, str]:
        """What a process of a service is told, durable and without a limit on requests."""
        told = {
            "DATABASE_URL": self.databases.url(service, "app"), "OPS_DATABASE_URL": self.databases.url(service, "ops"),
            "BUS": "postgres", "BUS_DATABASE_URL": self.databases.bus_url, "ISSUER": ISSUER, "AUDIENCE": AUDIENCE,
            "JWKS": str(self.issuer.jwks), "CURSOR_SECRET": "only for benchmarks", "LOG_LEVEL": "warning",
            "REQUESTS_PER_SECOND": "100000000", "MEMBER": "bench", **more}
        return {**os.environ, **{f"DUNLIN_{name}": value for name, value in told.items()}}

    def process(self, command: Sequence[str], environment: Mapping[str, str]) -> "subprocess.Popen[bytes]":
        with (self.folder / "servers.log").open("ab") as log:
            started = subprocess.Popen(
                [sys.executable, *command], cwd=CHECKOUT, env=dict(environment), stdout=log, stderr=log)
        self.started.append(started)
        return started

    def api(self, service: str, processes: int = WORKERS) -> Server:
        """The service's own API processes, as in production: `python -m <svc> api`."""
        def start(port: int) -> "subprocess.Popen[bytes]":
            return self.process(["-m", f"{service}_svc", "api"], self.environment(service, PORT=str(port)))

        return self._served(("dunlin", service), start, processes)

    def by_hand(self, form: str, service: str = "billing", processes: int = WORKERS, **more: str) -> Server:
        """The hand-written server in one of its forms, on the same database as that service."""
        environment = self.environment(service, **more)
        of = service if not more else environment["DUNLIN_DATABASE_URL"]
        return self._by_hand((form, of), ["-m", "bench.by_hand", form], environment, processes)

    def bare(self, service: str) -> Server:
        """One process that serves pages by hand, and has nothing of Dunlin in it."""
        return self._by_hand(("bare", service), ["-m", "bench.by_hand_pages"], self.environment(service), 1)

    def _by_hand(
        self, name: tuple[str, str], command: Sequence[str], environment: dict[str, str], processes: int,
    ) -> Server:
        def start(port: int) -> "subprocess.Popen[bytes]":
            return self.process(command, {**environment, "DUNLIN_PORT": str(port)})

        return self._served(name, start, processes)

    def worker(self, service: str, **more: str) -> "subprocess.Popen[bytes]":
        return self.process(["-m", f"{service}_svc", "worker"], self.environment(service, **more))

    def _served(
        self, name: tuple[str, str], start: Callable[[int], "subprocess.Popen[bytes]"], wanted: int,
    ) -> Server:
        known = self._servers.get(name)
        if known is not None and all(one.poll() is None for one in known.processes):
            return known
        ports = [free_port() for _ in range(1 if self._shared else wanted)]
        processes = [start(port) for port in ports]
        for port, process in zip(ports, processes, strict=True):
            until_it_answers(port, process, self.folder / "servers.log")
        server = Server(name[0], processes, ports)
        if self._shared:
            self._servers[name] = server
        return server

    def clear(self) -> None:
        """End what the last bench started; servers are left where the stage is shared."""
        kept = {one.pid for server in self._servers.values() for one in server.processes}
        self._end([one for one in self.started if one.pid not in kept])

    def end(self) -> None:
        """End all."""
        self._end(self.started)

    def _end(self, processes: Sequence["subprocess.Popen[bytes]"]) -> None:
        for process in processes:
            process.terminate()
        for process in processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
        self.started = [one for one in self.started if one not in processes]


def by_hand_worker(stage: Stage, part: str, url: str) -> "subprocess.Popen[bytes]":
    """The hand-written relay, or a hearer, on that database."""
    return stage.process(["-m", "bench.by_hand_events", part], {
        **os.environ, "DUNLIN_DATABASE_URL": url, "DUNLIN_BUS_DATABASE_URL": stage.databases.bus_url})


async def copied(stage: Stage, service: str) -> Copied:
    """A second database as the service's is now, to which nobody may be connected."""
    name = f"{service}_by_hand"
    admin = await asyncpg.connect(stage.admin_url("postgres"))
    await admin.execute(f"DROP DATABASE IF EXISTS {name}")
    await admin.execute(f"CREATE DATABASE {name} TEMPLATE {service}")
    await admin.execute(f"GRANT CONNECT ON DATABASE {name} TO {service}_app, {service}_ops")
    await admin.close()
    app, ops = (urlunsplit(urlsplit(stage.databases.url(service, role))._replace(path=f"/{name}"))
                for role in ("app", "ops"))
    return Copied(app, ops, stage.admin_url(name))


def last_words(stage: Stage) -> str:
    """What the servers said last, each of them and PostgreSQL, and which of the processes have ended."""
    ended = [f"{' '.join(map(str, one.args[1:]))}: {one.poll()}"  # type: ignore[index]
             for one in stage.started if one.poll() is not None]
    said = [f"{path.name}: ...{path.read_text(errors='replace')[-2000:]}"
            for path in (stage.folder / "servers.log", stage.folder / "server/postgres.log") if path.exists()]
    return "\n".join((f"ended before: {ended}", *said))


def until_it_answers(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Wait until HTTP is answered at all. Raises RuntimeError with the end of the log when it is not."""
    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/livez", timeout=1).close()
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"a server did not start: {log.read_text(errors='replace')[-2000:]}")


@contextlib.contextmanager
def stage(*, shared: bool = False) -> Iterator[Stage]:
    """A fresh stage; everything on it is stopped and removed at the end."""
    usual = Path(tempfile.gettempdir()).resolve()
    place = usual if can_be_reached(usual) else ROOTS_PLACE
    place.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="dunlin-bench-", dir=place))
    folder.chmod(0o755)
    try:
        with Postgres(folder / "server", options=DURABLE) as postgres:
            databases = asyncio.run(_made(postgres, folder))
            made = Stage(folder, postgres, databases, shared=shared)
            try:
                yield made
            except Exception as broken:
                broken.add_note(last_words(made))
                raise
            finally:
                made.end()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _made(postgres: Postgres, folder: Path) -> Databases:
    databases = await make_databases(postgres.url(), folder)
    await bring_up(databases)
    return databases
