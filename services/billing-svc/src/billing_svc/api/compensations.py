"""Routes of what insurers and guarantors paid for debts, and of their share in later receipts."""

from datetime import date
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, Field

from billing_svc.api.owned import OwnerCode
from billing_svc.api.payments import AMOUNTS
from billing_svc.api.shapes import Body, Code
from billing_svc.domain.compensation import CompensationReversalReason, ReceiveCompensation, ReverseCompensation
from billing_svc.store import compensations
from billing_svc.store.compensations import CompensationView
from billing_svc.usecases.receive_compensation import receive_compensation as receive
from billing_svc.usecases.reverse_compensation import reverse_compensation as reverse
from billing_svc.usecases.share_compensation import share_compensation as share
from dunlin_events.contracts.base import Amount
from dunlin_kernel.ids import new_id
from dunlin_kit import pages
from dunlin_kit.auth import requires
from dunlin_kit.pages import Limit, Page, Paging
from dunlin_kit.problems import refuses
from dunlin_kit.told_headers import Located
from dunlin_kit.wire import Day
from dunlin_kit.write_route import ReadRoute, Tx, WriteRoute

writes = APIRouter(prefix="/billing/v1", route_class=WriteRoute, tags=["compensations"])
router = APIRouter(prefix="/billing/v1", route_class=ReadRoute, tags=["compensations"])
NOT_FOUND = refuses("compensation_not_found", status=404)


class CompensationCreate(Body):
    """What a third party paid for an item, at most what is open of it and not compensated yet."""

    id: UUID | None = None
    item_id: UUID
    amount: Amount
    payer: Code = Field(examples=["Sinosure"])
    received_on: Day
    reference: Code | None = None
    claim_id: UUID | None = Field(default=None, description=(
        "The claim on a cover at credit-svc: compensations that name it book no more than was paid on it."))

    def to_wish(self) -> ReceiveCompensation:
        """Refuses: unknown_currency, malformed_amount, wrong_precision, amount_too_large."""
        return ReceiveCompensation(
            self.id or new_id(), self.item_id, self.amount.money, self.payer, self.received_on, self.reference,
            self.claim_id)


class CompensationReverse(Body):
    """Why it is taken back, and from which day on: by default its own day for a correction, else today."""

    reason: CompensationReversalReason
    effective_on: Day | None = None


class CompensationRead(BaseModel):
    """A compensation. The customer owes the item as before; of what it has paid since (`recovered`) the share of
    `amount` in `claimed` is theirs: `shared` was passed on, `due` is not yet. Since `reversed_on` it counts no more."""

    id: UUID
    item_id: UUID
    item_number: str
    item_open: Amount
    customer_id: UUID
    number: str
    name: str | None
    owner_code: str | None = OwnerCode
    amount: Amount
    claimed: Amount
    payer: str
    received_on: date
    effective_on: date
    reference: str | None
    claim_id: UUID | None
    recovered: Amount
    shared: Amount
    due: Amount
    reversed_on: date | None
    reversal_reason: CompensationReversalReason | None

    @classmethod
    def of(cls, view: CompensationView) -> Self:
        now, one = view.standing, view.standing.compensation
        return cls(
            id=one.id, item_id=one.item_id, item_number=view.item_number, item_open=Amount.of(view.item_open),
            customer_id=one.customer_id, number=view.customer_number, name=view.customer_name,
            owner_code=view.owner_code, amount=Amount.of(one.amount), claimed=Amount.of(one.claimed), payer=one.payer,
            received_on=one.received_on, effective_on=one.effective_on, reference=one.reference, claim_id=one.claim_id,
            recovered=Amount.of(now.recovered), shared=Amount.of(now.shared), due=Amount.of(now.due),
            reversed_on=now.reversed_on, reversal_reason=view.reversal_reason)


class CompensationPage(Page[CompensationRead]):
    """Compensations in the order in which they were recorded."""


@writes.post("/compensations", status_code=201, dependencies=[requires("payments:write")], responses=(
    refuses(*AMOUNTS, "received_in_future", "currency_mismatch", "more_than_open", "period_locked",
            "exchange_rate_missing", "more_than_claim_paid") | refuses("item_not_found", status=404)
    | refuses("tenant_not_known_yet", "compensation_exists", "claim_not_paid", status=409)))
async def receive_compensation(body: CompensationCreate, tx: Tx, response: Located) -> CompensationRead:
    """Record what an insurer or a guarantor paid for an item. The claim is theirs as far as they paid, and the
    debt stays."""
    made = await receive(tx, body.to_wish())
    response.headers["Location"] = f"/billing/v1/compensations/{made.id}"
    return await _written(tx, made.id)


@writes.post("/compensations/{compensation_id}:share", dependencies=[requires("payments:write")], responses=(
    NOT_FOUND | refuses("nothing_to_share", "period_locked", "exchange_rate_missing")
    | refuses("tenant_not_known_yet", "compensation_reversed", status=409)))
async def share_compensation(compensation_id: UUID, tx: Tx) -> CompensationRead:
    """Pass on to who paid it their share of what the customer has paid since: all that is due."""
    await share(tx, compensation_id)
    return await _written(tx, compensation_id)


@writes.post("/compensations/{compensation_id}:reverse", dependencies=[requires("payments:write")], responses=(
    NOT_FOUND | refuses("effective_too_early", "effective_in_future", "period_locked", "exchange_rate_missing")
    | refuses("tenant_not_known_yet", "compensation_reversed", "compensation_shared", status=409)))
async def reverse_compensation(compensation_id: UUID, body: CompensationReverse, tx: Tx) -> CompensationRead:
    """Take a compensation back: what was not passed on of it goes back to who paid it, and the claim is ours again.
    The customer owes as before."""
    await reverse(tx, ReverseCompensation(compensation_id, body.reason, body.effective_on))
    return await _written(tx, compensation_id)


@router.get("/compensations/{compensation_id}", dependencies=[requires("payments:read")], responses=NOT_FOUND)
async def get_compensation(compensation_id: UUID, tx: Tx) -> CompensationRead:
    """A compensation, with what is due of later receipts."""
    return CompensationRead.of(await compensations.get(tx, compensation_id))


@router.get("/compensations", dependencies=[requires("payments:read")], responses=pages.RESPONSES)
async def list_compensations(
    tx: Tx, response: Response, cursor: Paging, customer_id: Annotated[UUID | None, Query()] = None,
    limit: Limit = pages.DEFAULT_LIMIT,
) -> CompensationPage:
    """What third parties paid, for a customer's debts or for all."""
    after = UUID(cursor.after[0]) if cursor.after else None
    found = await compensations.some(tx, customer_id, after, limit)
    return CompensationPage(**cursor.page(
        response, found, limit, lambda view: [view.standing.compensation.id], CompensationRead.of))


async def _written(tx: Tx, compensation_id: UUID) -> CompensationRead:
    """As it stands after what this request writes."""
    await tx.flush()
    return CompensationRead.of(await compensations.get(tx, compensation_id))
