"""The turn of the tenant's day: arrangements are judged, then what fell overdue is told of, in slices; then the next
turn is planned."""

from billing_svc.usecases.judge_arrangements import judge_arrangements
from billing_svc.usecases.plan_day_turn import plan_day_turn
from billing_svc.usecases.tell_overdue import tell_overdue
from dunlin_kit.database import Database
from dunlin_kit.jobs import Job, finish, moment_of
from dunlin_kit.transaction import Transaction


async def turn_day(database: Database, job: Job) -> None:
    """Each slice commits by itself; a run that was stopped goes on with what is left."""

    async def work(tx: Transaction) -> bool:
        tenant = await moment_of(tx, job)
        more = await judge_arrangements(tx, tenant.today) or await tell_overdue(tx, tenant.today)
        if not more:
            plan_day_turn(tx, tenant.zone, tenant.today)
            finish(tx, job)
        return more

    while await database.transact(job.tenant, work):
        continue
