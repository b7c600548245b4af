"""Routes of deposit requests: asked for ahead of an order, paid, kept for its invoices, ended."""

from datetime import date
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, Field

from billing_svc.api.payments import AMOUNTS
from billing_svc.api.shapes import Body, Code
from billing_svc.domain.allocation import AllocationRule, Choice
from billing_svc.domain.deposit_request import AskDeposit, DepositEndReason, DepositState
from billing_svc.domain.payment import RecordPayment
from billing_svc.store import deposits
from billing_svc.store.deposits import DepositView
from billing_svc.usecases.end_deposit_request import end_deposit_request as end
from billing_svc.usecases.pay_deposit import pay_deposit as pay
from billing_svc.usecases.request_deposit import request_deposit as request
from dunlin_events.contracts.base import Amount
from dunlin_kernel.ids import new_id
from dunlin_kit import pages
from dunlin_kit.auth import requires
from dunlin_kit.pages import Limit, Page, Paging
from dunlin_kit.problems import refuses
from dunlin_kit.told_headers import Located
from dunlin_kit.wire import Day
from dunlin_kit.write_route import ReadRoute, Tx, WriteRoute

writes = APIRouter(prefix="/billing/v1", route_class=WriteRoute, tags=["deposits"])
router = APIRouter(prefix="/billing/v1", route_class=ReadRoute, tags=["deposits"])
NOT_FOUND = refuses("deposit_request_not_found", status=404)


class DepositRequestCreate(Body):
    """A deposit to ask for. Invoices that name its order, by `order_reference` or `authorization_id`, take it when they
    are issued."""

    id: UUID | None = None
    customer_id: UUID
    amount: Amount
    order_reference: Code = Field(examples=["SO-1"])
    authorization_id: UUID | None = Field(default=None, description="The credit that was reserved for the order.")
    due_on: Day | None = Field(default=None, description="Today when left out.")

    def to_wish(self) -> AskDeposit:
        """Refuses: unknown_currency, malformed_amount, wrong_precision, amount_too_large."""
        return AskDeposit(self.id or new_id(), self.customer_id, self.amount.money, self.order_reference,
                          self.authorization_id, self.due_on)


class DepositPay(Body):
    """Money that came in on it; `reference` is what the payer wrote."""

    id: UUID | None = None
    amount: Amount
    received_on: Day
    method: Code = Field(examples=["bank_transfer"])
    payer: Code | None = None
    reference: Code | None = None
    external_id: Code | None = None

    def to_command(self, request_id: UUID) -> RecordPayment:
        """Refuses: unknown_currency, malformed_amount, wrong_precision, amount_too_large."""
        return RecordPayment(
            self.id or new_id(), request_id, self.amount.money, self.received_on, self.method,
            Choice(AllocationRule.NONE), payer=self.payer, reference=self.reference, external_id=self.external_id)


class DepositRequestEnd(Body):
    """Why it stands no more."""

    reason: DepositEndReason


class DepositRequestRead(BaseModel):
    """A deposit request. `paid` came in for certain, `held` of it no invoice took yet; `releases_delivery`: all of it
    is there, and the order stands."""

    id: UUID
    number: str
    customer_id: UUID
    customer_number: str
    name: str | None
    owner_code: str | None
    order_reference: str
    authorization_id: UUID | None
    amount: Amount
    paid: Amount
    pending: Amount
    missing: Amount
    held: Amount
    state: DepositState
    releases_delivery: bool
    requested_on: date
    due_on: date
    ended: DepositEndReason | None
    payment_ids: list[UUID]

    @classmethod
    def of(cls, view: DepositView) -> Self:
        one, asked = view.standing, view.standing.request
        return cls(
            id=asked.id, number=asked.number, customer_id=asked.customer_id, customer_number=view.customer_number,
            name=view.customer_name, owner_code=view.owner_code, order_reference=asked.order_reference,
            authorization_id=asked.authorization_id, amount=Amount.of(asked.amount), paid=Amount.of(one.paid),
            pending=Amount.of(one.pending), missing=Amount.of(one.missing), held=Amount.of(one.held), state=one.state,
            releases_delivery=one.releases_delivery, requested_on=asked.requested_on, due_on=asked.due_on,
            ended=asked.ended, payment_ids=list(view.payments))


class DepositRequestPage(Page[DepositRequestRead]):
    """Deposit requests in the order in which they were made."""


@writes.post("/deposit-requests", status_code=201, dependencies=[requires("invoices:write")], responses=(
    refuses(*AMOUNTS, "due_before_issue") | refuses(
        "customer_not_known_yet", "tenant_not_known_yet", "customer_merged", "deposit_request_exists", status=409)))
async def request_deposit(body: DepositRequestCreate, tx: Tx, response: Located) -> DepositRequestRead:
    """Ask for a deposit ahead of an order, under a number of its own. Nothing is owed by it."""
    made = await request(tx, body.to_wish())
    response.headers["Location"] = f"/billing/v1/deposit-requests/{made.id}"
    return await _written(tx, made.id)


@writes.post("/deposit-requests/{deposit_request_id}:pay", dependencies=[requires("payments:write")], responses=(
    NOT_FOUND | refuses(*AMOUNTS, "currency_mismatch", "received_in_future", "period_locked") | refuses(
        "deposit_request_ended", "payment_exists", "customer_not_known_yet", "tenant_not_known_yet", status=409)))
async def pay_deposit(deposit_request_id: UUID, body: DepositPay, tx: Tx) -> DepositRequestRead:
    """Record money that came in on it: the customer's credit, kept for the order. By the payment policy it may wait
    for a second person, and counts once it is confirmed."""
    await pay(tx, deposit_request_id, body.to_command(deposit_request_id))
    return await _written(tx, deposit_request_id)


@writes.post("/deposit-requests/{deposit_request_id}:end", dependencies=[requires("invoices:write")], responses=(
    NOT_FOUND | refuses("deposit_request_ended", "tenant_not_known_yet", status=409)))
async def end_deposit_request(deposit_request_id: UUID, body: DepositRequestEnd, tx: Tx) -> DepositRequestRead:
    """End it: what is left of its money is unapplied credit like any other, to be applied or paid back."""
    await end(tx, deposit_request_id, body.reason)
    return await _written(tx, deposit_request_id)


@router.get("/deposit-requests/{deposit_request_id}", dependencies=[requires("invoices:read")], responses=NOT_FOUND)
async def get_deposit_request(deposit_request_id: UUID, tx: Tx) -> DepositRequestRead:
    """A deposit request with what came in on it, and whether the goods may go."""
    return DepositRequestRead.of(await deposits.get(tx, deposit_request_id))


@router.get("/deposit-requests", dependencies=[requires("invoices:read")], responses=pages.RESPONSES)
async def list_deposit_requests(
    tx: Tx, response: Response, cursor: Paging, customer_id: Annotated[UUID | None, Query()] = None,
    limit: Limit = pages.DEFAULT_LIMIT,
) -> DepositRequestPage:
    """Deposit requests, of a customer or of all."""
    after = UUID(cursor.after[0]) if cursor.after else None
    found = await deposits.some(tx, customer_id, after, limit)
    return DepositRequestPage(
        **cursor.page(response, found, limit, lambda view: [view.standing.request.id], DepositRequestRead.of))


async def _written(tx: Tx, request_id: UUID) -> DepositRequestRead:
    """As it stands after what this request writes."""
    await tx.flush()
    return DepositRequestRead.of(await deposits.get(tx, request_id))
