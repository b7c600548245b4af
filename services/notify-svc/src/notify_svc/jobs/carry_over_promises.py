"""After items went on at another customer: what was promised of them goes on there too."""

from uuid import UUID

from dunlin_kit import jobs
from dunlin_kit.database import Database
from dunlin_kit.jobs import Job
from dunlin_kit.transaction import Transaction
from notify_svc import usecases
from notify_svc.usecases.plan_carry_over import CARRY_OVER_PROMISES

KIND = CARRY_OVER_PROMISES


async def run(database: Database, job: Job) -> None:
    """One transfer, in one transaction."""

    async def work(tx: Transaction) -> None:
        moment = await jobs.moment_of(tx, job)
        source_id, into_id = UUID(job.payload["source_id"]), UUID(job.payload["into_id"])
        await usecases.carry_over_promises(tx, source_id, into_id, job.payload["currency"], moment)
        jobs.finish(tx, job)

    await database.transact(job.tenant, work)
