"""A run of interest, in slices that commit by themselves, then what is left to accrue; a run that was stopped goes on
with what is left."""

from uuid import UUID

from billing_svc.usecases.accrue_interest import accrue_interest
from billing_svc.usecases.charge_interest import charge_interest as charge_slice
from dunlin_kit.database import Database
from dunlin_kit.jobs import Job, finish, moment_of
from dunlin_kit.transaction import Transaction

SLICE, ACCOUNTS = 50, 200
"""The most items that are charged, and accounts whose rest is told, in one transaction."""


async def charge_interest(database: Database, job: Job) -> None:
    """Postings wait for a slice at most."""
    run_id = UUID(job.payload["run_id"])

    async def work(tx: Transaction) -> bool:
        await moment_of(tx, job)
        return await charge_slice(tx, run_id, SLICE)

    async def accrue(tx: Transaction) -> bool:
        more = await accrue_interest(tx, (await moment_of(tx, job)).today, ACCOUNTS)
        if not more:
            finish(tx, job)
        return more

    while not await database.transact(job.tenant, work):
        continue
    while await database.transact(job.tenant, accrue):
        continue
