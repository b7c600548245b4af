"""What billing-svc tells of deposits: asked for ahead of an order, paid like any money, kept for its invoices."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from dunlin_events.contracts.base import Amount, CustomerEvent
from dunlin_events.contracts.billing import OWNER
from dunlin_events.contracts.example_values import ID, cny


class DepositRequested(CustomerEvent):
    """A deposit is asked for ahead of an order; nothing is owed by it, and no money moves."""

    owner: ClassVar[str] = OWNER
    request_id: UUID
    number: str
    amount: Amount
    order_reference: str
    authorization_id: UUID | None = Field(description="The credit that was reserved for the order, if any.")
    requested_on: date
    due_on: date
    examples: ClassVar[tuple[dict[str, object], ...]] = tuple(
        {"customer_id": ID + "1", "request_id": ID + "d", "number": "DEP-000001", "amount": cny("3000.00"),
         "order_reference": "SO-1", "authorization_id": order, "requested_on": "2026-03-01", "due_on": "2026-03-08"}
        for order in (ID + "9", None))


class DepositRequestEnded(CustomerEvent):
    """What was paid on it and not billed yet is kept for the order no more."""

    owner: ClassVar[str] = OWNER
    request_id: UUID
    number: str
    reason: str
    examples: ClassVar[tuple[dict[str, object], ...]] = tuple(
        {"customer_id": ID + "1", "request_id": ID + "d", "number": "DEP-000001", "reason": reason}
        for reason in ("order_cancelled", "order_billed"))


class CreditKept(CustomerEvent):
    """So much of what was paid on a deposit request is kept for its order now: no invoice took it yet, and it pays
    nothing else."""

    owner: ClassVar[str] = OWNER
    credit_id: UUID
    request_id: UUID
    kept: Amount
    examples: ClassVar[tuple[dict[str, object], ...]] = tuple(
        {"customer_id": ID + "1", "credit_id": ID + "4", "request_id": ID + "d", "kept": cny(kept)}
        for kept in ("3000.00", "0.00"))
