"""Dunlin in its production shape on this machine: an API and a worker process per service, and the issuer."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from dunlin_running import OwnDatabases
from faults_told import Timeline
from nursery import nursery
from pydantic import SecretStr

from dunlin_events.testing import database
from dunlin_kernel.clock import SystemClock
from dunlin_kit.settings import BusKind
from dunlin_kit.testing import migrated
from dunlin_local.clients import secret_of
from dunlin_local.databases import SERVICES
from dunlin_local.issuer import Issuer
from dunlin_local.mailbox import kept_mail
from dunlin_local.node_settings import Surroundings, settings_of
from dunlin_local.ports import free_port

ISSUER = "issuer"
SECOND = "-2"
READY_SECONDS = 180


@dataclass
class Part:
    """One process: how it is started, and where it writes what it says."""

    name: str
    command: list[str]
    environment: dict[str, str]
    log: Path
    pid: int | None = None

    def start(self, **more: str) -> None:
        self.pid = nursery().start(self.command, self.environment | more, str(self.log))

    @property
    def runs(self) -> bool:
        return self.pid is not None and self.status is None

    @property
    def status(self) -> int | None:
        """The exit status, None while it runs."""
        return nursery().status(self.pid) if self.pid is not None else None

    def signal(self, number: signal.Signals) -> None:
        if self.pid is not None and self.runs:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """Without warning, as a machine that loses its power; returns when it is gone."""
        self.signal(signal.SIGKILL)
        if self.pid is not None:
            nursery().status(self.pid, wait=True)


@dataclass
class Fleet:
    """The running system."""

    parts: dict[str, Part]
    urls: dict[str, str]
    issuer: Issuer
    folder: Path
    databases: OwnDatabases
    admin: str
    bus: BusKind
    kafka: str
    timeline: Timeline
    client: httpx.AsyncClient
    wanted: set[str] = field(default_factory=set)

    def token(self, client_id: str, **form: str) -> str:
        secret = secret_of(self.folder / "issuer", client_id)
        answer = self.issuer.grant({"grant_type": "client_credentials", **form}, client_id=client_id, secret=secret)
        return str(answer["access_token"])

    def start(self, name: str, **more: str) -> None:
        self.parts[name].start(**more)
        self.wanted.add(name)
        self.timeline.note(f"start {name}", *(f"{key}={value}" for key, value in more.items()))

    def kill(self, name: str) -> None:
        self.timeline.note(f"kill -9 {name}")
        self.wanted.discard(name)
        self.parts[name].kill()

    def signal(self, name: str, number: signal.Signals) -> None:
        self.timeline.note(f"{number.name} {name}")
        self.parts[name].signal(number)

    def ended_unasked(self) -> list[str]:
        """Parts that should run and do not: nobody killed them."""
        return [f"{name} ended by itself with status {self.parts[name].status}"
                for name in sorted(self.wanted) if not self.parts[name].runs]

    async def ready(self, *names: str) -> None:
        """Wait until these parts (all APIs and the issuer, if none is named) answer that they are ready."""
        asked = names or (*(f"{service}-api" for service in SERVICES), ISSUER)
        async with asyncio.timeout(READY_SECONDS):
            await asyncio.gather(*(self._ready(name) for name in asked))

    async def _ready(self, name: str) -> None:
        service = name.removesuffix("-api")
        path = "/livez" if name == ISSUER else "/readyz"
        while True:
            assert self.parts[name].runs, f"{name} ended by itself with status {self.parts[name].status}"
            with contextlib.suppress(httpx.TransportError):
                if (await self.client.get(self.urls[service] + path)).is_success:
                    return
            await asyncio.sleep(0.1)

    def last_words(self, lines: int = 12) -> str:
        """The end of what each part said."""
        return "\n".join(
            f"-- {part.log}\n" + "\n".join(part.log.read_text(errors="replace").splitlines()[-lines:])
            for part in self.parts.values() if part.log.exists())


@contextlib.asynccontextmanager
async def production_shape(
    postgres: str, folder: Path, timeline: Timeline, *, kafka: str = "",
) -> AsyncIterator[Fleet]:
    """Start everything on databases of its own, on the bus in PostgreSQL, or on the Kafka at that address.

    Each service has one more worker, which only a test that wants it starts.
    """
    async with contextlib.AsyncExitStack() as opened:
        urls = {service: await opened.enter_async_context(migrated(postgres, service)) for service in SERVICES}
        databases = OwnDatabases(urls, await opened.enter_async_context(database(postgres)))
        smtp = await opened.enter_async_context(kept_mail(folder / "mail"))
        client = await opened.enter_async_context(httpx.AsyncClient(timeout=20))
        places = {name: f"http://127.0.0.1:{free_port()}" for name in (*SERVICES, ISSUER)}
        issuer = Issuer(folder / "issuer", name=places[ISSUER], clock=SystemClock())
        bus = BusKind.KAFKA if kafka else BusKind.POSTGRES
        told = _told(Surroundings(databases, issuer, folder / "issuer", places[ISSUER], smtp), places, bus, kafka)
        fleet = Fleet(_parts(told, places, folder), places, issuer, folder, databases, postgres, bus,
                      kafka, timeline, client)
        try:
            for name in fleet.parts:
                if not name.endswith(SECOND):
                    fleet.start(name)
            await fleet.ready()
            assert not fleet.ended_unasked()
            yield fleet
        except BaseException:
            print(fleet.last_words())
            raise
        finally:
            for part in fleet.parts.values():
                part.kill()


def _told(around: Surroundings, places: Mapping[str, str], bus: BusKind, kafka: str) -> dict[str, dict[str, str]]:
    """The environment of each service."""
    more: dict[str, Any] = {
        "bus": bus, "kafka_bootstrap": kafka or None, "pool_size": 5, "job_lease_seconds": 5,
        "requests_per_second": 100_000,
        "jwks": f"{places[ISSUER]}/.well-known/jwks.json", "log_level": "warning",
        "billing_url": places["billing"], "customer_url": places["customer"]}
    told = {}
    for service in SERVICES:
        known = settings_of(service, around)
        given = {name: getattr(known, name) for name in type(known).model_fields} | {
            name: value for name, value in more.items() if name in type(known).model_fields}
        told[service] = {f"DUNLIN_{name.upper()}": _plain(value) for name, value in given.items() if value is not None}
    return told


def _plain(value: Any) -> str:
    return str(value.get_secret_value() if isinstance(value, SecretStr) else value)


def _parts(told: Mapping[str, dict[str, str]], places: Mapping[str, str], folder: Path) -> dict[str, Part]:
    def port(name: str) -> str:
        return places[name].rpartition(":")[2]

    def part(name: str, command: list[str], environment: dict[str, str]) -> Part:
        return Part(name, command, environment, folder / f"{name}.log")

    words = ["dunlin_local", "issuer", "--host", "127.0.0.1", "--port", port(ISSUER), "--name", places[ISSUER],
             "--folder", str(folder / "issuer")]
    parts = [part(ISSUER, words, {})]
    for service in SERVICES:
        parts.append(part(f"{service}-api", [f"{service}_svc", "api"], told[service] | {"DUNLIN_PORT": port(service)}))
        parts.append(part(f"{service}-worker", [f"{service}_svc", "worker"], told[service]))
        other = told[service] | {"DUNLIN_MEMBER": "second"}
        parts.append(part(f"{service}-worker{SECOND}", [f"{service}_svc", "worker"], other))
    return {one.name: one for one in parts}
