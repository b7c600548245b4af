"""The end of a pending payment that nobody confirmed in time."""

from uuid import UUID

from billing_svc.usecases.expire_payment import expire_payment as expire
from dunlin_kit.database import Database
from dunlin_kit.jobs import Job, finish, moment_of
from dunlin_kit.transaction import Transaction


async def expire_payment(database: Database, job: Job) -> None:
    """The key of the job is the payment."""

    async def work(tx: Transaction) -> None:
        await expire(tx, UUID(job.key), await moment_of(tx, job))
        finish(tx, job)

    await database.transact(job.tenant, work)
