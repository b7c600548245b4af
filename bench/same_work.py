"""Keeps the limit honest: after the same requests, each server has written the same number of rows to each table and
the same account, and what it told and answered in other fields is said."""

import http.client
import json
from collections.abc import Sequence
from typing import Any

from bench.report import Report
from bench.rounds import Requests
from bench.stage import Server

TABLES = """SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
            AND relname <> 'job' ORDER BY relname"""
_LAST_TOLD = "SELECT coalesce(max(id), 0) FROM outbox_event"
_TOLD = "SELECT type, payload FROM outbox_event WHERE id > $1 ORDER BY id"
_HAS_ACCOUNTS = "SELECT to_regclass('account') IS NOT NULL"
_LAST_MOVED = """SELECT open, disputed, unapplied, entries, version, aged_on, turns_on, aged, aged_items FROM account
                 ORDER BY xmin::text::bigint DESC LIMIT 1"""
TIMES = 10


async def check_same_work(
    report: Report, bench: str, connection: Any, servers: Sequence[Server], requests: Requests
) -> None:
    """Raises RuntimeError where rows or accounts differ; says what one request adds."""
    added, said, moved = {}, {}, {}
    for server in servers:
        before, last = await _counts(connection), await connection.fetchval(_LAST_TOLD)
        answers = [json.loads(_sent(server.ports[0], request)) for request in requests(TIMES)]
        after = await _counts(connection)
        grown = {name: after[name] - before[name] for name in after}
        added[server.name] = {name: more / TIMES for name, more in grown.items() if more}
        if await connection.fetchval(_HAS_ACCOUNTS):
            moved[server.name] = str(await connection.fetchrow(_LAST_MOVED))
        told = {row["type"]: json.loads(row["payload"]) for row in await connection.fetch(_TOLD, last)}
        said[server.name] = _fields({"answer": answers[-1], **told})
    if len({tuple(sorted(rows.items())) for rows in added.values()}) > 1:
        raise RuntimeError(f"not the same work: {added}")
    if len(set(moved.values())) > 1:
        raise RuntimeError(f"not the same account: {moved}")
    report.line(bench, "rows added per request, by each server", **added[servers[0].name])
    one = said[servers[0].name]
    report.line(bench, f"fields of facts and answers that are not those of {servers[0].name}", **{
        name: sorted(fields ^ one) for name, fields in said.items() if fields != one})


def _fields(value: Any, at: str = "") -> frozenset[str]:
    """Every path to a value in a document; all elements of a list share one."""
    if isinstance(value, dict):
        return frozenset({at}).union(*(_fields(one, f"{at}.{name}") for name, one in value.items()))
    if isinstance(value, list):
        return frozenset({at}).union(*(_fields(one, f"{at}[]") for one in value))
    return frozenset({at})


async def _counts(connection: Any) -> dict[str, int]:
    tables = [row["relname"] for row in await connection.fetch(TABLES)]
    text = ", ".join(f'(SELECT count(*) FROM "{table}") AS "{table}"' for table in tables)
    return dict(await connection.fetchrow(f"SELECT {text}"))


def _sent(port: int, request: bytes) -> bytes:
    head, _, body = request.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    method, path, _ = first.split(" ")
    asking = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    asking.request(method, path, body, dict(line.split(": ", 1) for line in lines))
    answer = asking.getresponse()
    said = answer.read()
    asking.close()
    if answer.status != 201:
        raise RuntimeError(f"{answer.status}: {said.decode(errors='replace')[:500]}")
    return said
