"""Ageing by customer through the API, beside the plain query written by hand, as of today and as of a past day."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from functools import partial
from typing import Any

import asyncpg
import httpx
from bench.company import Company, founded, owe, settled_down, today
from bench.report import Report, Spread, progress
from bench.stage import Stage

CUSTOMERS = 2_000
AIMS = {10_000: "< 20", 100_000: "< 60"}
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


def ageing(stage: Stage, report: Report, *, quick: bool) -> None:
    """Milliseconds for the first page of 50 customers with its totals, the two in turn."""
    asyncio.run(_aged(stage, report, 4 if quick else 15))


async def _aged(stage: Stage, report: Report, times: int) -> None:
    company = await founded(stage.admin_url("billing"), customers=CUSTOMERS, series=1)
    server, had = stage.api("billing"), 0
    by_hand = await asyncpg.connect(stage.databases.url("billing", "app"))
    headers = {"Authorization": f"Bearer {stage.token(company.tenant)}"}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.ports[0]}", headers=headers, timeout=60) as client:
        for items, aim in AIMS.items():
            await owe(company, company.customers, (items - had) // CUSTOMERS, 100_00)
            had = items
            await settled_down(company.connection)
            for name, day in (("today", None), ("30 days ago", today() - timedelta(days=30))):
                ours, theirs = await _in_turn(
                    partial(_asked, client, day), partial(_plain, by_hand, company, day), times)
                wanted = aim if day is None else "< 1000 at 1,000,000"
                report.figure("ageing", f"{items} items, as of {name}", ours, "ms", wanted)
                report.figure("ageing", f"{items} items, as of {name}: the plain query", theirs, "ms")
                progress(f"{items} items, as of {name}: {ours.median:.0f} ms, plain query {theirs.median:.0f} ms")
    await by_hand.close()
    await company.connection.close()


Asking = Callable[[], Awaitable[Any]]


async def _in_turn(ours: Asking, theirs: Asking, times: int) -> tuple[Spread, Spread]:
    taken: tuple[list[float], list[float]] = ([], [])
    for number in range(times + 2):
        for asking, seen in zip((ours, theirs), taken, strict=True):
            began = time.perf_counter()
            await asking()
            if number >= 2:
                seen.append((time.perf_counter() - began) * 1000)
    return Spread(taken[0]), Spread(taken[1])


async def _asked(client: httpx.AsyncClient, day: date | None) -> None:
    answer = await client.get("/billing/v1/ageing", params={"as_of": day.isoformat()} if day else {})
    if answer.status_code != 200 or len(answer.json()["data"]) != 50:
        raise RuntimeError(f"{answer.status_code}: {answer.text[:500]}")


async def _plain(connection: "asyncpg.Connection", company: Company, day: date | None) -> str:
    """One statement under the tenant's policy, and its rows as JSON."""
    async with connection.transaction():
        await connection.execute(f"SET LOCAL dunlin.tenant = '{company.tenant}'")
        rows = await connection.fetch(PAST if day else PRESENT, day or today())
    return json.dumps([dict(row) for row in rows], default=str)
