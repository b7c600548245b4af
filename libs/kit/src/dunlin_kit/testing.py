"""For tests: a migrated database in milliseconds, tokens, a running API of a service, and facts told to it."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg
import httpx
from fastapi import FastAPI
from joserfc import jwt
from joserfc.jwk import KeySet, OKPKey
from prometheus_client import REGISTRY

from dunlin_events.contracts.base import Event, Heard
from dunlin_events.subscription import Subscription
from dunlin_kernel.clock import Clock, SystemClock
from dunlin_kernel.ids import NIL, new_id
from dunlin_kit.database import Database
from dunlin_kit.jobs import Handler, Job, JobRunner
from dunlin_kit.lock_watch import watch
from dunlin_kit.migrating import ROLES, make_databases, migrate, restrict
from dunlin_kit.settings import BusKind, ServiceSettings
from dunlin_kit.tenants import TENANT
from dunlin_kit.transaction import Transaction

ISSUER, AUDIENCE = "https://issuer.test", "dunlin"
_PASSWORDS = {role: f"test-{role}" for role in ROLES}
_TEMPLATE_LOCK = 7_190_001
_ENDED = "SELECT pid, pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()"
_LEFT = "SELECT count(*) FROM pg_stat_activity WHERE pid = ANY($1::int[])"


@dataclass(frozen=True, slots=True)
class DatabaseUrls:
    """One service's database as each of its roles sees it."""

    owner: str
    app: str
    ops: str

    @classmethod
    def of(cls, admin: str, service: str, database: str) -> "DatabaseUrls":
        place = urlsplit(admin)
        at = f"{place.hostname}:{place.port}"
        return cls(*(f"postgresql://{service}_{role}:{_PASSWORDS[role]}@{at}/{database}" for role in ROLES))


async def _template(admin: Any, admin_url: str, service: str) -> str:
    """The migrated template of a service: made once per server, whoever asks first."""
    name = f"{service}_template"
    await admin.execute("SELECT pg_advisory_lock($1)", _TEMPLATE_LOCK)
    try:
        if not await admin.fetchval("SELECT datistemplate FROM pg_database WHERE datname = $1", name):
            await admin.execute(f'DROP DATABASE IF EXISTS "{name}"')
            await make_databases(admin_url, service, _PASSWORDS)
            await admin.execute(f'CREATE DATABASE "{name}" OWNER {service}_owner')
            await asyncio.to_thread(migrate, f"{service}_svc", DatabaseUrls.of(admin_url, service, name).owner)
            await admin.execute(f'ALTER DATABASE "{name}" IS_TEMPLATE true')
    finally:
        await admin.execute("SELECT pg_advisory_unlock($1)", _TEMPLATE_LOCK)
    return name


@contextlib.asynccontextmanager
async def migrated(admin_url: str, service: str) -> AsyncIterator[DatabaseUrls]:
    """A fresh database of a service (`billing`), at its newest revision, with its three roles; dropped afterwards.

    In the end it may not have counted a deadlock.
    """
    name = f"{service}_{new_id().hex[-20:]}"
    watch()
    async with _connected(admin_url) as admin:
        template = await _template(admin, admin_url, service)
        await admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" OWNER {service}_owner STRATEGY file_copy')
        await restrict(admin, service, name)
    try:
        yield DatabaseUrls.of(admin_url, service, name)
        async with _connected(admin_url) as admin:  # another one: the server may have been killed meanwhile
            deadlocks = await _deadlocks_of(admin, name)
        assert not deadlocks, f"{deadlocks} deadlocks in {service}'s database: a lock was taken out of its order"
    finally:
        async with _connected(admin_url) as admin:
            await admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


async def _deadlocks_of(admin: Any, database: str) -> int:
    """How many the server has counted there. Its sessions are ended: what one has counted shows at the latest then."""
    found = await admin.fetch(_ENDED, database)
    async with asyncio.timeout(60):
        while found and await admin.fetchval(_LEFT, [row["pid"] for row in found]):  # noqa: ASYNC110  nobody is told
            await asyncio.sleep(0.01)
    return int(await admin.fetchval("SELECT deadlocks FROM pg_stat_database WHERE datname = $1", database))


@contextlib.asynccontextmanager
async def _connected(url: str) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


