"""Routes of bills of exchange: received for what is owed, and dishonoured. An honoured one is paid like any item."""

from datetime import date
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, Field

from billing_svc.api.payment_shapes import Parts, choice_by
from billing_svc.api.payments import ALLOCATING, AMOUNTS
from billing_svc.api.shapes import Body, Code
from billing_svc.domain.allocation import AllocationRule
from billing_svc.domain.bill import BillClass, BillState, ReceiveBill
from billing_svc.domain.bill_dishonour import DishonourBill, DishonourReason
from billing_svc.store import bills
from billing_svc.store.bills import BillView
from billing_svc.usecases.dishonour_bill import dishonour_bill as dishonour
from billing_svc.usecases.receive_bill import receive_bill as receive
from dunlin_events.contracts.base import Amount
from dunlin_kernel.ids import new_id
from dunlin_kit import pages
from dunlin_kit.auth import requires
from dunlin_kit.pages import Limit, Page, Paging
from dunlin_kit.problems import refuses
from dunlin_kit.told_headers import Located
from dunlin_kit.wire import Day
from dunlin_kit.write_route import ReadRoute, Tx, WriteRoute

writes = APIRouter(prefix="/billing/v1", route_class=WriteRoute, tags=["bills"])
router = APIRouter(prefix="/billing/v1", route_class=ReadRoute, tags=["bills"])
NOT_FOUND = refuses("bill_not_found", status=404)


class BillCreate(Body):
    """A bill of exchange in the tenant's own currency. It settles the `items` that are named, else the oldest first;
    all of it, and no more than is owed."""

    id: UUID | None = None
    customer_id: UUID
    amount: Amount
    number: Code = Field(description="As printed on it.", examples=["513027600123420260105"])
    risk_class: BillClass
    drawer: Code
    acceptor: Code = Field(description="Who is to pay it: the bank or the merchant that accepted it.")
    received_on: Day
    due_on: Day
    items: Parts = Field(default_factory=list)

    def to_wish(self) -> ReceiveBill:
        """Refuses: unknown_currency, malformed_amount, wrong_precision, amount_too_large."""
        rule = AllocationRule.ITEMS if self.items else AllocationRule.OLDEST_FIRST
        return ReceiveBill(
            self.id or new_id(), self.customer_id, self.amount.money, self.number, self.risk_class, self.drawer,
            self.acceptor, self.received_on, self.due_on, choice_by(rule, self.items, []))


class BillDishonour(Body):
    """Why it is taken back, from which day on (by default its own day for a correction, else today), and what its
    protest cost."""

    reason: DishonourReason
    effective_on: Day | None = None
    fee: Amount | None = None


class BillPartRead(BaseModel):
    """So much of an item was settled by it."""

    item_id: UUID
    number: str
    amount: Amount


class BillRead(BaseModel):
    """A bill of exchange, owed as the item `item_id`: `held` until that is paid, then `honoured`; where it is
    `dishonoured`, its parts are owed again."""

    id: UUID
    item_id: UUID
    item_number: str
    customer_id: UUID
    customer_number: str
    customer_name: str | None
    owner_code: str | None
    amount: Amount
    open: Amount
    number: str
    risk_class: BillClass
    drawer: str
    acceptor: str
    received_on: date
    effective_on: date
    due_on: date
    state: BillState
    dishonoured_on: date | None
    dishonour_reason: DishonourReason | None
    parts: list[BillPartRead]

    @classmethod
    def of(cls, view: BillView) -> Self:
        bill, wish = view.bill, view.bill.wish
        return cls(
            id=bill.id, item_id=bill.item_id, item_number=view.item_number, customer_id=view.customer_id,
            customer_number=view.customer_number, customer_name=view.customer_name, owner_code=view.owner_code,
            amount=Amount.of(wish.amount), open=Amount.of(view.open), number=wish.number, risk_class=wish.risk_class,
            drawer=wish.drawer, acceptor=wish.acceptor, received_on=wish.received_on, effective_on=bill.effective_on,
            due_on=wish.due_on, state=view.state, dishonoured_on=view.dishonoured_on,
            dishonour_reason=view.dishonoured_for,
            parts=[BillPartRead(item_id=part.item_id, number=number, amount=Amount.of(part.amount))
                   for part, number in zip(bill.parts, view.numbers, strict=True)])


class BillPage(Page[BillRead]):
    """Bills of exchange in the order in which they were recorded."""


@writes.post("/bills", status_code=201, dependencies=[requires("payments:write")], responses=(
    refuses(*AMOUNTS, *ALLOCATING, "received_in_future", "bill_due_too_early", "bill_not_in_base_currency",
            "due_before_issue", "period_locked") | refuses("item_not_found", status=404)
    | refuses("customer_not_known_yet", "tenant_not_known_yet", "customer_merged", "item_disputed", "bill_exists",
              status=409)))
async def receive_bill(body: BillCreate, tx: Tx, response: Located) -> BillRead:
    """Take a bill of exchange: what it is given for is settled, and the bill is owed on its own day."""
    made = await receive(tx, body.to_wish())
    response.headers["Location"] = f"/billing/v1/bills/{made.id}"
    return await _written(tx, made.id)


@writes.post("/bills/{bill_id}:dishonour", dependencies=[requires("payments:write")], responses=(
    NOT_FOUND | refuses(*AMOUNTS, "fee_not_meant", "currency_mismatch", "effective_too_early", "effective_in_future",
                        "period_locked")
    | refuses("tenant_not_known_yet", "bill_dishonoured", "bill_settled", "item_disputed", status=409)))
async def dishonour_bill(bill_id: UUID, body: BillDishonour, tx: Tx) -> BillRead:
    """The bill was not paid: what it had settled is owed again with the days it had; a fee for its protest is an item
    of its own."""
    await dishonour(tx, DishonourBill(
        new_id(), bill_id, body.reason, body.effective_on, body.fee.money if body.fee else None))
    return await _written(tx, bill_id)


@router.get("/bills/{bill_id}", dependencies=[requires("payments:read")], responses=NOT_FOUND)
async def get_bill(bill_id: UUID, tx: Tx) -> BillRead:
    """A bill of exchange, what it settled and what became of it."""
    return BillRead.of(await bills.get(tx, bill_id))


@router.get("/bills", dependencies=[requires("payments:read")], responses=pages.RESPONSES)
async def list_bills(
    tx: Tx, response: Response, cursor: Paging, customer_id: Annotated[UUID | None, Query()] = None,
    limit: Limit = pages.DEFAULT_LIMIT,
) -> BillPage:
    """Bills of exchange, a customer's or all."""
    after = UUID(cursor.after[0]) if cursor.after else None
    found = await bills.some(tx, customer_id, after, limit)
    return BillPage(**cursor.page(response, found, limit, lambda view: [view.bill.id], BillRead.of))


async def _written(tx: Tx, bill_id: UUID) -> BillRead:
    """As it stands after what this request writes."""
    await tx.flush()
    return BillRead.of(await bills.get(tx, bill_id))
