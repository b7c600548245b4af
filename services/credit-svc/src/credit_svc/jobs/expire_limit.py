"""A limit has ended at the turn of the tenant's day."""

from credit_svc.usecases import expire_limit as usecase
from dunlin_kit.database import Database
from dunlin_kit.jobs import Job
from dunlin_kit.transaction import Transaction

KIND = usecase.KIND


async def run(database: Database, job: Job) -> None:
    """Tell it in one transaction with the end of the job."""

    async def work(tx: Transaction) -> None:
        await usecase.expire_limit(tx, job)

    await database.transact(job.tenant, work)
