"""Who has which grade: every rated customer with the rating that counts."""

from datetime import date
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from credit_svc.domain.grade import Grade
from credit_svc.store import rated_customers
from credit_svc.store.rated_customers import RatedCustomer
from dunlin_kit.auth import Me, requires
from dunlin_kit.owned import StandingInFor, asked_for
from dunlin_kit.pages import RESPONSES, Limit, Page, Paging
from dunlin_kit.staff import Owner, Whose
from dunlin_kit.write_route import ReadRoute, Tx

reads = APIRouter(route_class=ReadRoute, tags=["ratings"])
routers = (reads,)


class RatedCustomerRead(BaseModel):
    """A customer, who answers for it, and its rating; `previous_grade` is that of the rating before."""

    customer_id: UUID
    number: str
    name: str | None
    owner: str | None
    standing_in_for: str | None = StandingInFor
    rating_id: UUID
    rated_on: date
    grade: Grade
    previous_grade: Grade | None
    score: int
    default_ppm: int = Field(description="Probability of default within a year, in millionths.")
    confidence_bps: int
    reasons: list[str]

    @classmethod
    def of(cls, one: RatedCustomer, asked: Whose) -> Self:
        return cls(
            customer_id=one.customer_id, number=one.number, name=one.name, owner=one.owner,
            standing_in_for=asked.standing_in_for(one.owner), rating_id=one.rating_id, rated_on=one.rated_on,
            grade=one.grade, previous_grade=one.previous_grade, score=one.score,
            default_ppm=one.default_ppm, confidence_bps=one.confidence_bps, reasons=list(one.reasons))


class RatedCustomerPage(Page[RatedCustomerRead]):
    """Rated customers, by number."""


@reads.get("/credit/v1/ratings", dependencies=[requires("credit:read")], responses=RESPONSES)
async def list_rated_customers(
    tx: Tx, me: Me, cursor: Paging, response: Response, limit: Limit = 50,
    grade: Annotated[list[Grade] | None, Query(max_length=5, description="Of these grades only.")] = None,
    owner: Owner = None,
) -> RatedCustomerPage:
    """Who has which grade, and why."""
    after = (str(cursor.after[0]), UUID(cursor.after[1])) if cursor.after else None
    asked = await asked_for(tx, me, owner)
    found = await rated_customers.some(tx, grades=grade or (), owners=asked.codes, after=after, most=limit + 1)
    return RatedCustomerPage(**cursor.page(
        response, found, limit, lambda one: [one.number, one.customer_id],
        lambda one: RatedCustomerRead.of(one, asked)))
