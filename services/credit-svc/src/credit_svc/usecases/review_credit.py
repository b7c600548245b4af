"""Look at a customer's credit again, by the calendar or because something happened."""

from dataclasses import replace
from uuid import UUID

from credit_svc.domain.review import RatingCause
from credit_svc.store import mergers, rating_effects, rating_policies, ratings
from credit_svc.store.rating_effects import Review
from credit_svc.usecases.make_rating import make_rating, refresh_rating
from dunlin_events.contracts.credit_rating import RatingCauseTold, ReviewDue
from dunlin_kernel.errors import RuleBroken
from dunlin_kernel.ids import new_id
from dunlin_kit import jobs
from dunlin_kit.jobs import Job
from dunlin_kit.tenants import Tenant
from dunlin_kit.transaction import Transaction

NOTHING_TO_RATE = "nothing_to_rate"


async def refresh(tx: Transaction, customer_id: UUID, tenant: Tenant) -> None:
    """Rate a customer again because what its rating rests on has moved; no review, and told only where it came out
    otherwise."""
    try:
        await refresh_rating(tx, customer_id, tenant)
    except RuleBroken as refused:
        await _nothing_to_rate(tx, customer_id, tenant, refused)


async def review_credit(tx: Transaction, job: Job) -> None:
    """Nothing where a rating made meanwhile has planned its own review, the policy reviews no more, or the customer
    goes on as another one."""
    tenant, customer_id = await jobs.moment_of(tx, job), UUID(job.payload["customer_id"])
    await ratings.lock(tx, customer_id)
    policy, last = await rating_policies.in_force(tx), await ratings.last(tx, customer_id)
    after = job.payload["after"]
    goes_on = await mergers.surviving(tx, customer_id)
    if policy.reviews and goes_on is None and (after is None or (last is not None and str(last.id) == after)):
        await reviewing(tx, customer_id, tenant, RatingCause(job.payload["cause"]))
    jobs.finish(tx, job)


async def reviewing(tx: Transaction, customer_id: UUID, tenant: Tenant, cause: RatingCause) -> None:
    """Tell that it is due, and rate the customer where something is known of it; a first rating is no review."""
    review_id, is_review = new_id(), cause is not RatingCause.POLICY
    if is_review:
        tx.emit(ReviewDue(
            customer_id=customer_id, review_id=review_id, cause=RatingCauseTold(cause.value), due_on=tenant.today))
    try:
        rating_id: UUID | None = (await make_rating(tx, customer_id, tenant, cause)).id
    except RuleBroken as refused:
        await _nothing_to_rate(tx, customer_id, tenant, refused)
        rating_id = None
    if not is_review:
        return
    rating_effects.add_review(tx, Review(review_id, customer_id, cause, tenant.today, rating_id))


async def _nothing_to_rate(tx: Transaction, customer_id: UUID, tenant: Tenant, refused: RuleBroken) -> None:
    """The customer was looked at all the same, and the calendar asks no more until something is known of it."""
    if refused.code != NOTHING_TO_RATE:
        raise refused
    ratings.looked(tx, customer_id, replace(await ratings.look(tx, customer_id, tenant.today), review_on=None))
