"""The route of a customer's history of trade and payment, from what billing-svc told."""

from datetime import date
from typing import Self
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, Field

from customer_svc.api.customers import NOT_FOUND
from customer_svc.store import customers, trade
from customer_svc.store.class_numbers import months_before
from customer_svc.store.trade import MONTHS, TradedItem, TradeMonth
from dunlin_events.contracts.base import Amount
from dunlin_kernel.ids import CustomerId
from dunlin_kit import pages
from dunlin_kit.auth import requires
from dunlin_kit.pages import Limit, Page, Paging
from dunlin_kit.tenants import present
from dunlin_kit.write_route import ReadRoute, Tx

router = APIRouter(prefix="/customer/v1", route_class=ReadRoute, tags=["customers"])


class TradeMonthRead(BaseModel):
    """What was billed and what cash came in a month, which its first day names."""

    month: date
    billed: Amount
    cash: Amount
    invoices: int

    @classmethod
    def of(cls, one: TradeMonth) -> Self:
        return cls(month=one.month, billed=Amount.of(one.billed), cash=Amount.of(one.cash), invoices=one.invoices)


class TradedItemRead(BaseModel):
    """One amount owed on one due date; `days_late` from that day to its last money, negative when it came before."""

    id: UUID
    number: str
    due_on: date
    amount: Amount
    open: Amount
    settled_on: date | None
    days_late: int | None = Field(description="Null while something is open.")

    @classmethod
    def of(cls, one: TradedItem) -> Self:
        late = (one.settled_on - one.due_on).days if one.settled_on else None
        return cls(id=one.id, number=one.number, due_on=one.due_on, amount=Amount.of(one.amount),
                   open=Amount.of(one.open), settled_on=one.settled_on, days_late=late)


class CustomerTradePage(Page[TradedItemRead]):
    """Items, the latest due first; `months` are those of the last two years, the newest first."""

    months: list[TradeMonthRead]


@router.get("/customers/{customer_id}/trade", dependencies=[requires("customers:read")],
            responses=pages.RESPONSES | NOT_FOUND)
async def list_customer_trade(
    customer_id: UUID, tx: Tx, response: Response, cursor: Paging, limit: Limit = pages.DEFAULT_LIMIT,
) -> CustomerTradePage:
    """What a customer bought and how it paid, with what entries did that were merged into it."""
    customer, today = await customers.get(tx, CustomerId(customer_id)), (await present(tx)).today
    found = await trade.items(tx, customer.id, cursor.after, limit)
    return CustomerTradePage(
        **cursor.page(response, found, limit, lambda one: [one.due_on, one.id], TradedItemRead.of),
        months=[TradeMonthRead.of(one) for one in await trade.months(tx, customer.id, months_before(today, MONTHS))])
