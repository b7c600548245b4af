"""Schemas: three roles and a database per service, forced row-level security, and migrations that can run anywhere."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncpg
from sqlalchemy import Connection, MetaData, pool, text
from sqlalchemy.ext.asyncio import create_async_engine

from dunlin_events import feed

if TYPE_CHECKING:
    from alembic.config import Config

# Alembic is loaded by the functions that migrate: a service that only serves starts without it.
ROLES = ("owner", "app", "ops")
NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
"""The naming convention of every service's metadata."""

_REVISION = re.compile(r'^(down_)?revision\b[^=\n]*= *"(\w+)"', re.MULTILINE)

_OWN_TENANT = "tenant_id = NULLIF(current_setting('dunlin.tenant', true), '')::uuid"


_STREAM_HOLES = """
CREATE FUNCTION stream_holes() RETURNS TABLE (stream text, head bigint, events bigint, last bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT s.stream, s.seq, count(o.seq), max(o.seq)
  FROM public.event_stream s LEFT JOIN public.outbox_event o ON o.stream = s.stream
  WHERE starts_with(s.stream, NULLIF(current_setting('dunlin.tenant', true), '') || ':')
  GROUP BY s.stream, s.seq HAVING count(o.seq) <> s.seq OR max(o.seq) <> s.seq LIMIT 20
$$"""


class NewerSchema(Exception):
    """The database is of a revision that this code does not know."""


def protect(
    op: Any, service: str, *tables: str, facts: Sequence[str] = (), erasable: Sequence[str] = (),
) -> None:
    """Force row-level security and grant the roles: `facts` can only be added and read, `tables` changed too, and what
    is `erasable` also deleted by requests."""
    own = _OWN_TENANT
    for table in (*tables, *erasable, *facts):
        verbs = "SELECT, INSERT" if table in facts else "SELECT, INSERT, UPDATE"
        erases = ", DELETE" if table in erasable else ""
        ends = "" if table in facts else ", DELETE"
        for statement in (
            f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
            f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
            f"CREATE POLICY own_tenant ON {table} TO {service}_app USING ({own}) WITH CHECK ({own})",
            f"CREATE POLICY all_tenants ON {table} TO {service}_owner, {service}_ops USING (true) WITH CHECK (true)",
            f"GRANT {verbs}{erases} ON {table} TO {service}_app",
            f"GRANT {verbs}{ends} ON {table} TO {service}_ops",
        ):
            op.execute(statement)


def grant_chassis(op: Any, service: str) -> None:
    """Rights on the tables of the chassis and of the event library; requests may not read the outbox."""
    protect(op, service, "tenant", "idempotency_key", "operation", "job")
    app, ops = f"{service}_app", f"{service}_ops"
    for statement in (
        f"GRANT SELECT, INSERT, UPDATE ON event_stream, watermark TO {app}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON parked_event TO {app}",
        f"GRANT INSERT ON outbox_event TO {app}",
        f"GRANT SELECT ON alembic_version TO {app}, {ops}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON event_stream, watermark, parked_event, relay_state TO {ops}",
        f"GRANT SELECT, UPDATE ON outbox_event TO {ops}",
        _STREAM_HOLES,
        "REVOKE ALL ON FUNCTION stream_holes FROM PUBLIC",
        f"GRANT EXECUTE ON FUNCTION stream_holes TO {app}, {ops}",
    ):
        op.execute(statement)


def feed_statements(service: str) -> tuple[str, ...]:
    """What brings the functions of the pull feed up to this code; they hold no data, so every migration does it."""
    return (
        *feed.FUNCTIONS,
        "REVOKE ALL ON FUNCTION event_feed_head, event_feed FROM PUBLIC",
        f"GRANT EXECUTE ON FUNCTION event_feed_head, event_feed TO {service}_app, {service}_ops",
    )


def run_migrations(metadata: MetaData) -> None:
    """What a service's `migrations/env.py` calls; the URL is that of the _owner role."""
    from alembic import context

    given = context.config.attributes
    asyncio.run(_run(given["url"], metadata, feed_statements(given["service"])))


