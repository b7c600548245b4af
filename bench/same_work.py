"""Keeps the limit honest: the same requests add as many rows to each table and move accounts alike, whichever server
answers them; what it told and answered in other fields is said."""

import http.client
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bench.report import Report
from bench.rounds import Requests
from bench.stage import Server

TABLES = """SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
            AND relname <> 'job' ORDER BY relname"""
_LAST_TOLD = "SELECT coalesce(max(id), 0) FROM outbox_event"
_TOLD = "SELECT type, payload FROM outbox_event WHERE id > $1 ORDER BY id"
_HAS_ACCOUNTS = "SELECT to_regclass('account') IS NOT NULL"
_ACCOUNTS = "SELECT sum(open), sum(disputed), sum(unapplied), sum(entries), sum(version) FROM account"
_AGED = """SELECT sum(amount), sum(items)
           FROM account, unnest(aged, aged_items) WITH ORDINALITY u (amount, items, bucket)
           GROUP BY bucket ORDER BY bucket"""
_LAST_MOVED = "SELECT aged_on, turns_on FROM account ORDER BY xmin::text::bigint DESC LIMIT 1"
TIMES = 10


@dataclass(frozen=True, slots=True)
class _Accounts:
    """Figures of all accounts added up, by age too, and until when the last that moved is aged."""

    sums: Sequence[int]
    last: str


async def check_same_work(
    report: Report, bench: str, connection: Any, servers: Sequence[Server], requests: Requests
) -> None:
    """Raises RuntimeError where rows or accounts differ; says what one request adds. Nothing else must be at work.

    One request goes ahead, uncounted: it finds an account that was never aged.
    """
    for request in requests(1):
        _sent(servers[0].ports[0], request)
    added, said, moved = {}, {}, {}
    for server in servers:
        before, last = await _counts(connection), await connection.fetchval(_LAST_TOLD)
        stood = await _accounts(connection)
        answers = [json.loads(_sent(server.ports[0], request)) for request in requests(TIMES)]
        after = await _counts(connection)
        grown = {name: after[name] - before[name] for name in after}
        added[server.name] = {name: more / TIMES for name, more in grown.items() if more}
        stands = await _accounts(connection)
        moved[server.name] = [int(now - then) for then, now in zip(stood.sums, stands.sums, strict=True)], stands.last
        told = {row["type"]: json.loads(row["payload"]) for row in await connection.fetch(_TOLD, last)}
        said[server.name] = _fields({"answer": answers[-1], **told})
    if len({tuple(sorted(rows.items())) for rows in added.values()}) > 1:
        raise RuntimeError(f"not the same work: {added}")
    if any(one != moved[servers[0].name] for one in moved.values()):
        raise RuntimeError(f"accounts moved otherwise: {moved}")
    report.line(bench, "rows added per request, by each server", **added[servers[0].name])
    one = said[servers[0].name]
    report.line(bench, f"fields of facts and answers that are not those of {servers[0].name}", **{
        name: sorted(fields ^ one) for name, fields in said.items() if fields != one})


async def _accounts(connection: Any) -> _Accounts:
    if not await connection.fetchval(_HAS_ACCOUNTS):
        return _Accounts([], "")
    rows = [await connection.fetchrow(_ACCOUNTS), *await connection.fetch(_AGED)]
    return _Accounts([one for row in rows for one in row], str(await connection.fetchrow(_LAST_MOVED)))


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
