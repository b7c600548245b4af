"""For tests of plans: tables that have grown, and which of them a statement would read from end to end."""

import json
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

import asyncpg

from dunlin_kernel.ids import new_id
from dunlin_kit.testing import migrated

ROWS = 3000
LAST = "INSERT INTO outbox_event"
"""What a statement says with which facts leave, after all rows."""
FILLED = {
    "uuid": "md5('{column}' || n)::uuid",
    "text": "'{column}' || n",
    "character varying": "'{column}' || n",
    "time without time zone": "'12:00'",
    "bigint": "n",
    "integer": "n",
    "smallint": "n % 100",
    "boolean": "false",
    "date": "DATE '2026-01-01' + n % 300",
    "jsonb": "'{{}}'",
    "timestamp with time zone": "now() - n * interval '1 minute'",
    "numeric": "n",
    "bytea": "''",
    "xid8": "'3'",
    "ARRAY": "'{{}}'",
}
_TABLES = """SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"""
_COLUMNS = """SELECT column_name, data_type, is_nullable = 'YES' AS nullable FROM information_schema.columns
              WHERE table_schema = 'public' AND table_name = $1 AND is_generated = 'NEVER' AND is_identity = 'NO'"""
_CONSTRAINTS = """SELECT conrelid::regclass::text AS of, conname FROM pg_constraint
                  WHERE contype IN ('c', 'f') AND connamespace = 'public'::regnamespace"""


@asynccontextmanager
async def grown(
    postgres: str, service: str, small: Collection[str], *, but: Collection[str] = (),
) -> AsyncIterator["asyncpg.Connection"]:
    """A connection of the service's role, with a tenant set, on tables of 3,000 rows, or of one a day where that is
    their key; those in `small` stay empty. What most rows are `but` as they are made is said by statements."""
    async with migrated(postgres, service) as urls:
        tenant = new_id()
        admin = await asyncpg.connect(urlsplit(postgres)._replace(path=urlsplit(urls.app).path).geturl())
        for row in await admin.fetch(_CONSTRAINTS):
            await admin.execute(f'ALTER TABLE {row["of"]} DROP CONSTRAINT "{row["conname"]}" CASCADE')
        for row in await admin.fetch(_TABLES):
            if row["relname"] not in small:
                await _fill(admin, row["relname"], str(tenant))
        for statement in but:
            await admin.execute(statement)
        await admin.execute("VACUUM ANALYZE")
        await admin.close()
        connection = await asyncpg.connect(urls.app)
        await connection.execute(f"SET dunlin.tenant = '{tenant}'; SET plan_cache_mode = force_generic_plan")
        yield connection
        await connection.close()


async def _fill(admin: "asyncpg.Connection", table: str, tenant: str) -> None:
    columns = {row["column_name"]: row for row in await admin.fetch(_COLUMNS, table)}
    values = ["NULL" if row["nullable"] else FILLED[row["data_type"]].format(column=name)
              for name, row in columns.items()]
    given = {"tenant_id": f"'{tenant}'::uuid", "currency": "'CNY'"}
    named = ", ".join(f'"{name}"' for name in columns)
    made = ", ".join(given.get(name, value) for name, value in zip(columns, values, strict=True))
    await admin.execute(
        f"INSERT INTO {table} ({named}) SELECT {made} "  # noqa: S608
        f"FROM generate_series(1, {ROWS}) n ON CONFLICT DO NOTHING"
    )


@contextmanager
def statements_sent() -> Iterator[list[str]]:
    """The texts of all statements that go to any database meanwhile."""
    texts: list[str] = []
    with ExitStack() as spying:
        for name in ("fetch", "fetchrow", "fetchval"):
            real = getattr(asyncpg.Connection, name)

            async def spied(self: Any, query: str, *args: Any, _real: Any = real, **more: Any) -> Any:
                texts.append(query)
                return await _real(self, query, *args, **more)

            spying.enter_context(patch.object(asyncpg.Connection, name, spied))
        yield texts


async def growing_read_whole(
    connection: "asyncpg.Connection", texts: Collection[str], small: Collection[str]
) -> dict[str, list[str]]:
    """By statement, the tables not in `small` that it reads from end to end; those that read none are left out."""
    read = {text: [one for one in await read_whole(connection, text) if one not in small] for text in sorted(texts)}
    return {text: tables for text, tables in read.items() if tables}


async def read_whole(connection: "asyncpg.Connection", text: str) -> list[str]:
    """The tables that a statement, planned once for all its values, reads from end to end."""
    name = str(new_id())
    await connection.execute(f'PREPARE "{name}" AS {text}')
    count = await connection.fetchval(
        "SELECT cardinality(parameter_types) FROM pg_prepared_statements WHERE name = $1", name)
    given = f"({', '.join(['NULL'] * count)})" if count else ""
    plan = json.loads(await connection.fetchval(f'EXPLAIN (FORMAT JSON) EXECUTE "{name}" {given}'))
    return list(_scanned(plan[0]["Plan"]))


def _scanned(node: dict[str, Any]) -> Iterator[str]:
    if node["Node Type"] == "Seq Scan":
        yield node["Relation Name"]
    for inner in node.get("Plans", ()):
        yield from _scanned(inner)
