"""After a customer was merged: its orders and holds go on at the other one, its limits end."""

from uuid import UUID

from credit_svc.usecases import carry_over_credit as usecase
from dunlin_kit.database import Database
from dunlin_kit.jobs import Job, finish, moment_of
from dunlin_kit.transaction import Transaction

KIND = usecase.CARRY_OVER_CREDIT


async def run(database: Database, job: Job) -> None:
    """The key of the job is the customer that was merged."""

    async def work(tx: Transaction) -> None:
        await usecase.carry_over_credit(tx, UUID(job.key), await moment_of(tx, job))
        finish(tx, job)

    await database.transact(job.tenant, work)
