"""The turn of the tenant's day, in slices: accounts are aged, arrangements are judged, what fell overdue is told of
and what interest has accrued; on Mondays the forecast is kept; then the next turn is planned."""

from collections.abc import Awaitable, Callable

from billing_svc.jobs.keep_forecast import keep_monday
from billing_svc.jobs.reckon_interest import note_moved, tell_accrued
from billing_svc.usecases.age_accounts import age_accounts
from billing_svc.usecases.judge_arrangements import judge_arrangements
from billing_svc.usecases.plan_day_turn import plan_day_turn
from billing_svc.usecases.tell_overdue import tell_overdue
from dunlin_kit.database import Database
from dunlin_kit.jobs import Job, finish, moment_of
from dunlin_kit.pace import Pace
from dunlin_kit.transaction import Transaction

Slice = Callable[[Transaction, int], Awaitable[bool]]
ACCOUNTS, ARRANGEMENTS, ITEMS = 200, 100, 200
"""The most of each that a slice takes."""


async def turn_day(database: Database, job: Job) -> None:
    """Each slice commits by itself, so that nobody waits for the next; a run that was stopped goes on with what is
    left."""

    async def judge(tx: Transaction, most: int) -> bool:
        return await judge_arrangements(tx, (await moment_of(tx, job)).today, most)

    async def tell(tx: Transaction, most: int) -> bool:
        return await tell_overdue(tx, (await moment_of(tx, job)).today, most)

    async def end(tx: Transaction) -> None:
        tenant = await moment_of(tx, job)
        plan_day_turn(tx, tenant.zone, tenant.today)
        finish(tx, job)

    slices: tuple[tuple[Slice, int], ...] = ((age_accounts, ACCOUNTS), (judge, ARRANGEMENTS), (tell, ITEMS))
    for one, most in slices:
        pace = Pace(most)
        while await pace.take(database, job.tenant, one):
            continue
    await note_moved(database, job)
    await tell_accrued(database, job)
    await keep_monday(database, job)
    await database.transact(job.tenant, end)
