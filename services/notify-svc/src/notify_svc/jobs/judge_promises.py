"""At the turn of the day, and whenever money comes or goes back: judge a customer's promises."""

from uuid import UUID

from dunlin_kit import jobs
from dunlin_kit.database import Database
from dunlin_kit.jobs import Job
from dunlin_kit.transaction import Transaction
from notify_svc import usecases
from notify_svc.usecases.judge_promises import JUDGE_PROMISES

KIND = JUDGE_PROMISES


async def run(database: Database, job: Job) -> None:
    """One customer; running ones are judged at a turn of the day only."""

    async def work(tx: Transaction) -> None:
        moment = await jobs.moment_of(tx, job)
        await usecases.judge_promises(
            tx, UUID(job.payload["customer_id"]), moment, running=bool(job.payload["running"]))
        jobs.finish(tx, job)

    await database.transact(job.tenant, work)
