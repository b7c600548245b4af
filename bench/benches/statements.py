"""A run of statements over many customers with long pasts, some with very long ones, and payments of all beside it.

Counted from the request to the end of the operation, with a worker that also relays what is told. The longest wait for
any lock is watched in the database, and that of a posting for the posting barrier apart: payments of one customer also
wait for each other.
"""

import asyncio
import time
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

import httpx
from bench.beside import BARRIER, ROUND_SECONDS, Payers, longest_wait, pay, pay_until, report_payments
from bench.company import Company, founded, settled_down, today
from bench.history import Past, lived
from bench.load import Loaded
from bench.processes import Share
from bench.report import Report, Spread, per_request, progress, under
from bench.stage import Server, Stage

from dunlin_local.remote import Remote

CUSTOMERS, QUICK_CUSTOMERS, LARGE = 500, 60, 10
PAST, LARGE_PAST = Past(open_items=10, settled_items=100), Past(open_items=100, settled_items=5_000)
PERIOD_DAYS = 30
PAYMENTS_A_SECOND = 20
LOOK_SECONDS = 0.05


class Run(NamedTuple):
    """What one run took: seconds, core seconds by part, statements, the longest waits for any lock and for the barrier,
    and rounds of payments beside."""

    seconds: float
    burnt: dict[str, float]
    statements: int
    waited: float
    at_barrier: float
    beside: list[Loaded]


def statements(stage: Stage, report: Report, *, quick: bool, growth: int = 1) -> None:
    """Statements a second of one worker. With growth so many times as much that was settled before."""
    customers, rounds = (QUICK_CUSTOMERS, 1) if quick else (CUSTOMERS, 3)
    company = asyncio.run(_owing(stage, customers, growth))
    billing, worker = stage.api("billing"), stage.worker("billing")
    report.line("statements", "setting", customers=customers, open_each=PAST.open_items,
                settled_each=PAST.settled_items * growth, large=LARGE, settled_of_the_large=LARGE_PAST.settled_items *
                growth, days=PERIOD_DAYS, payments_beside_a_second=PAYMENTS_A_SECOND, workers=1)
    payers = Payers(company.tenant, _in_turn(company), PAYMENTS_A_SECOND)
    alone = pay(stage, billing, payers, ROUND_SECONDS)
    shares = {"worker": Share([worker.pid]), "api": billing.share, "database": stage.database_share}
    seen = [asyncio.run(_beside(stage, payers, billing, shares)) for _ in range(rounds)]
    made = seen[-1].statements
    report.figure("statements", f"{made:,} statements", Spread([one.seconds for one in seen]), "s")
    report.figure("statements", "statements a second", Spread([one.statements / one.seconds for one in seen]), "/s")
    report.line("statements", "core microseconds per statement, payments beside included",
                **per_request(seen[-1].burnt, made))
    report.figure("statements", "longest wait for a lock meanwhile", Spread([one.waited * 1000 for one in seen]), "ms",
                  under(100))
    report.figure("statements", "of it of postings, for the barrier", Spread([one.at_barrier * 1000 for one in seen]),
                  "ms", under(100))
    report_payments(report, "statements", {"alone": [alone], "beside": [one for run in seen for one in run.beside]})


async def _owing(stage: Stage, customers: int, growth: int) -> Company:
    company = await founded(stage.admin_url("billing"), customers=customers, series=1)
    for whose, past in ((company.customers[:LARGE], LARGE_PAST), (company.customers[LARGE:], PAST)):
        await lived(company, whose, Past(past.open_items, past.settled_items * growth))
    await settled_down(company.connection)
    await company.connection.close()
    return company


async def _beside(stage: Stage, payers: Payers, billing: Server, shares: dict[str, Share]) -> Run:
    done = asyncio.Event()
    watching = [asyncio.create_task(longest_wait(stage, "billing", of)) for of in ("", BARRIER)]
    paying = asyncio.create_task(pay_until(stage, billing, payers, done))
    before = {name: share.cpu_seconds() for name, share in shares.items()}
    try:
        seconds, made = await asyncio.get_running_loop().run_in_executor(None, _stated, stage, payers, billing)
    finally:
        done.set()
    burnt = {name: share.cpu_seconds() - before[name] for name, share in shares.items()}
    beside = await paying
    for task in watching:
        task.cancel()
    waited, at_barrier = await asyncio.gather(*watching)
    progress(f"{made} statements in {seconds:.1f} s, longest wait {waited * 1000:.0f} ms")
    return Run(seconds, burnt, made, waited, at_barrier, beside)


def _in_turn(company: Company) -> list[UUID]:
    """The customers with the longest pasts pay as often as all others together."""
    return [one for n, other in enumerate(company.customers[LARGE:]) for one in (company.customers[n % LARGE], other)]


def _stated(stage: Stage, payers: Payers, billing: Server) -> tuple[float, int]:
    """Seconds of the run, and how many statements it made; raises where it did not state all."""
    token = stage.issuer.token("items:write", "operations:read", tenant=payers.tenant)
    url, headers = f"http://127.0.0.1:{billing.ports[-1]}", {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=url, headers=headers, timeout=60) as client:
        remote, began = Remote(client), time.perf_counter()
        operation = remote.post("/billing/v1/statement-runs", {
            "period_from": str(today() - timedelta(days=PERIOD_DAYS)), "period_to": str(today())})
        while operation["status"] == "running":
            time.sleep(LOOK_SECONDS)
            operation = remote.get(f"/billing/v1/operations/{operation['id']}")
        seconds = time.perf_counter() - began
    if operation["status"] != "succeeded" or operation["result"]["statements"] < len(set(payers.customers)):
        raise RuntimeError(f"not all was stated: {operation}")
    return seconds, operation["result"]["statements"]
