"""The fee for a reminder that was sent."""

from uuid import UUID

from billing_svc.usecases.charge_reminder_fee import SentReminder
from billing_svc.usecases.charge_reminder_fee import charge_reminder_fee as charge
from dunlin_kit.database import Database
from dunlin_kit.jobs import Job, finish
from dunlin_kit.transaction import Transaction


async def charge_reminder_fee(database: Database, job: Job) -> None:
    """The key of the job is the message: of each there is one job, and it is finished with its charge."""

    async def work(tx: Transaction) -> None:
        items = [UUID(one) for one in job.payload["item_ids"]]
        await charge(tx, SentReminder(UUID(job.key), job.payload["fee_code"], items, job.due_at))
        finish(tx, job)

    await database.transact(job.tenant, work)
