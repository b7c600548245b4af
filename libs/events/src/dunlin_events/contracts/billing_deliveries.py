"""What billing-svc tells of deliveries: goods or services that left and are not billed yet use credit all the same."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from dunlin_events.contracts.base import Amount, CustomerEvent
from dunlin_events.contracts.billing import OWNER
from dunlin_events.contracts.example_values import ID, cny


class DeliveryRecorded(CustomerEvent):
    """Something was delivered that is not billed yet, worth this much incl. tax; no money moves."""

    owner: ClassVar[str] = OWNER
    delivery_id: UUID
    authorization_id: UUID | None = Field(description="The credit that was reserved for it, if any.")
    reference: str = Field(description="The delivery note's number.")
    amount: Amount
    delivered_on: date
    examples: ClassVar[tuple[dict[str, object], ...]] = tuple(
        {"customer_id": ID + "1", "delivery_id": ID + "d", "authorization_id": authorization_id, "reference": "DN-1",
         "amount": cny("16950.00"), "delivered_on": "2026-03-01"} for authorization_id in (ID + "9", None))


class DeliveryCancelled(CustomerEvent):
    """A delivery that nothing was billed of was recorded in error, or came back whole."""

    owner: ClassVar[str] = OWNER
    delivery_id: UUID
    authorization_id: UUID | None
    reference: str
    amount: Amount
    reason: str
    examples: ClassVar[tuple[dict[str, object], ...]] = tuple(
        {"customer_id": ID + "1", "delivery_id": ID + "d", "authorization_id": ID + "9", "reference": "DN-1",
         "amount": cny("16950.00"), "reason": reason} for reason in ("recorded_in_error", "goods_returned"))
