"""The statements that run for every page of facts are planned along an index, however much lies in outbox and log."""

import json
from typing import Any

import asyncpg

from dunlin_events import postgres_reader, relay_state
from dunlin_events.postgres_log import PostgresBus

ROWS = 20_000
_OUTBOX = """
INSERT INTO outbox_event (txid, event_id, stream, era, seq, type, headers, payload)
SELECT '3', gen_random_uuid(), 's' || n % 500, 1, n, 't', '{}', '' FROM generate_series(1, $1::int) n"""
_LOG = """
INSERT INTO bus_record (topic, part, at, key, headers, value)
SELECT 'dunlin-billing', n % 12, n / 12, 'k', '[]', '' FROM generate_series(1, $1::int) n"""


async def planned(connection: asyncpg.Connection, text: str) -> list[tuple[str, str]]:
    """Kind of node and table of all that a statement reads, when planned once for all values."""
    await connection.execute(f"SET plan_cache_mode = force_generic_plan; PREPARE it AS {text}")
    count = await connection.fetchval(
        "SELECT cardinality(parameter_types) FROM pg_prepared_statements WHERE name = 'it'")
    said = await connection.fetchval(f"EXPLAIN (FORMAT JSON) EXECUTE it ({', '.join(['NULL'] * count)})")
    await connection.execute("DEALLOCATE it")
    return list(nodes(json.loads(said)[0]["Plan"]))


def nodes(node: dict[str, Any]) -> Any:
    if "Relation Name" in node:
        yield node["Node Type"], node["Relation Name"]
    for inner in node.get("Plans", ()):
        yield from nodes(inner)


async def test_the_relay_reads_its_window_along_an_index(outbox_dsn: str) -> None:
    """As it runs: its session has no use for a scan, but would get one where no index serves."""
    connection = await asyncpg.connect(outbox_dsn, server_settings={"enable_seqscan": "off"})
    try:
        await connection.execute(_OUTBOX, ROWS)
        await connection.execute("ANALYZE")
        for text in (relay_state._WINDOW, relay_state._ROWS):
            read = {kind for kind, table in await planned(connection, text) if table == "outbox_event"}
            assert read and "Seq Scan" not in read, text
        assert ("Seq Scan", "outbox_event") in await planned(connection, "SELECT 1 FROM outbox_event WHERE type = $1")
    finally:
        await connection.close()


async def test_a_reader_of_the_log_reads_from_its_place_on(outbox_dsn: str) -> None:
    await PostgresBus(outbox_dsn).ensure_topics()
    connection = await asyncpg.connect(outbox_dsn)
    try:
        await connection.execute(_LOG, ROWS)
        await connection.execute("ANALYZE")
        assert {("Index Scan", "bus_record")} <= set(await planned(connection, postgres_reader._FETCH))
        assert ("Seq Scan", "bus_record") not in await planned(connection, postgres_reader._FETCH)
    finally:
        await connection.close()
