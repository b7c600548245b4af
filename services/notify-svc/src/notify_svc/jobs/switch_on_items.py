"""Switch on the ladders that an operation asked for, slice by slice, with its progress."""

from functools import partial
from uuid import UUID

from dunlin_kit import jobs, operations
from dunlin_kit.database import Database
from dunlin_kit.jobs import Job
from dunlin_kit.pace import Pace
from dunlin_kit.transaction import Transaction
from notify_svc import usecases
from notify_svc.store import items
from notify_svc.usecases.switch_on_ladder import SWITCH_ON_ITEMS

KIND = SWITCH_ON_ITEMS
ITEMS = 500
"""The most of a slice."""


async def run(database: Database, job: Job) -> None:
    """A slice a transaction; begun again after an interruption it goes on with what is still off."""
    operation_id, total = UUID(job.payload["operation_id"]), int(job.payload["total"])
    named = job.payload["customer_id"]
    customer_id = UUID(named) if named else None

    async def switch_on(tx: Transaction, most: int, before: int) -> tuple[int, bool]:
        moment = await jobs.moment_of(tx, job)
        switched = await usecases.switch_on_items(tx, customer_id=customer_id, today=moment.today, most=most)
        done = before + switched
        if switched:
            operations.progress(tx, operation_id, done, max(total, done))
        else:
            operations.succeed(tx, operation_id, done, {"switched_on": done})
            jobs.finish(tx, job)
        return done, switched > 0

    left = await database.read(job.tenant, partial(items.switched_off_count, customer_id=customer_id))
    pace, done, more = Pace(ITEMS), max(0, total - left), True
    while more:
        done, more = await pace.take(database, job.tenant, partial(switch_on, before=done))
