"""A run of interest, in slices that commit by themselves; a run that was stopped goes on with what is left."""

from uuid import UUID

from billing_svc.usecases.charge_interest import charge_interest as charge_slice
from dunlin_kit.database import Database
from dunlin_kit.jobs import Job, finish, moment_of
from dunlin_kit.transaction import Transaction

SLICE = 50


async def charge_interest(database: Database, job: Job) -> None:
    """Postings wait for a slice at most."""
    run_id = UUID(job.payload["run_id"])

    async def work(tx: Transaction) -> bool:
        await moment_of(tx, job)
        over = await charge_slice(tx, run_id, SLICE)
        if over:
            finish(tx, job)
        return over

    while not await database.transact(job.tenant, work):
        continue
