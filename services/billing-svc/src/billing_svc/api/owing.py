"""The route by which a sender asks what many customers owe, right before it writes to them."""

from datetime import date
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from billing_svc.api.shapes import ItemPartRead
from billing_svc.store import owing
from billing_svc.store.owing import OpenItem, Owing
from dunlin_events.contracts.base import Amount
from dunlin_kit.auth import requires
from dunlin_kit.write_route import ReadRoute, Tx

MOST_CUSTOMERS = 100
router = APIRouter(prefix="/billing/v1", route_class=ReadRoute, tags=["invoices"])
Customers = Annotated[list[UUID], Query(alias="customer_id", min_length=1, max_length=MOST_CUSTOMERS)]


class OpenItemRead(BaseModel):
    """What is owed of an item: `pending` of it is announced, `parts` by an arrangement, the next first."""

    id: UUID
    due_on: date
    open: Amount
    disputed: Amount
    pending: Amount
    parts: list[ItemPartRead]

    @classmethod
    def of(cls, one: OpenItem) -> Self:
        return cls(
            id=one.item.id, due_on=one.item.due_on, open=Amount.of(one.item.open),
            disputed=Amount.of(one.item.disputed), pending=Amount.of(one.pending),
            parts=[ItemPartRead(due_on=part.due_on, amount=Amount.of(part.amount)) for part in one.parts])


class OwingRead(BaseModel):
    """A customer's open items by due date, and its credit that is not applied, per currency."""

    customer_id: UUID
    known: bool = Field(description="False where billing has not heard of the customer yet: ask again later.")
    items: list[OpenItemRead]
    unapplied: list[Amount]

    @classmethod
    def of(cls, one: Owing) -> Self:
        return cls(customer_id=one.customer_id, known=one.known, items=[OpenItemRead.of(item) for item in one.items],
                   unapplied=[Amount.of(money) for money in one.unapplied])


class OwingList(BaseModel):
    """On one snapshot. Customers beyond the first that owe 5,000 items together are left out: ask for them again."""

    data: list[OwingRead]


@router.get("/items:owing", dependencies=[requires("items:read")])
async def list_owing(tx: Tx, customer_ids: Customers) -> OwingList:
    """All open items and the unapplied credit of these customers right now, in the order asked."""
    return OwingList(data=[OwingRead.of(one) for one in await owing.of_some(tx, customer_ids)])
