"""A customer's credit is to be looked at again."""

from credit_svc.usecases import plan_reviews_now
from credit_svc.usecases import review_credit as usecase
from dunlin_kit.database import Database
from dunlin_kit.jobs import Job
from dunlin_kit.transaction import Transaction

KIND = plan_reviews_now.KIND


async def run(database: Database, job: Job) -> None:
    """Look at it in one transaction with the end of the job."""

    async def work(tx: Transaction) -> None:
        await usecase.review_credit(tx, job)

    await database.transact(job.tenant, work)
