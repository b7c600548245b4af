"""Routes of deliveries: what left and is not billed yet, told by the system that ships."""

from datetime import date
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response
from pydantic import BaseModel, Field

from billing_svc.api.owned import OwnerCode
from billing_svc.api.shapes import Body, Code
from billing_svc.domain.delivery import DeliveryCancelReason, RecordDelivery
from billing_svc.store import deliveries
from billing_svc.store.deliveries import DeliveryView
from billing_svc.usecases.cancel_delivery_note import cancel_delivery_note as cancel
from billing_svc.usecases.record_delivery_note import record_delivery_note as record
from dunlin_events.contracts.base import Amount
from dunlin_kernel.errors import NotFound
from dunlin_kernel.ids import new_id
from dunlin_kit import pages
from dunlin_kit.auth import requires
from dunlin_kit.pages import Limit, Page, Paging
from dunlin_kit.problems import refuses
from dunlin_kit.told_headers import Located
from dunlin_kit.wire import Day
from dunlin_kit.write_route import ReadRoute, Tx, ValidateOnly, WriteRoute

writes = APIRouter(prefix="/billing/v1", route_class=WriteRoute, tags=["deliveries"])
router = APIRouter(prefix="/billing/v1", route_class=ReadRoute, tags=["deliveries"])
MAY_WRITE = requires("invoices:write")
MAY_READ = requires("invoices:read")
NOT_FOUND = refuses("delivery_not_found", status=404)


class DeliveryNoteCreate(Body):
    """What was delivered, worth so much incl. tax. Without `delivered_on`: today."""

    id: UUID | None = None
    customer_id: UUID
    amount: Amount
    reference: Code = Field(description="The delivery note's number.", examples=["DN-1"])
    delivered_on: Day | None = None
    authorization_id: UUID | None = Field(default=None, description="The credit that was reserved for it.")

    def to_wish(self) -> RecordDelivery:
        """Refuses: unknown_currency, malformed_amount, wrong_precision, amount_too_large."""
        return RecordDelivery(self.id or new_id(), self.customer_id, self.amount.money, self.reference,
                              self.delivered_on, self.authorization_id)


class DeliveryNoteCancel(Body):
    """Why it is not to be billed."""

    reason: DeliveryCancelReason


class DeliveryNoteRead(BaseModel):
    """A delivery; `open` is what is not billed of it yet, and uses the customer's credit."""

    id: UUID
    customer_id: UUID
    number: str | None
    name: str | None
    owner_code: str | None = OwnerCode
    authorization_id: UUID | None
    reference: str
    amount: Amount
    open: Amount
    delivered_on: date
    cancelled: DeliveryCancelReason | None

    @classmethod
    def of(cls, view: DeliveryView) -> Self:
        one = view.delivery
        return cls(
            id=one.id, customer_id=one.customer_id, number=view.customer_number, name=view.customer_name,
            owner_code=view.owner_code, authorization_id=one.authorization_id, reference=one.reference,
            amount=Amount.of(one.amount), open=Amount.of(one.open), delivered_on=one.delivered_on,
            cancelled=one.cancelled)


class DeliveryNotePage(Page[DeliveryNoteRead]):
    """Deliveries in the order in which they were recorded."""


@writes.post("/delivery-notes", status_code=201, dependencies=[MAY_WRITE], responses=(
    refuses("unknown_currency", "malformed_amount", "wrong_precision", "amount_too_large", "amount_not_positive",
            "effective_in_future")
    | refuses("customer_not_known_yet", "tenant_not_known_yet", "delivery_exists", "customer_merged",
              status=409)))
async def record_delivery_note(
    body: DeliveryNoteCreate, tx: Tx, response: Located, validate_only: ValidateOnly = False,
) -> DeliveryNoteRead:
    """Record what was delivered and is not billed yet: it uses credit until an invoice bills it."""
    made = await record(tx, body.to_wish())
    response.headers["Location"] = f"/billing/v1/delivery-notes/{made.id}"
    return await _written(tx, made.id)


@writes.post("/delivery-notes/{delivery_id}:cancel", dependencies=[MAY_WRITE], responses=(
    NOT_FOUND | refuses("delivery_billed", "delivery_cancelled", "tenant_not_known_yet", status=409)))
async def cancel_delivery_note(
    delivery_id: UUID, body: DeliveryNoteCancel, tx: Tx, validate_only: ValidateOnly = False,
) -> DeliveryNoteRead:
    """Cancel a delivery of which nothing is billed: recorded in error, or come back whole."""
    await cancel(tx, delivery_id, body.reason)
    return await _written(tx, delivery_id)


async def _filters(
    customer_id: UUID | None = None,
    is_open: Annotated[bool | None, Query(alias="open", description="Whether anything is not billed yet.")] = None,
) -> dict[str, Any]:
    return pages.given({"customer_id": customer_id, "open": is_open})


@router.get("/delivery-notes", dependencies=[MAY_READ], responses=pages.RESPONSES)
async def list_delivery_notes(
    tx: Tx, response: Response, cursor: Paging, filters: Annotated[dict[str, Any], Depends(_filters)],
    limit: Limit = pages.DEFAULT_LIMIT,
) -> DeliveryNotePage:
    """What was delivered, with exactly these values; with `open=true` what is to be billed."""
    found = await deliveries.page(tx, filters, UUID(cursor.after[0]) if cursor.after else None, limit)
    return DeliveryNotePage(
        **cursor.page(response, found, limit, lambda view: [view.delivery.id], DeliveryNoteRead.of))


@router.get("/delivery-notes/{delivery_id}", dependencies=[MAY_READ], responses=NOT_FOUND)
async def get_delivery_note(delivery_id: UUID, tx: Tx) -> DeliveryNoteRead:
    """One delivery."""
    found = await deliveries.page(tx, {"id": delivery_id}, None, 1)
    if not found:
        raise NotFound("delivery_not_found", "There is no such delivery.", delivery_id=delivery_id)
    return DeliveryNoteRead.of(found[0])


async def _written(tx: Tx, delivery_id: UUID) -> DeliveryNoteRead:
    """As it stands after what this request writes."""
    await tx.flush()
    return DeliveryNoteRead.of((await deliveries.page(tx, {"id": delivery_id}, None, 1))[0])
