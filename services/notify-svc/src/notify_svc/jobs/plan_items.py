"""After a new policy: plan every item that owes something anew, slice by slice."""

from functools import partial
from uuid import UUID

from dunlin_kernel.ids import NIL
from dunlin_kit import jobs
from dunlin_kit.database import Database
from dunlin_kit.jobs import Job
from dunlin_kit.pace import Pace
from dunlin_kit.transaction import Transaction
from notify_svc import usecases
from notify_svc.usecases.set_ladder import PLAN_ITEMS

KIND = PLAN_ITEMS
ITEMS = 500
"""The most of a slice."""


async def run(database: Database, job: Job) -> None:
    """A slice a transaction; begun again after an interruption it changes nothing twice."""
    after: UUID | None = NIL
    pace = Pace(ITEMS)
    while after is not None:
        after = await pace.take(database, job.tenant, partial(_slice, job=job, after=after))


async def _slice(tx: Transaction, most: int, *, job: Job, after: UUID) -> UUID | None:
    await jobs.moment_of(tx, job)
    last = await usecases.plan_items(tx, after=after, most=most)
    if last is None:
        jobs.finish(tx, job)
    return last
