"""A run of interest, in slices that commit by themselves, then what is left to accrue; a run that was stopped goes on
with what is left."""

from uuid import UUID

from billing_svc.jobs.reckon_interest import note_moved, tell_accrued
from billing_svc.usecases.charge_interest import charge_interest as charge_slice
from dunlin_kit.database import Database
from dunlin_kit.jobs import Job, finish, moment_of
from dunlin_kit.pace import Pace
from dunlin_kit.transaction import Transaction

ITEMS = 50
"""The most items that are charged in one transaction."""


async def charge_interest(database: Database, job: Job) -> None:
    """Postings wait for a slice at most."""
    run_id = UUID(job.payload["run_id"])

    async def work(tx: Transaction, most: int) -> bool:
        await moment_of(tx, job)
        return await charge_slice(tx, run_id, most)

    async def end(tx: Transaction) -> None:
        finish(tx, job)

    pace = Pace(ITEMS)
    await note_moved(database, job)
    while not await pace.take(database, job.tenant, work):
        continue
    await tell_accrued(database, job)
    await database.transact(job.tenant, end)
