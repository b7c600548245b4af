"""Once after an upgrade: the buckets of ageing in force are told of."""

from billing_svc.usecases.tell_ageing_policy import tell_ageing_policy as tell
from dunlin_kit.database import Database
from dunlin_kit.jobs import Job, finish
from dunlin_kit.transaction import Transaction


async def tell_ageing_policy(database: Database, job: Job) -> None:
    """In one transaction."""

    async def told(tx: Transaction) -> None:
        await tell(tx)
        finish(tx, job)

    await database.transact(job.tenant, told)
