"""The turn of the tenant's day as ratings look at it: who is new to the policy, whose time is over, who grew overdue,
who is so no more, and whose rating rests on something that moved."""

from functools import partial
from uuid import UUID

from credit_svc.domain.review import RatingCause
from credit_svc.store import rating_policies, to_review
from credit_svc.usecases import plan_rating_day as planning
from credit_svc.usecases.review_credit import refresh, reviewing
from dunlin_kit.database import Database
from dunlin_kit.jobs import Job, finish, moment_of
from dunlin_kit.transaction import Transaction

KIND = planning.KIND
SLICE = 200
CAUSES = (
    RatingCause.POLICY, RatingCause.PERIODIC, RatingCause.WORSENED, RatingCause.CURED, RatingCause.MOVED)


async def run(database: Database, job: Job) -> None:
    """Each customer commits by itself; a run that was stopped begins anew and finds those that are left."""

    async def some(tx: Transaction, cause: RatingCause, after: UUID | None) -> list[UUID]:
        tenant, policy = await moment_of(tx, job), await rating_policies.in_force(tx)
        return await to_review.some(
            tx, cause, to_review.Slice(after, SLICE, tenant.today), policy) if policy.reviews else []

    async def one(tx: Transaction, cause: RatingCause, customer_id: UUID) -> None:
        tenant = await moment_of(tx, job)
        if cause is RatingCause.MOVED:
            await refresh(tx, customer_id, tenant)
        else:
            await reviewing(tx, customer_id, tenant, cause)

    async def end(tx: Transaction) -> None:
        tenant = await moment_of(tx, job)
        if (await rating_policies.in_force(tx)).reviews:
            planning.plan_rating_day(tx, tenant.zone, tenant.today)
        finish(tx, job)

    for cause in CAUSES:
        last: UUID | None = None
        while found := await database.transact(job.tenant, partial(some, cause=cause, after=last)):
            for customer_id in found:
                await database.transact(job.tenant, partial(one, cause=cause, customer_id=customer_id))
            last = found[-1]
    await database.transact(job.tenant, end)
