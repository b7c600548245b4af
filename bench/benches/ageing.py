"""Ageing by customer through the API, beside the plain query written by hand: as of today, as of a past day, and as
known at a past time; and the same past day with ten times as much settled before it. `--growth`: that at 1,000,000 open
items as well, with so many times what is settled."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

import asyncpg
import httpx
from bench.company import Company, founded, settled_down, today
from bench.history import Past, aged, lived
from bench.report import Aim, Report, Spread, progress, under
from bench.stage import Server, Stage

SIZES = {10_000: (2_000, 20), 100_000: (5_000, 60), 1_000_000: (20_000, 100)}
"""Open items: of how many customers, and the milliseconds aimed at for today."""
SETTLED = 2.25
"""Settled items for each open one: with them an item has nine or ten ledger entries behind it."""
BACK, KNOWN = timedelta(days=30), timedelta(days=20)
FLAT = 1.25
"""Ten times as much that was settled before may cost so many times as much: what is read of it is noise."""
_BUCKETS = """count(*) AS items, sum(open) AS open, sum(open) FILTER (WHERE due_on >= $1) AS not_due,
  sum(open) FILTER (WHERE $1 - due_on BETWEEN 1 AND 30) AS d30, sum(open) FILTER (WHERE $1 - due_on BETWEEN 31 AND 60)
  AS d60, sum(open) FILTER (WHERE $1 - due_on BETWEEN 61 AND 90) AS d90, sum(open) FILTER (WHERE $1 - due_on > 90)
  AS older, sum(open) FILTER (WHERE due_on < $1) AS overdue"""
_ORDERED = "GROUP BY customer_id, currency ORDER BY overdue DESC NULLS LAST, customer_id LIMIT 50"
PRESENT = f"SELECT customer_id, currency, {_BUCKETS} FROM item WHERE open > 0 {_ORDERED}"
PAST = f"""SELECT customer_id, currency, {_BUCKETS} FROM (
  SELECT i.customer_id, i.currency, i.due_on, sum(e.amount) AS open FROM ledger_entry e JOIN item i ON i.id = e.item_id
  WHERE e.effective_on <= $1 GROUP BY i.id, i.customer_id, i.currency, i.due_on HAVING sum(e.amount) > 0) open_then
  {_ORDERED}"""
Asking = Callable[[], Awaitable[Any]]


def ageing(stage: Stage, report: Report, *, quick: bool, growth: int = 1) -> None:
    """Milliseconds for the first page of 50 customers with its totals, ours and the plain query in turn."""
    server = stage.api("billing")
    if not quick:
        asyncio.run(_growing(stage, server, report, Growing(10_000, 2_000, (5, 50), 15)))
    if growth > 1:
        many = (10_000, 2_000) if quick else (1_000_000, 20_000)
        asyncio.run(_growing(stage, server, report, Growing(*many, (5, 5 * growth), 3 if quick else 7)))
    for items, (customers, aim) in SIZES.items():
        if items == min(SIZES) or not quick:
            figures = _Figures(report, f"{items:,} open items", under(aim), 3 if quick else 15 if items < 10**6 else 9)
            asyncio.run(_size(stage, server, figures, Past(items // customers, round(items // customers * SETTLED)),
                              customers))


class Growing(NamedTuple):
    """So many open items of so many customers, twice: with fewer and with more settled items behind each customer."""

    items: int
    customers: int
    settled: tuple[int, int]
    times: int


async def _growing(stage: Stage, server: Server, report: Report, growing: Growing) -> None:
    """The same open items, and many times as many that were settled before the day that is asked for."""
    each = growing.items // growing.customers
    companies = [await _made(stage, growing.customers, Past(each, settled, quiet_days=BACK.days + 1))
                 for settled in growing.settled]
    clients = [_client(stage, server, company) for company in companies]
    seen = await _in_turn(
        [partial(_asked, client, {"as_of": str(today() - BACK)}) for client in clients], growing.times)
    what, less = f"{growing.items:,} open items as of 30 days ago", growing.settled[0]
    for settled, one in zip(growing.settled, seen, strict=True):
        report.figure("ageing", f"{what}, {settled * growing.customers:,} settled before that", one, "ms")
    report.figure("ageing", f"{what}, {growing.settled[1] // less} times as much settled: times the milliseconds",
                  Spread([b / a for a, b in zip(*(one.values for one in seen), strict=True)]), "x", under(FLAT))
    for company, client in zip(companies, clients, strict=True):
        await client.aclose()
        await company.connection.close()


async def _made(stage: Stage, customers: int, past: Past) -> Company:
    began = time.perf_counter()
    company = await founded(stage.admin_url("billing"), customers=customers, series=1)
    await lived(company, company.customers, past)
    await settled_down(company.connection)
    slices = await aged(stage, company)
    progress(f"{customers * past.open_items} items of {customers} accounts aged in {sum(slices):.1f} s, "
             f"the longest slice {max(slices) * 1000:.0f} ms")
    await company.connection.execute("VACUUM ANALYZE account")
    progress(f"there after {time.perf_counter() - began:.0f} s")
    return company


class _Figures:
    """Where the figures of one size go."""

    def __init__(self, report: Report, size: str, aim: Aim, times: int) -> None:
        self._report, self._size, self.aim, self.times = report, size, aim, times

    def told(self, what: str, seen: Spread, aim: Aim | None = None, limit: Spread | None = None) -> None:
        self._report.figure("ageing", f"{self._size}, {what}", seen.beside(limit), "ms", aim)
        progress(f"{self._size}, {what}: {seen.median:.0f} ms")


async def _size(stage: Stage, server: Server, figures: _Figures, past: Past, customers: int) -> None:
    company = await _made(stage, customers, past)
    entries = await company.connection.fetchval(
        "SELECT count(*) FROM ledger_entry WHERE tenant_id = $1", company.tenant)
    by_hand = await asyncpg.connect(stage.databases.url("billing", "app"))
    day = today() - BACK
    known = datetime.now(UTC) - KNOWN
    async with _client(stage, server, company) as client:
        ours, theirs = await _in_turn([partial(_asked, client, {}), partial(_plain, by_hand, company, None)],
                                      figures.times)
        figures.told(f"{customers:,} customers, as of today", ours, figures.aim, theirs)
        back, then = await _in_turn(
            [partial(_asked, client, {"as_of": str(day)}),
             partial(_asked, client, {"as_of": str(day), "known_at": known.isoformat()})], min(figures.times, 7))
        plain = await _in_turn([partial(_plain, by_hand, company, day)], 1, warm_up=0)
        figures.told(f"{entries:,} entries, as of 30 days ago", back, under(1000), plain[0])
        figures.told("as of 30 days ago, as known 20 days ago", then, under(1000))
    await by_hand.close()
    await company.connection.close()


def _client(stage: Stage, server: Server, company: Company) -> httpx.AsyncClient:
    # A server closes what was idle for 5 s, which is also when the client would: so it lets go of it before.
    return httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.ports[0]}", timeout=60,
                             limits=httpx.Limits(keepalive_expiry=2),
                             headers={"Authorization": f"Bearer {stage.token(company.tenant)}"})


async def _in_turn(asked: list[Asking], times: int, *, warm_up: int = 2) -> list[Spread]:
    """Milliseconds of each, the first rounds left out."""
    taken: list[list[float]] = [[] for _ in asked]
    for number in range(times + warm_up):
        for asking, seen in zip(asked, taken, strict=True):
            began = time.perf_counter()
            await asking()
            if number >= warm_up:
                seen.append((time.perf_counter() - began) * 1000)
    return [Spread(seen) for seen in taken]


async def _asked(client: httpx.AsyncClient, query: dict[str, str]) -> None:
    answer = await client.get("/billing/v1/ageing", params=query)
    if answer.status_code != 200 or len(answer.json()["data"]) != 50:
        raise RuntimeError(f"{answer.status_code}: {answer.text[:500]}")


async def _plain(connection: "asyncpg.Connection", company: Company, day: date | None) -> str:
    """One statement under the tenant's policy, and its rows as JSON."""
    async with connection.transaction():
        await connection.execute(f"SET LOCAL dunlin.tenant = '{company.tenant}'")
        rows = await connection.fetch(PAST if day else PRESENT, day or today())
    return json.dumps([dict(row) for row in rows], default=str)
