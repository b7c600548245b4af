"""All of Dunlin in one process on databases of its own, moved day by day, and asked until nothing is on its way."""

import asyncio
import contextlib
import email
import email.policy
import socket
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx

from dunlin_events.testing import database
from dunlin_events.topics import HEARERS, Bus
from dunlin_kernel.clock import SystemClock
from dunlin_kernel.ids import new_id
from dunlin_kit import garbage
from dunlin_kit.testing import DatabaseUrls, migrated
from dunlin_local.clients import secret_of
from dunlin_local.databases import CURSORS, SERVICES, Databases
from dunlin_local.issuer import Issuer
from dunlin_local.mailbox import Keeper, kept_mail
from dunlin_local.node_settings import Surroundings, settings_of
from dunlin_local.single_node import SingleNode

HEARS = {service: HEARERS.get(service, ()) for service in SERVICES}
"""Which service hears which owner."""
QUIET_SECONDS = 60


class HangsUp(Keeper):
    """Keeps all mail; at the first one to `unheard-...` it hangs up after it took it, at that to `lost-...` before."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._known: set[str] = set()

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - the library's name
        (to,) = envelope.rcpt_tos
        kind, is_first = to.partition("-")[0], to not in self._known
        self._known.add(to)
        if is_first and kind in ("unheard", "lost"):
            server.transport.abort()
        lost = is_first and kind == "lost"
        return "451 4.3.0 lost" if lost else await super().handle_DATA(server, session, envelope)


class OwnDatabases(Databases):
    """Databases of this test alone, on the server that all tests share."""

    def __init__(self, urls: Mapping[str, DatabaseUrls], bus: str) -> None:
        super().__init__("", {CURSORS: "a secret for tests only"})
        object.__setattr__(self, "_urls", urls)
        object.__setattr__(self, "_bus", bus)

    def url(self, service: str, kind: str) -> str:
        url: str = getattr(self._urls[service], kind)  # type: ignore[attr-defined]
        return url

    @property
    def bus_url(self) -> str:
        url: str = self._bus  # type: ignore[attr-defined]
        return url


class Running(Protocol):
    """What a journey needs of a running system, wherever that is."""

    @property
    def client(self) -> httpx.AsyncClient: ...

    def token(self, client_id: str, **form: str) -> str: ...

    def letters(self, to: str) -> list[EmailMessage]:
        """Every message that left for an address, the earliest first."""


@dataclass
class Dunlin:
    """The system that runs in this process."""

    url: str
    client: httpx.AsyncClient
    issuer: Issuer
    issuer_folder: Path
    mail: Path
    databases: OwnDatabases

    def token(self, client_id: str, **form: str) -> str:
        secret = secret_of(self.issuer_folder, client_id)
        answer = self.issuer.grant({"grant_type": "client_credentials", **form}, client_id=client_id, secret=secret)
        return str(answer["access_token"])

    def letters(self, to: str) -> list[EmailMessage]:
        """Every message that left for an address, the earliest first."""
        files = sorted(self.mail.rglob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
        read = [email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in files]
        return [message for message in read if to in str(message["to"])]


@contextlib.asynccontextmanager
async def dunlin(
    postgres: str, folder: Path, *, bus: Callable[[str], Bus] | None = None, settings: Mapping[str, Any] | None = None,
    services: Sequence[str] = SERVICES,
) -> AsyncIterator[Dunlin]:
    """Start all services, or some; `bus` makes another bus than the log in PostgreSQL, given its database's URL."""
    async with contextlib.AsyncExitStack() as opened:
        urls = {service: await opened.enter_async_context(migrated(postgres, service)) for service in services}
        databases = OwnDatabases(urls, await opened.enter_async_context(database(postgres)))
        listening = opened.enter_context(socket.create_server(("127.0.0.1", 0)))
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        issuer = Issuer(folder / "issuer", name=url, clock=SystemClock())
        smtp = await opened.enter_async_context(kept_mail(folder / "mail", HangsUp))
        around = Surroundings(databases, issuer, folder / "issuer", url, smtp)
        told = {service: settings_of(service, around).model_copy(update=dict(settings or {})) for service in services}
        made: Callable[[], Bus] | None = (lambda: bus(databases.bus_url)) if bus is not None else None
        node, stop, ready = SingleNode(told, issuer, bus=made), asyncio.Event(), asyncio.Event()
        running = asyncio.create_task(node.run(listening, stop, ready))
        client = await opened.enter_async_context(httpx.AsyncClient(base_url=url, timeout=30))
        try:
            started = asyncio.create_task(ready.wait())
            await asyncio.wait({started, running}, return_when=asyncio.FIRST_COMPLETED)
            if running.done():
                running.result()
            garbage.started()
            yield Dunlin(url, client, issuer, folder / "issuer", folder / "mail", databases)
        finally:
            stop.set()
            await running