class TestIssuer:
    """A key of its own, its JWKS in a file, and tokens of any form."""

    __test__ = False

    def __init__(self, folder: Path, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._key = OKPKey.generate_key("Ed25519", {"kid": "test"})
        self.jwks = folder / f"jwks-{new_id().hex}.json"
        self.jwks.write_text(json.dumps(KeySet([self._key]).as_dict(private=False)))

    def token(self, *scopes: str, tenant: UUID | None = None, subject: str = "clerk", **claims: Any) -> str:
        now = self._clock.now()
        given = {"iss": ISSUER, "aud": AUDIENCE, "sub": subject, "iat": int(now.timestamp()), "jti": str(new_id()),
                 "exp": int((now + timedelta(hours=1)).timestamp()), "scope": " ".join(scopes),
                 **({"tenant": str(tenant)} if tenant else {}), **claims}  # fmt: skip
        return jwt.encode({"alg": "Ed25519", "typ": "at+jwt", "kid": "test"}, given, self._key, algorithms=["Ed25519"])


@dataclass(frozen=True, slots=True)
class Running:
    """A service's API in this process on a database of its own."""

    service: str
    app: FastAPI
    client: httpx.AsyncClient
    settings: ServiceSettings
    issuer: TestIssuer
    urls: DatabaseUrls

    @property
    def database(self) -> Database:
        """As the _app role."""
        database: Database = self.app.state.database
        return database

    def headers(
        self, tenant: UUID | None, *scopes: str, key: str | None = "", subject: str = "clerk"
    ) -> dict[str, str]:
        """Bearer token and, unless `key` is None, an Idempotency-Key: the one given, or a new one."""
        token = self.issuer.token(*scopes, tenant=tenant, subject=subject)
        keyed = {} if key is None else {"Idempotency-Key": key or str(new_id())}
        return {"Authorization": f"Bearer {token}", **keyed}

    async def tenant(self, *, currency: str = "CNY", zone: str = "Asia/Shanghai", at: datetime | None = None) -> UUID:
        """A tenant this service has heard of; a sandbox standing at `at` when that is given."""
        tenant = new_id()

        async def configure(tx: Transaction) -> None:
            tx.put(TENANT, {"name": "Test", "currency": currency, "zone": zone, "sandbox": at is not None,
                            "clock_at": at}, key=())  # fmt: skip

        await self.database.transact(tenant, configure)
        return tenant

    async def move_clock(self, tenant: UUID, to: datetime) -> None:
        async def move(tx: Transaction) -> None:
            tx.change(TENANT, {"clock_at": to}, key=())

        await self.database.transact(tenant, move)

    async def told(self, tenant: UUID) -> list[tuple[str, str, dict[str, Any]]]:
        """What stands in the outbox of a tenant, in order: stream, fact, payload."""
        connection = await asyncpg.connect(self.urls.ops)
        try:
            rows = await connection.fetch(
                "SELECT stream, type, payload FROM outbox_event WHERE stream LIKE $1 ORDER BY id", f"{tenant}:%")
        finally:
            await connection.close()
        return [(row["stream"], row["type"].split(".")[2], json.loads(row["payload"])) for row in rows]


def settings_for(service: str, urls: DatabaseUrls, issuer: TestIssuer, **more: Any) -> ServiceSettings:
    """The service's own settings type when it has one."""
    try:
        module = import_module(f"{service}_svc.settings")
    except ModuleNotFoundError:
        kind: type[ServiceSettings] = ServiceSettings
    else:
        kind = module.Settings
    given: dict[str, Any] = {
        "database_url": urls.app, "ops_database_url": urls.ops, "owner_database_url": urls.owner,
        "bus": BusKind.POSTGRES,
        "issuer": ISSUER, "audience": AUDIENCE, "jwks": str(issuer.jwks), "cursor_secret": "a secret for tests only",
        "pool_size": 5, "requests_per_second": 100_000, **more}  # fmt: skip
    return kind.model_validate(given)


@contextlib.asynccontextmanager
async def running(admin_url: str, service: str, folder: Path, **more: Any) -> AsyncIterator[Running]:
    """A service's API (its `app.create_app(settings)`) with an HTTP client in the same process."""
    async with migrated(admin_url, service) as urls:
        issuer = TestIssuer(folder)
        settings = settings_for(service, urls, issuer, **more)
        app: FastAPI = import_module(f"{service}_svc.app").create_app(settings)
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://test") as client,
        ):
            yield Running(service, app, client, settings, issuer, urls)


def deadlocks(service: str) -> float:
    """How often a transaction of this process ran again because of one; the server's own count is looked at too."""
    return REGISTRY.get_sample_value(
        "dunlin_transaction_retries_total", {"service": service, "reason": "deadlock"}) or 0


async def one_by_one(client: httpx.AsyncClient, path: str, headers: Mapping[str, str]) -> list[dict[str, Any]]:
    """All rows of a list, a page for each; they are the same as on one page."""
    whole = (await client.get(path, headers=headers, params={"limit": 200})).json()
    found: list[dict[str, Any]] = []
    asked: dict[str, Any] = {"limit": 1}
    while True:
        page = (await client.get(path, headers=headers, params=asked)).json()
        found += page["data"]
        if not page["has_more"]:
            assert found == whole["data"]
            return found
        asked["cursor"] = page["next_cursor"]


async def work_off(service: Running, tenant: UUID, handlers: Mapping[str, Handler]) -> int:
    """Do every job of these kinds that is due, whosever it is; returns how many were this tenant's."""
    done = 0

    def counted(handle: Handler) -> Handler:
        async def work(database: Database, job: Job) -> None:
            nonlocal done
            await handle(database, job)
            done += job.tenant == tenant

        return work

    ops = Database(service.urls.ops, source=f"/dunlin/{service.service}", pool_size=1)
    runner = JobRunner(service=service.service, ops=ops, app=service.database,
                       handlers={kind: counted(handle) for kind, handle in handlers.items()})
    while await runner.run_one():
        pass
    await ops.close()
    return done


async def tell(
    database: Database, subscription: Subscription[Any], tenant: UUID, *facts: Event, first: int = 1,
    at: datetime | None = None,
) -> None:
    """Fold facts as the runtime does, in one transaction, without a bus; `first` is the sequence of the first.

    They were recorded at `at`, or now.
    """
    now = at or database.clock.now()
    heard = [fact.hear(Heard(tenant, new_id(), first + n, now, str(NIL))) for n, fact in enumerate(facts)]

    async def work(tx: Transaction) -> None:
        for fact in heard:
            handler = subscription.tenant_handlers.get(fact.wire_type())
            if handler is not None:
                await handler(tx, fact)
        folded: Sequence[Event] = [fact for fact in heard if fact.wire_type() in subscription.folds]
        if folded and subscription.load and subscription.save:
            states = dict(await subscription.load(tx, folded))
            for fact in folded:
                assert fact.concerns is not None
                states[fact.concerns] = subscription.folds[fact.wire_type()](fact, states[fact.concerns])
            await subscription.save(tx, states)

    await database.transact(tenant, work)
