"""The transfer of what stands under a customer that was merged, in slices that commit by themselves.

A run that was stopped goes on with what is left; one for a customer that has not been heard of yet is tried again.
"""

from uuid import UUID

from billing_svc.usecases.transfer_balances import transfer_balances as transfer_slice
from dunlin_kit.database import Database
from dunlin_kit.jobs import Job, finish
from dunlin_kit.pace import Pace
from dunlin_kit.transaction import Transaction

SLICE = 100
"""The most of a slice."""


async def transfer_balances(database: Database, job: Job) -> None:
    """The key of the job is the customer that was merged. Postings wait for a slice at most."""

    async def work(tx: Transaction, most: int) -> bool:
        over = await transfer_slice(tx, UUID(job.key), most)
        if over:
            finish(tx, job)
        return over

    pace = Pace(SLICE)
    while not await pace.take(database, job.tenant, work):
        continue
