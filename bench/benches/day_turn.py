"""The turn of the day: accounts with an item at an edge are aged, and what fell overdue is told of, in slices.

The turn runs here, slice by slice on the clock; a worker of billing-svc relays what it tells, and payments come in at
the API beside it, of customers whose accounts the turn holds. The longest wait for any lock is watched in the database.
The limit, set statements in slices, turns the same day in turn with it, with the same payments beside.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from bench import by_hand_turn
from bench.beside import ROUND_SECONDS, Payers, Timed, longest_wait, pay, pay_until, report_payments
from bench.by_hand_events import connected
from bench.company import Company, founded, settled_down, today
from bench.credit_day import watched
from bench.history import Past, aged, lived
from bench.load import Loaded
from bench.report import Report, Spread, progress, under
from bench.stage import Server, Stage

from billing_svc.jobs.turn_day import turn_day
from billing_svc.usecases.plan_day_turn import TURN_DAY
from dunlin_kernel.ids import new_id
from dunlin_kit.jobs import Job

ITEMS, CUSTOMERS, FALLING = 1_000_000, 20_000, 30_000
PAYMENTS_A_SECOND, ROUNDS = 20, 3
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


@dataclass(frozen=True, slots=True)
class Day:
    """What is there when a day turns, how many items fall overdue, and how often it is turned."""

    customers: int
    past: Past
    falling: int
    rounds: int


class Turned(NamedTuple):
    """Seconds of a turn, of its longest slice and of the longest wait for a lock, and payments beside."""

    seconds: float
    longest: float
    waited: float
    beside: list[Loaded]


def day_turn(stage: Stage, report: Report, *, quick: bool, growth: int = 1) -> None:
    """Seconds for the whole turn, its longest slice, and what payments beside it saw.

    With growth so many times as much that was settled before.
    """
    items, customers, falling = (10_000, 2_000, 300) if quick else (ITEMS, CUSTOMERS, FALLING)
    each = items // customers
    day = Day(customers, Past(each, max(1, each * growth // 10)), falling, 1 if quick else ROUNDS)
    ours, by_hand, alone = asyncio.run(_turned(stage, report, day))
    report.figure("day_turn", f"{items:,} open items of {customers:,} customers, {falling:,} fall overdue",
                  Spread([one.seconds for one in ours]).beside(Spread([one.seconds for one in by_hand])),
                  "s", under(10))
    report.figure("day_turn", "its longest slice",
                  Spread([one.longest * 1000 for one in ours]).beside(Spread([one.longest * 1000 for one in by_hand])),
                  "ms", under(100))
    report.figure("day_turn", "longest wait for a lock meanwhile", Spread([one.waited * 1000 for one in ours]), "ms",
                  under(100))
    report_payments(report, "day_turn", {
        "alone": [alone], "beside": [one for turn in ours for one in turn.beside],
        "beside the limit": [one for turn in by_hand for one in turn.beside]})
    credit = asyncio.run(watched(stage, customers=customers, items=each))
    what = f"credit-svc: {credit.customers:,} customers with something overdue, {credit.held:,} newly held"
    report.figure("day_turn", what, Spread([credit.seconds]), "s")
    report.figure("day_turn", "credit-svc: its longest slice", Spread([credit.longest * 1000]), "ms", under(100))
    report.figure("day_turn", "credit-svc: longest wait for a lock meanwhile", Spread([credit.waited * 1000]), "ms",
                  under(100))
    report.figure("day_turn", "credit-svc: orders beside: p99", Spread([one.p99_ms for one in credit.orders]), "ms")
    progress(f"credit-svc: {credit.slices} slices in {credit.seconds:.1f} s")


async def _turned(stage: Stage, report: Report, day: Day) -> tuple[list[Turned], list[Turned], Loaded]:
    """Ours and the limit's turns of the same day, and payments alone."""
    company = await founded(stage.admin_url("billing"), customers=day.customers, series=1)
    await lived(company, company.customers, day.past)
    await settled_down(company.connection)
    await aged(stage, company)
    await company.connection.execute(_TOLD, company.tenant)
    turning = await _yesterday(company, day.falling)
    report.line("day_turn", "setting", customers=day.customers, items_each=day.past.open_items,
                settled_each=day.past.settled_items, accounts_at_an_edge=turning, falling=day.falling,
                payments_beside_a_second=PAYMENTS_A_SECOND)
    billing = stage.api("billing")
    stage.worker("billing")
    edge = [row["customer_id"] for row in await company.connection.fetch(_AT_AN_EDGE, company.tenant)]
    payers = Payers(company.tenant, edge, PAYMENTS_A_SECOND)
    alone = await asyncio.to_thread(pay, stage, billing, payers, ROUND_SECONDS)
    turns: tuple[list[Turned], list[Turned]] = [], []
    for number in range(2 * day.rounds):
        if number:
            await _yesterday(company, day.falling)
        turning_it = (_turn, _turn_by_hand)[number % 2]
        turns[number % 2].append(await _beside(stage, (company, billing, payers), day.falling, turning_it))
    await company.connection.close()
    return *turns, alone


async def _yesterday(company: Company, falling: int) -> int:
    """Put the day back; how many accounts are at an edge."""
    connection = company.connection
    turning = await connection.execute(_YESTERDAY, company.tenant, today())
    await connection.execute(_FALLING, company.tenant, today(), falling)
    for text in ("VACUUM ANALYZE account", "VACUUM ANALYZE item", "CHECKPOINT"):
        await connection.execute(text)
    return int(turning.split()[-1])


async def _beside(
    stage: Stage, place: tuple[Company, Server, Payers], falling: int,
    turn: Callable[[Stage, Company], Awaitable[tuple[float, list[float]]]],
) -> Turned:
    (company, billing, payers), done = place, asyncio.Event()
    before = await company.connection.fetchval(_SAID, str(company.tenant))
    watching = asyncio.create_task(longest_wait(stage, "billing"))
    paying = asyncio.create_task(pay_until(stage, billing, payers, done))
    await asyncio.sleep(0.5)
    seconds, slices = await turn(stage, company)
    done.set()
    paid = await paying
    watching.cancel()
    told = await company.connection.fetchval(_SAID, str(company.tenant)) - before
    if told < falling * 0.98:
        raise RuntimeError(f"{told} of {falling} were told of")
    progress(f"{turn.__name__}: {len(slices)} slices, {told} told of in {seconds:.1f} s")
    return Turned(seconds, max(slices), await watching, paid)


async def _turn_by_hand(stage: Stage, company: Company) -> tuple[float, list[float]]:
    connection = await connected(stage.databases.url("billing", "app"))
    began = time.perf_counter()
    slices = await by_hand_turn.turned(connection, company.tenant, today())
    seconds = time.perf_counter() - began
    await connection.close()
    return seconds, slices


async def _turn(stage: Stage, company: Company) -> tuple[float, list[float]]:
    """The job as its worker has it."""
    due = datetime.now(UTC) - timedelta(seconds=1)
    job = Job(company.tenant, new_id(), TURN_DAY, f"{today()} {new_id()}", due, {}, 1)
    await company.connection.execute(_JOB, job.tenant, job.id, job.kind, job.key)
    database = Timed(stage.databases.url("billing", "app"), source="/dunlin/billing", pool_size=1)
    began = time.perf_counter()
    await turn_day(database, job)
    seconds = time.perf_counter() - began
    await database.close()
    return seconds, database.slices
