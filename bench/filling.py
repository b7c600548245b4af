"""Large tables filled by set statements: without triggers, and with indexes and keys made at the end."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import asyncpg
from bench.report import progress

_INDEXES = """
SELECT i.indexrelid::regclass::text AS name, pg_get_indexdef(i.indexrelid) AS written FROM pg_index i
WHERE i.indrelid::regclass::text = ANY($1) AND NOT i.indisprimary
  AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexrelid)"""
_KEYS = """
SELECT c.conrelid::regclass::text AS of, c.conname AS name, pg_get_constraintdef(c.oid) AS written FROM pg_constraint c
WHERE c.conrelid::regclass::text = ANY($1) AND c.contype IN ('p', 'u')
  AND NOT EXISTS (SELECT 1 FROM pg_constraint f WHERE f.contype = 'f' AND f.conindid = c.conindid)"""
"""Those that no foreign key points at."""
_SETTINGS = {"session_replication_role": "replica", "synchronous_commit": "off", "maintenance_work_mem": "'512MB'",
             "work_mem": "'256MB'"}


@asynccontextmanager
async def filling(connection: "asyncpg.Connection", tables: Sequence[str]) -> AsyncIterator[None]:
    """What is written meanwhile must hold without the checks of foreign keys."""
    await connection.execute("; ".join(f"SET {name} = {value}" for name, value in _SETTINGS.items()))
    indexes, keys = await connection.fetch(_INDEXES, list(tables)), await connection.fetch(_KEYS, list(tables))
    for key in keys:
        await connection.execute(f"ALTER TABLE {key['of']} DROP CONSTRAINT {key['name']}")
    for index in indexes:
        await connection.execute(f"DROP INDEX {index['name']}")
    yield
    for key in keys:
        await connection.execute(f"ALTER TABLE {key['of']} ADD CONSTRAINT {key['name']} {key['written']}")
    for index in indexes:
        await connection.execute(index["written"])
    await connection.execute("; ".join(f"RESET {name}" for name in _SETTINGS))
    progress("indexes are there")
