"""For tests: each invariant of a service is broken on purpose in a filled database, must see it, and all is undone."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

import asyncpg

from dunlin_kit.health import Check
from dunlin_kit.testing import DatabaseUrls

Breaks = Mapping[str, Sequence[str]]
"""By the id of a check: ways to break what it watches, each enough alone. SQL that sees one tenant; see `unseen`."""

OWN_STREAMS = "starts_with(stream, current_setting('dunlin.tenant'))"

_PUT = """
CREATE FUNCTION pg_temp.put(place regclass, given jsonb) RETURNS void LANGUAGE plpgsql AS $put$
DECLARE
  whole jsonb; names text;
BEGIN
  SELECT jsonb_object_agg(attname, CASE format_type(atttypid, NULL)
           WHEN 'uuid' THEN to_jsonb(gen_random_uuid()) WHEN 'date' THEN to_jsonb(date '2026-01-05')
           WHEN 'timestamp with time zone' THEN to_jsonb(timestamptz '2026-01-05 02:00Z')
           WHEN 'boolean' THEN to_jsonb(false) WHEN 'jsonb' THEN '{}' WHEN 'text[]' THEN '[]'
           WHEN 'text' THEN '""' WHEN 'character varying' THEN '""' ELSE '0' END)
    INTO whole FROM pg_attribute
    WHERE attrelid = place AND attnum > 0 AND NOT attisdropped AND attnotnull AND NOT atthasdef AND attidentity = '';
  whole := whole || jsonb_build_object('tenant_id', current_setting('dunlin.tenant')) || given;
  SELECT string_agg(quote_ident(key), ', ') INTO names FROM jsonb_object_keys(whole) key;
  EXECUTE format('INSERT INTO %s (%s) SELECT %2$s FROM jsonb_populate_record(NULL::%1$s, $1)', place, names)
    USING whole;
END $put$"""
_UNGUARDED = """
DO $$ DECLARE guard record; BEGIN
  FOR guard IN SELECT conrelid::regclass AS place, conname FROM pg_constraint
               WHERE contype IN ('c', 'u') AND connamespace = 'public'::regnamespace AND conrelid <> 0 LOOP
    EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I CASCADE', guard.place, guard.conname);
  END LOOP;
  FOR guard IN SELECT indexrelid::regclass AS place FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
               WHERE indisunique AND NOT indisprimary AND relnamespace = 'public'::regnamespace LOOP
    EXECUTE format('DROP INDEX %s', guard.place);
  END LOOP;
END $$"""


def put(place: str, given: str = "{}") -> str:
    """A row of which only what is `given`, as JSON, matters."""
    return f"SELECT pg_temp.put('{place}', '{given}')"


def put_of(place: str, source: str, given: str) -> str:
    """A row that names one of another table, by `key, value` pairs of its columns."""
    return f"SELECT pg_temp.put('{place}', (SELECT jsonb_build_object({given}) FROM {source} LIMIT 1))"  # noqa: S608  constants


def untold(fact: str) -> str:
    """Take the facts of this kind out of the outbox."""
    return f"DELETE FROM outbox_event WHERE {OWN_STREAMS} AND split_part(type, '.', 3) = '{fact}'"  # noqa: S608  constants


async def unseen(
    admin_url: str, urls: DatabaseUrls, tenant: UUID, checks: Sequence[Check], breaks: Breaks,
) -> list[str]:
    """The checks that find something before anything is broken, and the breaks that their check does not find.

    Triggers, foreign keys, CHECK and UNIQUE constraints are off, and the service's role may write everything of this
    tenant, so that what no request can do can be done; each break is undone before the next, and everything at the end.
    """
    said = []
    async with _unguarded(admin_url, urls, tenant) as connection:
        for check in checks:
            if found := await connection.fetch(str(check.statement)):
                said.append(f"{check.id} finds before anything is broken: {dict(found[0])}")
            said += [f"{check.id} does not find ({missed}): {way}" for way in breaks.get(check.id, ())
                     if (missed := await _missed(connection, check, way)) is not None]
    return said


async def _missed(connection: asyncpg.Connection, check: Check, way: str) -> str | None:
    """What was done and not found, or could not be done."""
    broken = connection.transaction()
    await broken.start()
    try:
        done = await connection.execute(way)
        return None if await connection.fetch(str(check.statement)) else done
    except asyncpg.PostgresError as failed:
        return str(failed)
    finally:
        await broken.rollback()


@asynccontextmanager
async def _unguarded(admin_url: str, urls: DatabaseUrls, tenant: UUID) -> AsyncIterator[asyncpg.Connection]:
    own = urlsplit(urls.app)
    connection = await asyncpg.connect(urlunsplit(urlsplit(admin_url)._replace(path=own.path)))
    everything = connection.transaction()
    await everything.start()
    try:
        await connection.execute("SET LOCAL session_replication_role = replica")
        await connection.execute(_UNGUARDED)
        await connection.execute(_PUT)
        await connection.execute(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {own.username}")
        await connection.execute(f"SET LOCAL ROLE {own.username}")
        await connection.execute("SELECT set_config('dunlin.tenant', $1, true)", str(tenant))
        yield connection
    finally:
        await everything.rollback()
        await connection.close()
