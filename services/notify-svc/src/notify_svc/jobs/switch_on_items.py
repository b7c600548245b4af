"""Switch on the ladders that an operation asked for, page by page, with its progress."""

from functools import partial
from uuid import UUID

from dunlin_kit import jobs, operations
from dunlin_kit.database import Database
from dunlin_kit.jobs import Job
from dunlin_kit.transaction import Transaction
from notify_svc import usecases
from notify_svc.store import items
from notify_svc.usecases.switch_on_ladder import SWITCH_ON_ITEMS

KIND = SWITCH_ON_ITEMS


async def run(database: Database, job: Job) -> None:
    """A page a transaction; begun again after an interruption it goes on with what is still off."""
    while await database.transact(job.tenant, partial(_page, job=job)):
        pass


async def _page(tx: Transaction, *, job: Job) -> bool:
    """Whether there may be another page."""
    operation_id, total = UUID(job.payload["operation_id"]), int(job.payload["total"])
    named = job.payload["customer_id"]
    customer_id = UUID(named) if named else None
    moment = await jobs.moment_of(tx, job)
    left = await items.switched_off_count(tx, customer_id)
    switched = await usecases.switch_on_items(tx, customer_id=customer_id, today=moment.today)
    done = max(0, total - left) + switched
    if switched:
        operations.progress(tx, operation_id, done, max(total, done))
    else:
        operations.succeed(tx, operation_id, done, {"switched_on": done})
        jobs.finish(tx, job)
    return switched > 0
