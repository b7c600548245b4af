"""The day's turn of ratings: whoever is not rated by the policy in force is, one customer after the other."""

from functools import partial
from uuid import UUID

from credit_svc.domain.review import RatingCause
from credit_svc.store import rating_policies, ratings
from credit_svc.usecases import plan_rating_day as planning
from credit_svc.usecases.review_credit import reviewing
from dunlin_kit.database import Database
from dunlin_kit.jobs import Job, finish, moment_of
from dunlin_kit.transaction import Transaction

KIND = planning.KIND
SLICE = 200


async def run(database: Database, job: Job) -> None:
    """Each customer commits by itself; a run that was stopped begins anew and finds those that are left."""

    async def some(tx: Transaction, after: UUID | None) -> list[UUID]:
        policy = await rating_policies.in_force(tx)
        if not policy.reviews:
            return []
        return list(await ratings.to_rate(tx, after=after, version=policy.version, most=SLICE))

    async def one(tx: Transaction, customer_id: UUID) -> None:
        await reviewing(tx, customer_id, await moment_of(tx, job), RatingCause.POLICY)

    async def end(tx: Transaction) -> None:
        tenant = await moment_of(tx, job)
        if (await rating_policies.in_force(tx)).reviews:
            planning.plan_rating_day(tx, tenant.zone, tenant.today)
        finish(tx, job)

    last: UUID | None = None
    while found := await database.transact(job.tenant, partial(some, after=last)):
        for customer_id in found:
            await database.transact(job.tenant, partial(one, customer_id=customer_id))
        last = found[-1]
    await database.transact(job.tenant, end)
