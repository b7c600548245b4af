"""After a new policy: plan every item that owes something anew, page by page."""

from functools import partial
from uuid import UUID

from dunlin_kernel.ids import NIL
from dunlin_kit import jobs
from dunlin_kit.database import Database
from dunlin_kit.jobs import Job
from dunlin_kit.transaction import Transaction
from notify_svc import usecases
from notify_svc.usecases.set_ladder import PLAN_ITEMS

KIND = PLAN_ITEMS


async def run(database: Database, job: Job) -> None:
    """A page a transaction; begun again after an interruption it changes nothing twice."""
    after: UUID | None = NIL
    while after is not None:
        after = await database.transact(job.tenant, partial(_page, job=job, after=after))


async def _page(tx: Transaction, *, job: Job, after: UUID) -> UUID | None:
    await jobs.moment_of(tx, job)
    last = await usecases.plan_items(tx, after=after)
    if last is None:
        jobs.finish(tx, job)
    return last
