"""The toy service on a real PostgreSQL: forced row-level security and three roles, as every service has them."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import httpx
import pytest
from sqlalchemy.ext.asyncio import create_async_engine
from toy_service import METADATA, reads, writes

from dunlin_events.testing import database
from dunlin_kit.app import Api, create_api
from dunlin_kit.migrating import ROLES, _make_role, feed_statements, protect
from dunlin_kit.testing import DatabaseUrls, Running, TestIssuer, settings_for


class _Op:
    def __init__(self) -> None:
        self.statements: list[str] = []

    def execute(self, statement: str) -> None:
        self.statements.append(statement)


async def _schema(url: str) -> None:
    engine = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://", 1))
    async with engine.begin() as connection:
        await connection.run_sync(METADATA.create_all)
    await engine.dispose()


@pytest.fixture(scope="session")
async def _toy_database(postgres: str) -> AsyncIterator[DatabaseUrls]:
    async with database(postgres) as owner:
        admin = await asyncpg.connect(postgres)  # advisory locks belong to a database: all workers meet in this one
        await admin.execute("SELECT pg_advisory_lock(7190002)")
        for role in ROLES:
            await _make_role(admin, f"toy_{role}", f"test-{role}")
        await admin.close()
        connection = await asyncpg.connect(owner)
        await _schema(owner)
        op = _Op()
        protect(op, "toy", "note", "tenant", "idempotency_key", "operation", "job")
        op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON event_stream, watermark, parked_event TO toy_app")
        op.execute("GRANT INSERT ON outbox_event TO toy_app")
        op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO toy_ops")
        for statement in (*op.statements, *feed_statements("toy")):
            await connection.execute(statement)
        await connection.close()
        yield DatabaseUrls.of(postgres, "toy", owner.rsplit("/", 1)[1])


@pytest.fixture
async def toy(_toy_database: DatabaseUrls, tmp_path: Path) -> AsyncIterator[Running]:
    issuer = TestIssuer(tmp_path)
    settings = settings_for("toy", _toy_database, issuer, pool_size=4)
    app = create_api(Api("toy", "Toy", (writes, reads), conflicts={"uq_note_tenant_id_text": "text_taken"}), settings)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://test", timeout=30) as client,
    ):
        yield Running("toy", app, client, settings, issuer, _toy_database)


@pytest.fixture
async def admin(_toy_database: DatabaseUrls, postgres: str) -> AsyncIterator[asyncpg.Connection]:
    """A superuser on the toy's database."""
    connection = await asyncpg.connect(f"{postgres.rsplit('/', 1)[0]}/{_toy_database.app.rsplit('/', 1)[1]}")
    yield connection
    await asyncio.wait_for(connection.close(), 5)