async def _run(url: str, metadata: MetaData, afterwards: Sequence[str]) -> None:
    from alembic import context

    engine = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://", 1), poolclass=pool.NullPool)

    def work(connection: Connection) -> None:
        context.configure(
            connection=connection, target_metadata=metadata, compare_server_default=True, transaction_per_migration=True
        )
        with context.begin_transaction():
            context.run_migrations()

    async with engine.connect() as connection:
        await connection.run_sync(work)
        if await connection.scalar(text("SELECT to_regclass('outbox_event')")) is not None:
            for statement in afterwards:
                await connection.exec_driver_sql(statement)
        await connection.commit()
    await engine.dispose()


def folder_of(package: str) -> Path:
    """Where a service's migrations lie: beside `src` or in the working folder."""
    spec = find_spec(package)
    assert spec is not None, f"{package} is not installed"
    assert spec.origin is not None, f"{package} is no package"
    inside = Path(spec.origin).parent
    beside = inside.parents[1] / "migrations"
    return beside if beside.exists() else Path.cwd() / "migrations"


def config_of(package: str, url: str | None = None) -> "Config":
    """Alembic's configuration for a service's package."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(folder_of(package)))
    config.attributes.update(url=url, service=package.removesuffix("_svc"))
    return config


def revisions_of(package: str) -> frozenset[str]:
    """The revisions this code knows."""
    return frozenset(_named(package)[0])


def head_of(package: str) -> str | None:
    """The revision this code was made for: the one that no other follows."""
    made, followed = _named(package)
    return next(iter(made - followed), None)


async def revision_of(connection: Any) -> str | None:
    """Of the database that an asyncpg connection leads to; None where nothing was ever migrated."""
    if await connection.fetchval("SELECT to_regclass('alembic_version')") is None:
        return None
    found: str | None = await connection.fetchval("SELECT version_num FROM alembic_version")
    return found


def _named(package: str) -> tuple[set[str], set[str]]:
    """The revisions, and those that another follows; read from the text of the migrations, none is run."""
    made: set[str] = set()
    followed: set[str] = set()
    for file in (folder_of(package) / "versions").glob("*.py"):
        for down, revision in _REVISION.findall(file.read_text(encoding="utf-8")):
            (followed if down else made).add(revision)
    return made, followed


def migrate(package: str, owner_url: str) -> None:
    """Bring a service's database to its newest revision. Not to be called from a running event loop: use a thread.

    Refuses: NewerSchema, and leaves everything as it is.
    """
    from alembic import command
    from alembic.util import CommandError

    try:
        command.upgrade(config_of(package, owner_url), "head")
    except CommandError as unknown:
        raise NewerSchema(f"{package}: {unknown}: a newer version migrated this database; run that one") from unknown


async def make_databases(admin_url: str, service: str, passwords: Mapping[str, str]) -> None:
    """Make a service's roles and database where they are missing; `passwords` by role: owner, app, ops."""
    admin = await asyncpg.connect(admin_url)
    try:
        for role in ROLES:
            await _make_role(admin, f"{service}_{role}", passwords[role])
        if not await admin.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", service):
            await create_database(admin, service, f"{service}_owner")
        await restrict(admin, service, service)
    finally:
        await admin.close()


async def create_database(admin: Any, name: str, owner: str) -> None:
    """A database in UTF-8 that compares text by code points, whatever the server's own language is."""
    provider = await admin.fetchval("SELECT datlocprovider::text FROM pg_database WHERE datname = 'template0'")
    by_code_points = "LOCALE_PROVIDER libc LC_COLLATE 'C'" if provider == "i" else "LC_COLLATE 'C'"
    await admin.execute(
        f"CREATE DATABASE \"{name}\" OWNER {owner} TEMPLATE template0 ENCODING 'UTF8' {by_code_points}")


async def restrict(admin: Any, service: str, database: str) -> None:
    """Only the service's own roles may connect to its database."""
    await admin.execute(f'REVOKE ALL ON DATABASE "{database}" FROM PUBLIC')
    await admin.execute(f'GRANT CONNECT ON DATABASE "{database}" TO {service}_owner, {service}_app, {service}_ops')


async def _make_role(admin: Any, role: str, password: str) -> None:
    quoted = password.replace("'", "''")
    if await admin.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role):
        await admin.execute(f"ALTER ROLE {role} LOGIN PASSWORD '{quoted}'")
        return
    await admin.execute(f"CREATE ROLE {role} LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD '{quoted}'")
    # a login that is no superuser must be a member before it may give the role a database
    await admin.execute(f"GRANT {role} TO CURRENT_USER")
