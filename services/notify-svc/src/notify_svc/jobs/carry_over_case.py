"""After a customer was merged: the work on it goes on at the one that goes on."""

from uuid import UUID

from dunlin_kit import jobs
from dunlin_kit.database import Database
from dunlin_kit.jobs import Job
from dunlin_kit.transaction import Transaction
from notify_svc import usecases
from notify_svc.usecases.carry_over_case import CARRY_OVER_CASE

KIND = CARRY_OVER_CASE


async def run(database: Database, job: Job) -> None:
    """The key of the job is the customer that was merged."""

    async def work(tx: Transaction) -> None:
        moment = await jobs.moment_of(tx, job)
        await usecases.carry_over_case(tx, UUID(job.key), UUID(job.payload["into_id"]), moment)
        jobs.finish(tx, job)

    await database.transact(job.tenant, work)
