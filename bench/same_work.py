"""Keeps the limit honest: after the same requests, each server has written the same number of rows to each table."""

import http.client
from collections.abc import Sequence
from typing import Any

from bench.report import Report
from bench.rounds import Requests
from bench.stage import Server

TABLES = """SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
            AND relname <> 'job' ORDER BY relname"""
TIMES = 10


async def check_same_work(
    report: Report, bench: str, connection: Any, servers: Sequence[Server], requests: Requests
) -> None:
    """Raises RuntimeError where the rows differ; says what one request adds."""
    added = {}
    for server in servers:
        before = await _counts(connection)
        for request in requests(TIMES):
            _sent(server.ports[0], request)
        after = await _counts(connection)
        grown = {name: after[name] - before[name] for name in after}
        added[server.name] = {name: more / TIMES for name, more in grown.items() if more}
    if len({tuple(sorted(rows.items())) for rows in added.values()}) > 1:
        raise RuntimeError(f"not the same work: {added}")
    report.line(bench, "rows added per request, by each server", **added[servers[0].name])


async def _counts(connection: Any) -> dict[str, int]:
    tables = [row["relname"] for row in await connection.fetch(TABLES)]
    text = ", ".join(f'(SELECT count(*) FROM "{table}") AS "{table}"' for table in tables)
    return dict(await connection.fetchrow(f"SELECT {text}"))


def _sent(port: int, request: bytes) -> None:
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
