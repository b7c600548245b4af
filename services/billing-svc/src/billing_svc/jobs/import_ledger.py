"""Rounds of an import: slices of facts, each a transaction; a slice holds accounts, so that its size goes by how long
the last one took. What refuses a slice is found by making it smaller."""

import asyncio
from contextlib import suppress
from functools import partial
from uuid import UUID

from billing_svc.domain.ledger_import import LedgerImport, LedgerImportStatus
from billing_svc.store import ledger_imports
from billing_svc.usecases.plan_ledger_round import plan_ledger_round
from billing_svc.usecases.refuse_ledger_fact import refuse_ledger_fact
from billing_svc.usecases.take_ledger_slice import take_ledger_slice
from billing_svc.usecases.tell_ledger_wait import tell_ledger_wait
from dunlin_kernel.errors import DomainError, NotReady
from dunlin_kit.database import Database
from dunlin_kit.jobs import Job, finish
from dunlin_kit.pace import Pace
from dunlin_kit.transaction import Transaction

SLICE, LEAST = 250, 50
"""The most and the fewest facts of a slice: some 15 trips to the database, however few they are."""
FACTS_A_ROUND = 10_000
LOOKS, LOOK_SECONDS = 20, 0.1


async def import_ledger(database: Database, job: Job) -> None:
    """Take some slices, then plan the next round. A run that was stopped goes on with what is left.

    Fails, to be tried again with growing waits, while the next fact's customer has not been heard of: the
    import's operation says so.
    """
    import_id, round_ = UUID(job.payload["ledger_import_id"]), job.payload["round"]
    pace, tried = Pace(SLICE, LEAST), 0
    while tried < FACTS_A_ROUND:
        size, after = await _slice(database, job, import_id, pace)
        if after.status is not LedgerImportStatus.RUNNING or after.round != round_:
            break
        tried += size

    async def end(tx: Transaction) -> None:
        held = await ledger_imports.hold(tx, import_id)
        if held.status is LedgerImportStatus.RUNNING and held.round == round_:
            await plan_ledger_round(tx, held)
        finish(tx, job)

    await database.transact(job.tenant, end)
    if after.status is LedgerImportStatus.RUNNING:
        with suppress(NotReady):  # another round does it just now
            await database.transact(job.tenant, ledger_imports.analyse)


async def _slice(database: Database, job: Job, import_id: UUID, pace: Pace) -> tuple[int, LedgerImport]:
    """Take a slice, or of one that is refused the first part that is not; returns of how many facts it was."""
    looks = 0

    async def take(tx: Transaction, most: int) -> tuple[int, LedgerImport]:
        return most, await take_ledger_slice(tx, import_id, most)

    while True:
        try:
            return await pace.take(database, job.tenant, take)
        except NotReady as why:
            looks += 1
            if looks == LOOKS:
                await database.transact(job.tenant, partial(tell_ledger_wait, import_id=import_id, why=why))
                raise
            await asyncio.sleep(LOOK_SECONDS)
        except DomainError as why:
            if pace.size == 1:
                refuse = partial(refuse_ledger_fact, import_id=import_id, why=why)
                return 1, await database.transact(job.tenant, refuse)
            pace.refused()
