"""After a customer came into another segment: plan its items by the ladder that it climbs now."""

from uuid import UUID

from dunlin_kit import jobs
from dunlin_kit.database import Database
from dunlin_kit.jobs import Job
from dunlin_kit.transaction import Transaction
from notify_svc.usecases.plan_items_of import PLAN_CUSTOMER, plan_items_of

KIND = PLAN_CUSTOMER


async def run(database: Database, job: Job) -> None:
    """One customer, in one transaction."""

    async def work(tx: Transaction) -> None:
        await jobs.moment_of(tx, job)
        await plan_items_of(tx, [UUID(job.payload["customer_id"])])
        jobs.finish(tx, job)

    await database.transact(job.tenant, work)