@dataclass
class Journey:
    """One sandbox tenant, its clock, and everything a finance department does with it. Times are the tenant's own."""

    dunlin: Running
    tenant: UUID
    zone: ZoneInfo
    now: datetime
    headers: dict[str, str] = field(default_factory=dict)
    services: Sequence[str] = SERVICES

    @classmethod
    async def begin(
        cls, system: Running, at: str, *, currency: str = "CNY", zone: str = "Asia/Shanghai",
        services: Sequence[str] = SERVICES,
    ) -> "Journey":
        """A new tenant whose clock stands at `at`, such as `2026-01-05 10:00` in its zone; all services know it."""
        tenant, now = new_id(), datetime.fromisoformat(at).replace(tzinfo=ZoneInfo(zone))
        body = {"id": str(tenant), "name": "Journey", "currency": currency, "zone": zone, "sandbox": True,
                "clock_at": now.isoformat()}
        headers = {"Authorization": f"Bearer {system.token('operator')}", "Idempotency-Key": str(new_id())}
        answer = await system.client.post("/customer/v1/tenants", json=body, headers=headers)
        assert answer.status_code == 201, answer.text
        token = system.token("demonstration", tenant=str(tenant))
        journey = cls(system, tenant, ZoneInfo(zone), now, {"Authorization": f"Bearer {token}"}, services)
        await journey.quiet()
        return journey

    async def post(self, path: str, body: Any = None, *, status: int = 201, key: str = "", **params: Any) -> Any:
        headers = self.headers | {"Idempotency-Key": key or str(new_id())}
        answer = await self.dunlin.client.post(path, json=body, headers=headers, params=params)
        assert answer.status_code == status, f"{path}: {answer.status_code} {answer.text}"
        return answer.json()

    async def put(self, path: str, body: Any, *, status: int = 200, version: int | None = None) -> Any:
        """With `version`, only what still stands in that one is changed."""
        seen = {} if version is None else {"If-Match": f'"{version}"'}
        answer = await self.dunlin.client.put(path, json=body, headers=self.headers | seen)
        assert answer.status_code == status, f"{path}: {answer.status_code} {answer.text}"
        return answer.json()

    async def patch(self, path: str, body: Any, *, version: int) -> Any:
        headers = self.headers | {"Idempotency-Key": str(new_id()), "If-Match": f'"{version}"'}
        answer = await self.dunlin.client.patch(path, json=body, headers=headers)
        assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text}"
        return answer.json()

    def by(self, subject: str) -> "Journey":
        """The same company, seen and moved by another person."""
        token = self.dunlin.token("demonstration", tenant=str(self.tenant), subject=subject)
        return replace(self, headers={"Authorization": f"Bearer {token}"})

    async def get(self, path: str, *, status: int = 200, **params: Any) -> Any:
        given = {name.rstrip("_"): value for name, value in params.items()}
        answer = await self.dunlin.client.get(path, headers=self.headers, params=given)
        assert answer.status_code == status, f"{path}: {answer.status_code} {answer.text}"
        return answer.json()

    async def advance(self, to: str) -> None:
        """Move the clock to `2026-02-01 10:00`, turn by turn of the day, waiting each time until all is quiet."""
        end = datetime.fromisoformat(to).replace(tzinfo=self.zone)
        await self.quiet()
        while self.now < end:
            turn = datetime.combine(self.now.date() + timedelta(days=1), time(), self.zone)
            self.now = min(turn, end)
            await self.post("/customer/v1/test-clock:advance", {"to": self.now.isoformat()}, status=200)
            await self.quiet()

    async def quiet(self) -> None:
        """Wait until all services stand at one time, have heard everything, and have no job due.

        One look is enough: whatever works after its own look was woken by a fact that it had not heard then, and the
        owner of that fact, asked later, has told more than was heard; or earlier, and then was itself woken likewise.
        """
        wait, waited = 0.03, 0.0
        while not _is_quiet(clocks := await self._clocks(), self.services):
            assert waited < QUIET_SECONDS, f"not quiet after {QUIET_SECONDS} s: {clocks}"
            await asyncio.sleep(wait)
            waited, wait = waited + wait, min(wait * 1.25, 0.25)

    async def _clocks(self) -> dict[str, dict[str, Any] | None]:
        """What the services say, those that hear most first, up to the first that has something to do."""
        clocks: dict[str, dict[str, Any] | None] = {}
        for service in reversed(self.services):
            clocks[service] = clock = await self._clock(service)
            if clock is None or clock["due_jobs"]:
                break
        return clocks

    async def _clock(self, service: str) -> dict[str, Any] | None:
        answer = await self.dunlin.client.get(f"/{service}/v1/test-clock", headers=self.headers)
        found: dict[str, Any] | None = answer.json() if answer.status_code == 200 else None
        return found

    async def assert_integrity(self) -> None:
        """Every invariant of every service holds for this tenant."""
        for service in self.services:
            found = await self.get(f"/{service}/v1/integrity")
            assert found["checks"], f"{service} checks nothing"
            assert found["holds"], [check for check in found["checks"] if not check["holds"]]

    def mails(self, to: str) -> list[EmailMessage]:
        """Every message that left for an address, the earliest first."""
        return self.dunlin.letters(to)


def _is_quiet(clocks: Mapping[str, dict[str, Any] | None], services: Sequence[str] = SERVICES) -> bool:
    known = {service: clock for service, clock in clocks.items() if clock is not None}
    if len(known) < len(services) or len({clock["now"] for clock in known.values()}) > 1:
        return False
    for service, clock in known.items():
        heard, owners = {row["owner"]: row["events"] for row in clock["heard"]}, known.keys() & HEARS[service]
        if clock["due_jobs"] or any(heard.get(owner, 0) != known[owner]["emitted"] for owner in owners):
            return False
    return True
