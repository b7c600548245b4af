"""An import of customers: slices of rows, each a transaction; a run that was stopped goes on with what is left."""

from uuid import UUID

from customer_svc.usecases.take_import_slice import end_customer_import, take_import_slice
from dunlin_kit.database import Database
from dunlin_kit.jobs import Job, finish
from dunlin_kit.operations import OperationRead
from dunlin_kit.transaction import Transaction

SLICE = 100


async def import_customers(database: Database, job: Job) -> None:
    """Who asked for the import stands in the history of the customers."""
    operation_id, started_by = UUID(job.payload["operation_id"]), job.payload["started_by"]

    async def take(tx: Transaction) -> OperationRead:
        tx.actor = started_by
        return await take_import_slice(tx, operation_id, SLICE)

    async def end(tx: Transaction) -> None:
        tx.actor = started_by
        await end_customer_import(tx, operation_id)
        finish(tx, job)

    while (far := await database.transact(job.tenant, take)).done != far.total:
        continue
    await database.transact(job.tenant, end)
