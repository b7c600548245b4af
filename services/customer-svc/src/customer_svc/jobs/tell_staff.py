"""Once after an upgrade: all staff are told of again."""

from customer_svc.usecases.tell_staff import tell_staff as tell
from dunlin_kit.database import Database
from dunlin_kit.jobs import Job, finish, moment_of
from dunlin_kit.transaction import Transaction


async def tell_staff(database: Database, job: Job) -> None:
    """In one transaction: they are some tens."""

    async def told(tx: Transaction) -> None:
        await tell(tx, await moment_of(tx, job))
        finish(tx, job)

    await database.transact(job.tenant, told)
