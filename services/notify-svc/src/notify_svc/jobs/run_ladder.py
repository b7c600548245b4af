"""Daily at the policy's time: find the customers to be reminded, and plan the next run."""

from dunlin_kit import jobs
from dunlin_kit.database import Database
from dunlin_kit.jobs import Job
from dunlin_kit.transaction import Transaction
from notify_svc import usecases
from notify_svc.usecases.plan_run import RUN_LADDER

KIND = RUN_LADDER


async def run(database: Database, job: Job) -> None:
    """One run; a sandbox's is judged at the time at which it fell due."""

    async def work(tx: Transaction) -> None:
        await usecases.run_ladder(tx, await jobs.moment_of(tx, job))
        jobs.finish(tx, job)

    await database.transact(job.tenant, work)
