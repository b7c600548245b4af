"""Daily after the run of the ladder: open and close cases by rule, in slices."""

from functools import partial
from uuid import UUID

from dunlin_kit import jobs
from dunlin_kit.database import Database
from dunlin_kit.jobs import Job
from dunlin_kit.pace import Pace
from dunlin_kit.transaction import Transaction
from notify_svc import usecases
from notify_svc.store import items
from notify_svc.usecases.run_ladder import REVIEW_CASES

KIND = REVIEW_CASES
CUSTOMERS = 200
"""The most of a slice."""


async def run(database: Database, job: Job) -> None:
    """Begun again after an interruption it opens nothing twice."""

    async def find(tx: Transaction) -> list[UUID]:
        return await items.overdue_or_in_a_case(tx, (await jobs.moment_of(tx, job)).today)

    async def review(tx: Transaction, most: int, after: int) -> int:
        some = found[after:after + most]
        await usecases.review_cases(tx, await jobs.moment_of(tx, job), some)
        return after + len(some)

    async def end(tx: Transaction) -> None:
        jobs.finish(tx, job)

    found, pace, seen = await database.read(job.tenant, find), Pace(CUSTOMERS), 0
    while seen < len(found):
        seen = await pace.take(database, job.tenant, partial(review, after=seen))
    await database.transact(job.tenant, end)
