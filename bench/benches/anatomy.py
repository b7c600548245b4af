"""A request taken apart: its statements and trips as the server counted them, and microseconds by part.

One API process, one connection, one request after another, so that nothing waits for anything but itself. What the
machine's other work adds falls on all parts alike.
"""

import asyncio
import re
from dataclasses import dataclass
from typing import Any

import asyncpg
from bench.benches.authorize import Orders, seeded
from bench.benches.invoice import Batches, Invoices
from bench.benches.payment import ITEMS, MINOR, PAID, Payments, payment_of
from bench.company import Company, founded, owe, settled_down
from bench.load import ask, http, written
from bench.report import Report, Spread, progress
from bench.rounds import Requests
from bench.stage import Server, Stage

CUSTOMERS, QUICK_CUSTOMERS, RATE = 6_000, 2_000, 400
PARTS = (("statements", ""), ("trips", ""), ("commits", ""), ("NOTIFY beside", ""), ("server process", "core us"),
         ("database", "core us"), ("of it planning", "us"), ("of it executing", "us"), ("request, median", "us"))
_COUNTED = """SELECT query, calls, plans, total_plan_time * 1000 AS planned, total_exec_time * 1000 AS executed
              FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid
              WHERE d.datname = $2 AND (calls >= $1 OR query LIKE 'NOTIFY%')
              ORDER BY total_exec_time + total_plan_time DESC"""
_COUNTING = ("CREATE EXTENSION IF NOT EXISTS pg_stat_statements",
             "ALTER ROLE {}_app SET pg_stat_statements.track = 'top'",
             "ALTER ROLE {}_app SET pg_stat_statements.track_planning = on")
_ON_BEGIN, _BESIDE = "SET LOCAL", "NOTIFY"
"""What travels with BEGIN, and what goes out on a connection of its own, at most 40 times a second."""


@dataclass(frozen=True, slots=True)
class Work:
    """One kind of request to one service, for how many seconds it is asked, and whether tables are vacuumed before."""

    name: str
    service: str
    requests: Requests
    seconds: int
    vacuumed: bool


def anatomy(stage: Stage, report: Report, *, quick: bool) -> None:
    """The four hot paths, through ours and through both forms of the limit; and a table of them all."""
    stage.end()  # sessions that began before statements are counted are not counted
    seconds = 1 if quick else 4
    customers = QUICK_CUSTOMERS if quick else CUSTOMERS
    company, (tenant, debtors) = asyncio.run(_ready(stage, customers)), asyncio.run(seeded(stage))
    asyncio.run(_counted_on(stage, "credit"))
    buying, paying = company.customers[:customers // 3], company.customers[customers // 3:]
    how = seconds, not quick
    works = (
        Work("invoice", "billing", Invoices(stage, company, buying, company.series), *how),
        Work("batch", "billing", Batches(stage, company, buying, company.series), *how),
        Work("payment", "billing", Payments(
            stage, company, lambda n: payment_of(paying[n], PAID, allocation="oldest_first")), *how),
        Work("authorize", "credit", Orders(stage, tenant, debtors), *how))
    head = " | ".join(f"{what}, {unit}".rstrip(", ") for what, unit in PARTS)
    lines = [f"| | {head} |", f"|---{'|---' * len(PARTS)}|"]
    for service in ("billing", "credit"):
        for server in (stage.api(service, 1), *(stage.by_hand(form, service, 1) for form in ("steps", "merged"))):
            lines += [_taken_apart(stage, report, server, work) for work in works if work.service == service]
            if service == "billing":
                _floor(stage, report, server, seconds)
    report.tables.append("\n".join([*lines[:2], *sorted(lines[2:])]))


def _taken_apart(stage: Stage, report: Report, server: Server, work: Work) -> str:
    """A row of the table."""
    _run(stage, server, work.requests(25 * work.seconds), 30)
    asyncio.run(_reset(stage, work))
    before = (server.share.cpu_seconds(), stage.database_share.cpu_seconds())
    seen = _run(stage, server, work.requests(RATE * work.seconds // 2), work.seconds)
    burnt = [after - earlier for earlier, after in zip(
        before, (server.share.cpu_seconds(), stage.database_share.cpu_seconds()), strict=True)]
    rows = asyncio.run(_fetched(stage, work.service, _COUNTED, seen.count // 2, work.service))
    each = [(_short(row["query"]), row["calls"] / seen.count, row["planned"] / row["calls"],
             row["executed"] / row["calls"]) for row in rows]
    for text, calls, planned, executed in each:
        report.line(f"anatomy-{work.name}", f"{server.name}: statement", text=text, calls=round(calls, 2),
                    plan_us=round(planned), execute_us=round(executed))
    own = [(text, round(calls)) for text, calls, _, _ in each if not text.startswith(_BESIDE)]
    values = (
        sum(calls for _, calls in own),
        sum(calls for text, calls in own if not text.startswith(_ON_BEGIN)),
        sum(calls for text, calls in own if text.startswith("COMMIT")),
        sum(calls for text, calls, _, _ in each if text.startswith(_BESIDE)),
        *(seconds / seen.count * 1e6 for seconds in burnt),
        *(sum(row[at] * row[1] for row in each) for at in (2, 3)), seen.p50_ms * 1000)
    for (what, unit), value in zip(PARTS, values, strict=True):
        report.figure(f"anatomy-{work.name}", f"{server.name}: {what}", Spread([value]), unit)
    progress(f"{work.name}, {server.name}: {values[1]} trips, {seen.p50_ms:.2f} ms")
    cells = " | ".join(f"{round(value, 1 if value < 1 else None):,}" for value in values)
    return f"| {work.name}, {server.name} | {cells} |"


def _floor(stage: Stage, report: Report, server: Server, seconds: int) -> None:
    """What the HTTP server and the framework cost a request that is refused at the door."""
    nothing = (http("POST", "/billing/v1/payments", "none", b"{}") for _ in range(2000))
    before = server.share.cpu_seconds()
    seen = _run(stage, server, nothing, seconds)
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


async def _ready(stage: Stage, customers: int) -> Company:
    company = await founded(stage.admin_url("billing"), customers=customers, series=1)
    await owe(company, company.customers, ITEMS, MINOR)
    await company.connection.close()
    await _counted_on(stage, "billing")
    return company


async def _counted_on(stage: Stage, service: str) -> None:
    connection = await asyncpg.connect(stage.admin_url(service))
    for statement in _COUNTING:
        await connection.execute(statement.format(service))
    await settled_down(connection)
    await connection.close()


async def _reset(stage: Stage, work: Work) -> None:
    connection = await asyncpg.connect(stage.admin_url(work.service))
    if work.vacuumed:
        await settled_down(connection)
    await connection.execute("SELECT pg_stat_statements_reset()")
    await connection.close()


async def _fetched(stage: Stage, service: str, text: str, *values: Any) -> list[Any]:
    connection = await asyncpg.connect(stage.admin_url(service))
    rows = list(await connection.fetch(text, *values))
    await connection.close()
    return rows
