"""A run of statements, in slices that commit by themselves; a run that was stopped goes on with what is left."""

from uuid import UUID

from billing_svc.usecases.take_statement_slice import take_statement_slice
from dunlin_kit.database import Database
from dunlin_kit.jobs import Job, finish
from dunlin_kit.pace import Pace
from dunlin_kit.transaction import Transaction

CUSTOMERS = 20
"""The most of a slice."""


async def issue_statements(database: Database, job: Job) -> None:
    """Postings wait for no slice, only for the look that each begins with."""
    run_id, pace = UUID(job.payload["run_id"]), Pace(CUSTOMERS)

    async def work(tx: Transaction, most: int) -> bool:
        over = await take_statement_slice(tx, run_id, most)
        if over:
            finish(tx, job)
        return over

    while not await pace.take(database, job.tenant, work):
        continue
