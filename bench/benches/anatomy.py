"""A request taken apart: its statements and trips as the server counted them, and microseconds by part.

One API process, one connection, one request after another, so that nothing waits for anything but itself. What the
machine's other work adds falls on all parts alike.
"""

import asyncio
import re
from collections.abc import Sequence
from typing import Any

import asyncpg
from bench.benches.invoice import Invoices
from bench.benches.payment import ITEMS, MINOR, PAID, Payments, payment_of
from bench.company import Company, founded, owe, settled_down
from bench.load import ask, http, written
from bench.report import Report, Spread, progress
from bench.rounds import Requests
from bench.stage import Server, Stage

CUSTOMERS, RATE = 6_000, 400
_COUNTED = """SELECT query, calls, plans, total_plan_time * 1000 AS planned, total_exec_time * 1000 AS executed
              FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid
              WHERE d.datname = 'billing' AND calls >= $1 ORDER BY total_exec_time + total_plan_time DESC"""
_COUNTING = ("CREATE EXTENSION IF NOT EXISTS pg_stat_statements",
             "ALTER ROLE billing_app SET pg_stat_statements.track = 'top'",
             "ALTER ROLE billing_app SET pg_stat_statements.track_planning = on")
_ON_BEGIN = ("SET LOCAL", "BEGIN")


def anatomy(stage: Stage, report: Report, *, quick: bool) -> None:
    """Invoice and payment, through ours and through the merged limit."""
    company = asyncio.run(_ready(stage))
    payments = Payments(stage, company, lambda n: payment_of(company.customers[n], PAID, allocation="oldest_first"))
    works: Sequence[tuple[str, Requests]] = (
        ("invoice", Invoices(stage, company, company.customers, company.series)), ("payment", payments))
    seconds = 2 if quick else 4
    for server in (stage.api("billing"), stage.by_hand("steps"), stage.by_hand("merged")):
        one = Server(server.name, server.processes[:1], server.ports[:1])
        for name, requests in works:
            _taken_apart(stage, report, one, (name, requests, seconds))
        _floor(stage, report, one)


def _taken_apart(stage: Stage, report: Report, server: Server, work: tuple[str, Requests, int]) -> None:
    name, requests, seconds = work
    _run(stage, server, requests(100), 30)
    asyncio.run(_reset(stage))
    before = (server.share.cpu_seconds(), stage.database_share.cpu_seconds())
    seen = _run(stage, server, requests(RATE * seconds // 2), seconds)
    burnt = [after - earlier for earlier, after in zip(
        before, (server.share.cpu_seconds(), stage.database_share.cpu_seconds()), strict=True)]
    rows = asyncio.run(_fetched(stage, _COUNTED, seen.count // 2))
    each = [(_short(row["query"]), row["calls"] / seen.count, row["planned"] / row["calls"],
             row["executed"] / row["calls"]) for row in rows]
    for text, calls, planned, executed in each:
        report.line(f"anatomy-{name}", f"{server.name}: statement", text=text, calls=round(calls, 2),
                    plan_us=round(planned), execute_us=round(executed))
    statements = sum(round(calls) for _, calls, _, _ in each)
    trips = sum(round(calls) for text, calls, _, _ in each if not text.startswith(_ON_BEGIN[0]))
    planned, executed = (sum(row[at] * row[1] for row in each) for at in (2, 3))
    for what, value, unit in (
        ("statements", statements, ""), ("trips", trips, ""), ("commits", sum(
            round(calls) for text, calls, _, _ in each if text.startswith("COMMIT")), ""),
        ("server process", burnt[0] / seen.count * 1e6, "core us"),
        ("database", burnt[1] / seen.count * 1e6, "core us"),
        ("of it planning", planned, "us"), ("of it executing", executed, "us"),
        ("request, median", seen.p50_ms * 1000, "us"),
    ):
        report.figure(f"anatomy-{name}", f"{server.name}: {what}", Spread([value]), unit)
    progress(f"{name}, {server.name}: {trips} trips, {seen.p50_ms:.2f} ms")


def _floor(stage: Stage, report: Report, server: Server) -> None:
    """What the HTTP server and the framework cost a request that is refused at the door."""
    nothing = (http("POST", "/billing/v1/payments", "none", b"{}") for _ in range(2000))
    before = server.share.cpu_seconds()
    seen = _run(stage, server, nothing, 3)
    report.figure("anatomy-floor", f"{server.name}: refused at the door",
                  Spread([(server.share.cpu_seconds() - before) / seen.count * 1e6]), "core us")


def _run(stage: Stage, server: Server, requests: Any, seconds: int) -> Any:
    files = [written(stage.folder / "one-by-one", requests)]
    return ask({"connections": 1, "seconds": seconds}, files, server.ports)


def _short(text: str) -> str:
    """Enough of a statement to know it by."""
    plain = re.sub(r"\s+", " ", text)
    tables = re.findall(r"(?:FROM|INTO|UPDATE) ([a-z_]+)", plain)
    return plain[:40] + (" ... " + ", ".join(dict.fromkeys(tables)) if tables else "")


async def _ready(stage: Stage) -> Company:
    company = await founded(stage.admin_url("billing"), customers=CUSTOMERS, series=1)
    await owe(company, company.customers, ITEMS, MINOR)
    for statement in _COUNTING:
        await company.connection.execute(statement)
    await settled_down(company.connection)
    await company.connection.close()
    return company


async def _reset(stage: Stage) -> None:
    connection = await asyncpg.connect(stage.admin_url("billing"))
    await settled_down(connection)
    await connection.execute("SELECT pg_stat_statements_reset()")
    await connection.close()


async def _fetched(stage: Stage, text: str, *values: Any) -> list[Any]:
    connection = await asyncpg.connect(stage.admin_url("billing"))
    rows = list(await connection.fetch(text, *values))
    await connection.close()
    return rows
