"""Daily after the run of the ladder: open and close cases by rule, some hundred customers a transaction."""

from collections.abc import Sequence
from functools import partial
from uuid import UUID

from dunlin_kit import jobs
from dunlin_kit.database import Database
from dunlin_kit.jobs import Job
from dunlin_kit.transaction import Transaction
from notify_svc import usecases
from notify_svc.store import items
from notify_svc.usecases.run_ladder import REVIEW_CASES

KIND = REVIEW_CASES
PAGE = 200


async def run(database: Database, job: Job) -> None:
    """Begun again after an interruption it opens nothing twice."""

    async def find(tx: Transaction) -> list[UUID]:
        return await items.overdue_or_in_a_case(tx, (await jobs.moment_of(tx, job)).today)

    found = await database.read(job.tenant, find)
    for at in range(0, len(found), PAGE):
        await database.transact(job.tenant, partial(_page, job=job, page=found[at : at + PAGE]))

    async def end(tx: Transaction) -> None:
        jobs.finish(tx, job)

    await database.transact(job.tenant, end)


async def _page(tx: Transaction, *, job: Job, page: Sequence[UUID]) -> None:
    await usecases.review_cases(tx, await jobs.moment_of(tx, job), page)
