"""What a turn of the day and a run of interest have in common: noting what moved, and telling what has accrued."""

from functools import partial

from billing_svc.store.accounts import AccountKey
from billing_svc.usecases.accrue_interest import accrue_interest
from billing_svc.usecases.find_accruing import find_accruing
from billing_svc.usecases.note_interest import note_interest
from dunlin_kit.database import Database
from dunlin_kit.jobs import Job, moment_of
from dunlin_kit.pace import Pace
from dunlin_kit.transaction import Transaction

ACCOUNTS = 200
"""The most accounts of a slice."""


async def note_moved(database: Database, job: Job) -> None:
    """Each slice commits by itself; a run that was stopped goes on with what is left."""
    pace, after = Pace(ACCOUNTS), None
    while (after := await pace.take(database, job.tenant, partial(note_interest, after=after))) is not None:
        continue


async def tell_accrued(database: Database, job: Job) -> None:
    """Accounts are found once, without a lock; a run that was stopped finds those that are left."""

    async def find(tx: Transaction) -> list[AccountKey]:
        return await find_accruing(tx, (await moment_of(tx, job)).today)

    async def accrue(tx: Transaction, most: int, after: int) -> int:
        some = found[after:after + most]
        await accrue_interest(tx, (await moment_of(tx, job)).today, some)
        return after + len(some)

    found, pace, seen = await database.read(job.tenant, find), Pace(ACCOUNTS), 0
    while seen < len(found):
        seen = await pace.take(database, job.tenant, partial(accrue, after=seen))
