"""An authorisation's time is over."""

from credit_svc.usecases import expire_authorization as usecase
from dunlin_kit.database import Database
from dunlin_kit.jobs import Job
from dunlin_kit.transaction import Transaction

KIND = usecase.KIND


async def run(database: Database, job: Job) -> None:
    """Expire it in one transaction with the end of the job."""

    async def work(tx: Transaction) -> None:
        await usecase.expire_authorization(tx, job)

    await database.transact(job.tenant, work)
