"""Plan that a customer's credit is looked at again at once: it worsens, or what it was cut for is gone."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from credit_svc.domain.review import RatingCause
from credit_svc.store import rating_policies
from credit_svc.store.watching import Moment
from dunlin_kernel.ids import new_id
from dunlin_kit import jobs

KIND = "review_credit"


async def plan_reviews_now(
    tx: Any, customer_ids: Collection[UUID], moment: Moment | None, cause: RatingCause,
) -> None:
    """Where the policy reviews: one a day of a customer that worsens, and one for each cure."""
    if not customer_ids or moment is None or not (await rating_policies.in_force(tx)).reviews:
        return
    for customer in customer_ids:
        of = new_id() if cause is RatingCause.CURED else moment.today
        jobs.schedule(tx, KIND, f"{customer} {cause.value} {of}", moment.now, {
            "customer_id": str(customer), "cause": cause.value, "after": None})
