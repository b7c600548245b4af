"""A run of interest, in slices that commit by themselves, then what is left to accrue; a run that was stopped goes on
with what is left."""

from uuid import UUID

from billing_svc.usecases.accrue_interest import accrue_interest
from billing_svc.usecases.charge_interest import charge_interest as charge_slice
from dunlin_kit.database import Database
from dunlin_kit.jobs import Job, finish, moment_of
from dunlin_kit.pace import Pace
from dunlin_kit.transaction import Transaction

ITEMS, ACCOUNTS = 50, 200
"""The most items that are charged, and accounts whose rest is told, in one transaction."""


async def charge_interest(database: Database, job: Job) -> None:
    """Postings wait for a slice at most."""
    run_id = UUID(job.payload["run_id"])

    async def work(tx: Transaction, most: int) -> bool:
        await moment_of(tx, job)
        return await charge_slice(tx, run_id, most)

    async def accrue(tx: Transaction, most: int) -> bool:
        more = await accrue_interest(tx, (await moment_of(tx, job)).today, most)
        if not more:
            finish(tx, job)
        return more

    charging, accruing = Pace(ITEMS), Pace(ACCOUNTS)
    while not await charging.take(database, job.tenant, work):
        continue
    while await accruing.take(database, job.tenant, accrue):
        continue
