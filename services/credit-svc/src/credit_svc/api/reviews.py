"""Which customers' credit is to be looked at again, when and why."""

from datetime import date
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from credit_svc.domain.grade import Grade
from credit_svc.domain.review import RatingCause
from credit_svc.store import rating_policies, reviews
from credit_svc.store.reviews import PlannedReview
from dunlin_kit.auth import Me, requires
from dunlin_kit.owned import OwnerCode, StandingInFor, asked_for
from dunlin_kit.pages import RESPONSES, Limit, Page, Paging
from dunlin_kit.staff import Owner, Whose
from dunlin_kit.wire import Day
from dunlin_kit.write_route import ReadRoute, Tx

reads = APIRouter(route_class=ReadRoute, tags=["ratings"])
routers = (reads,)


class CreditReviewRead(BaseModel):
    """A review that falls due: `cause` says why; grade and day are those of the rating that counts till then, null
    where there is none."""

    customer_id: UUID
    number: str
    name: str | None
    owner_code: str | None = OwnerCode
    standing_in_for: str | None = StandingInFor
    due_on: date
    cause: RatingCause = Field(description="`periodic`: the time of its grade is over; else what happened.")
    rating_id: UUID | None
    grade: Grade | None
    rated_on: date | None = Field(description="Since when the rating counts.")

    @classmethod
    def of(cls, one: PlannedReview, asked: Whose) -> Self:
        return cls(
            customer_id=one.customer_id, number=one.number, name=one.name, owner_code=one.owner_code,
            standing_in_for=asked.standing_in_for(one.owner_code), due_on=one.due_on, cause=one.cause,
            rating_id=one.rating_id, grade=one.grade, rated_on=one.rated_on)


class CreditReviewPage(Page[CreditReviewRead]):
    """Reviews that fall due, by their day."""


@reads.get("/credit/v1/reviews", dependencies=[requires("credit:read")], responses=RESPONSES)
async def list_credit_reviews(
    tx: Tx, me: Me, cursor: Paging, response: Response, limit: Limit = 50, owner: Owner = None,
    due_to: Annotated[Day | None, Query(alias="due_on.lte")] = None,
) -> CreditReviewPage:
    """Which reviews fall due, the next first; none where the policy does not review. At its day the customer is rated
    by itself, and `ReviewDue` told."""
    asked, found = await asked_for(tx, me, owner), list[PlannedReview]()
    if (await rating_policies.in_force(tx)).reviews:
        after = cursor.after and (date.fromisoformat(cursor.after[0]), UUID(cursor.after[1]), str(cursor.after[2]))
        found += await reviews.some(tx, due_to=due_to, owners=asked.codes, after=after or None, most=limit + 1)
    return CreditReviewPage(**cursor.page(
        response, found, limit, lambda one: list(one.key), lambda one: CreditReviewRead.of(one, asked)))
