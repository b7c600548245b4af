"""The turn of the day: accounts with an item at an edge are aged, and what fell overdue is told of, in slices.

The turn runs here, slice by slice on the clock; a worker of billing-svc relays what it tells, and payments come in at
the API beside it, of customers whose accounts the turn holds. The longest wait for any lock is watched in the database.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from uuid import UUID

from bench.beside import ROUND_SECONDS, Payers, longest_wait, pay, pay_until, report_payments
from bench.company import Company, founded, settled_down, today
from bench.history import Past, aged, lived
from bench.load import Loaded
from bench.report import Report, Spread, progress, under
from bench.stage import Stage

from billing_svc.jobs.turn_day import turn_day
from billing_svc.usecases.plan_day_turn import TURN_DAY
from dunlin_kernel.ids import new_id
from dunlin_kit.database import Database
from dunlin_kit.jobs import Job
from dunlin_kit.transaction import Transaction

T = TypeVar("T")
ITEMS, CUSTOMERS, FALLING = 1_000_000, 20_000, 30_000
PAYMENTS_A_SECOND = 20
_YESTERDAY = """
UPDATE account SET turns_on = current_date - 1000, aged_on = aged_on - 1 WHERE tenant_id = $1 AND customer_id IN (
  SELECT customer_id FROM item WHERE tenant_id = $1 AND open > 0 AND $2::date - due_on = ANY('{1,31,61,91}'))"""
_FALLING = """
UPDATE item SET overdue_told_version = 0 WHERE (tenant_id, id) IN (
  SELECT tenant_id, id FROM item WHERE tenant_id = $1 AND open > 0 AND due_on < $2 ORDER BY due_on DESC LIMIT $3)"""
_AT_AN_EDGE = """
SELECT customer_id FROM account WHERE tenant_id = $1 AND turns_on = current_date - 1000
ORDER BY customer_id LIMIT 200"""
_TOLD = "UPDATE item SET overdue_told_version = due_version WHERE tenant_id = $1 AND overdue_told_version < due_version"
_JOB = """
INSERT INTO job (tenant_id, job_id, kind, key, due_at, payload, attempts, lease_until)
VALUES ($1, $2, $3, $4, now(), '{}', 1, now() + interval '1 hour')"""
_SAID = "SELECT count(*) FROM outbox_event WHERE type LIKE '%InvoiceOverdue%' AND stream LIKE $1::text || ':%'"


class Timed(Database):
    """A database that knows how long each transaction took: no lock was held for longer."""

    slices: list[float]

    async def transact(
        self, tenant: UUID, work: Callable[[Transaction], Awaitable[T]], *, keep: bool = True,
    ) -> T:
        began = time.perf_counter()
        try:
            return await super().transact(tenant, work, keep=keep)
        finally:
            self.slices.append(time.perf_counter() - began)


def day_turn(stage: Stage, report: Report, *, quick: bool, growth: int = 1) -> None:
    """Seconds for the whole turn, its longest slice, and what payments beside it saw.

    With growth so many times as much that was settled before.
    """
    items, customers, falling = (10_000, 2_000, 300) if quick else (ITEMS, CUSTOMERS, FALLING)
    each = items // customers
    seen, paid = asyncio.run(_turned(stage, report, customers, Past(each, max(1, each * growth // 10)), falling))
    what = f"{items:,} open items of {customers:,} customers, {falling:,} fall overdue"
    report.figure("day_turn", what, Spread([seen["seconds"]]), "s", under(10))
    report.figure("day_turn", "its longest slice", Spread([seen["longest"] * 1000]), "ms", under(100))
    report.figure("day_turn", "longest wait for a lock meanwhile", Spread([seen["waited"] * 1000]), "ms", under(100))
    report_payments(report, "day_turn", paid)


async def _turned(
    stage: Stage, report: Report, customers: int, past: Past, falling: int,
) -> tuple[dict[str, float], dict[str, list[Loaded]]]:
    company = await founded(stage.admin_url("billing"), customers=customers, series=1)
    await lived(company, company.customers, past)
    await settled_down(company.connection)
    await aged(stage, company)
    turning = await company.connection.execute(_YESTERDAY, company.tenant, today())
    await company.connection.execute(_TOLD, company.tenant)
    await company.connection.execute(_FALLING, company.tenant, today(), falling)
    await settled_down(company.connection)
    report.line("day_turn", "setting", customers=customers, items_each=past.open_items, settled_each=past.settled_items,
                accounts_at_an_edge=turning.split()[-1], falling=falling, payments_beside_a_second=PAYMENTS_A_SECOND)
    billing = stage.api("billing")
    stage.worker("billing")
    edge = [row["customer_id"] for row in await company.connection.fetch(_AT_AN_EDGE, company.tenant)]
    payers, done = Payers(company.tenant, edge, PAYMENTS_A_SECOND), asyncio.Event()
    alone = await asyncio.to_thread(pay, stage, billing, payers, ROUND_SECONDS)
    watching = asyncio.create_task(longest_wait(stage, "billing"))
    beside = asyncio.create_task(pay_until(stage, billing, payers, done))
    await asyncio.sleep(0.5)
    seconds, slices = await _turn(stage, company)
    done.set()
    paid = {"alone": [alone], "beside": await beside}
    watching.cancel()
    told = await company.connection.fetchval(_SAID, str(company.tenant))
    if told < falling * 0.98:
        raise RuntimeError(f"{told} of {falling} were told of")
    progress(f"{len(slices)} slices, {told} told of in {seconds:.1f} s")
    await company.connection.close()
    return {"seconds": seconds, "longest": max(slices), "waited": await watching}, paid


async def _turn(stage: Stage, company: Company) -> tuple[float, list[float]]:
    """The job as its worker has it."""
    job = Job(company.tenant, new_id(), TURN_DAY, f"{today()}", datetime.now(UTC) - timedelta(seconds=1), {}, 1)
    await company.connection.execute(_JOB, job.tenant, job.id, job.kind, job.key)
    database = Timed(stage.databases.url("billing", "app"), source="/dunlin/billing", pool_size=1)
    database.slices = []
    began = time.perf_counter()
    await turn_day(database, job)
    seconds = time.perf_counter() - began
    await database.close()
    return seconds, database.slices
