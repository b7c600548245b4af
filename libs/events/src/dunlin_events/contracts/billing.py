"""What billing-svc tells: every money fact, with the account's figures right after it."""

from datetime import date
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from pydantic import Field

from dunlin_events.contracts.base import AccountFigures, Amount, CustomerEvent, Event, Wire
from dunlin_events.contracts.example_values import ID, account, cny

OWNER = "billing"


class Origin(StrEnum):
    """`import`: taken over from an older ledger; nothing is sent or alarmed for its past."""

    LIVE = "live"
    IMPORT = "import"


class CreditKind(StrEnum):
    PAYMENT = "payment"
    CREDIT_NOTE = "credit_note"
    EXCHANGE = "exchange"


OWN_MONEY = (CreditKind.PAYMENT, CreditKind.EXCHANGE)
"""What is the customer's own money: a payment, also where it was taken for an item in another currency."""


class InvoicedLine(Wire):
    """One line as issued: quantity and unit price are decimal texts, net and tax are in the invoice's currency."""

    product: str | None
    quantity: str
    net: Amount
    tax: Amount


class InvoicedItem(Wire):
    """One amount owed on one due date."""

    item_id: UUID
    due_on: date
    amount: Amount


class ItemMove(Wire):
    """What a fact did to one item: `amount` is signed, what is open and disputed stands as it is right after it."""

    item_id: UUID
    amount: Amount
    open_after: Amount
    disputed_after: Amount


class DeliveryMove(Wire):
    """How much of a delivery an invoice billed, or its void gave back; and what is not billed of it right after."""

    delivery_id: UUID
    authorization_id: UUID | None
    amount: Amount
    open_after: Amount


class MoneyFact(CustomerEvent):
    """A fact that moved an account: the figures right after it, and whether it was lived or taken over."""

    origin: Origin
    account: AccountFigures


class InvoiceIssued(MoneyFact):
    """An invoice was issued: its items are owed from now on. `authorization_id` names the credit reserved for it."""

    owner: ClassVar[str] = OWNER
    invoice_id: UUID
    number: str
    external_id: str | None
    issued_on: date
    net: Amount
    tax: Amount
    total: Amount
    lines: list[InvoicedLine]
    items: list[InvoicedItem]
    authorization_id: UUID | None
    final: bool = Field(description="True when nothing more will be billed against the authorization.")
    deliveries: list[DeliveryMove] = Field(default_factory=list, description="What of it had been delivered before.")
    examples: ClassVar[tuple[dict[str, object], ...]] = ()


def _issued(**changes: Any) -> dict[str, object]:
    base: dict[str, object] = {
        "customer_id": ID + "1", "origin": "live", "account": account("4520.00"), "invoice_id": ID + "2",
        "number": "INV-000001", "external_id": None, "issued_on": "2026-01-05", "net": cny("4000.00"),
        "tax": cny("520.00"), "total": cny("4520.00"),
        "lines": [{"product": "SKU-1", "quantity": "4", "net": cny("4000.00"), "tax": cny("520.00")}],
        "items": [{"item_id": ID + "3", "due_on": "2026-02-04", "amount": cny("4520.00")}],
        "authorization_id": None, "final": False, "deliveries": [],
    }
    return base | changes


_BILLED = {"delivery_id": ID + "d", "authorization_id": ID + "9", "amount": cny("4000.00"), "open_after": cny("0.00")}
InvoiceIssued.examples = (
    _issued(), _issued(authorization_id=ID + "9", deliveries=[_BILLED]),
    _issued(origin="import", external_id="OLD-7", authorization_id=ID + "9", final=True))


class InvoiceSettled(MoneyFact):
    """Nothing is open on this invoice any more."""

    owner: ClassVar[str] = OWNER
    invoice_id: UUID
    number: str
    settled_on: date
    examples: ClassVar[tuple[dict[str, object], ...]] = tuple(
        {"customer_id": ID + "1", "origin": "live", "account": account(left), "invoice_id": ID + "2",
         "number": "INV-000001", "settled_on": "2026-03-01"} for left in ("0.00", "8690.00"))


class VoidedItem(Wire):
    """One amount that is not owed any more."""

    item_id: UUID
    amount: Amount


class InvoiceVoided(MoneyFact):
    """An issued invoice was cancelled while nothing of it was paid: it keeps its number, and nothing of it is owed."""

    owner: ClassVar[str] = OWNER
    void_id: UUID
    invoice_id: UUID
    number: str
    amount: Amount
    items: list[VoidedItem]
    effective_on: date
    reason: str
    deliveries: list[DeliveryMove] = Field(default_factory=list, description="What is not billed any more by it.")
    examples: ClassVar[tuple[dict[str, object], ...]] = tuple(
        {"customer_id": ID + "1", "origin": "live", "account": account(left), "void_id": ID + "7", "deliveries": [],
         "invoice_id": ID + "2", "number": "INV-000001", "amount": cny("4520.00"),
         "items": [{"item_id": ID + "3", "amount": cny("4520.00")}], "effective_on": "2026-01-05", "reason": reason}
        for left, reason in (("0.00", "issued_in_error"), ("2260.00", "order_cancelled")))


class InvoiceOverdue(CustomerEvent):
    """At the turn of the tenant's day an item was open past its due date; told once per item and due-date version."""

    owner: ClassVar[str] = OWNER
    invoice_id: UUID | None
    item_id: UUID
    number: str
    due_on: date
    due_version: int
    open: Amount
    examples: ClassVar[tuple[dict[str, object], ...]] = tuple(
        {"customer_id": ID + "1", "invoice_id": ID + "2", "item_id": ID + "3", "number": "INV-000001",
         "due_on": "2026-02-04", "due_version": 1, "open": cny(left)} for left in ("4520.00", "780.00"))


class PaymentReceived(CustomerEvent):
    """Money was announced or came in that is not certain yet: it frees no credit and settles nothing."""

    owner: ClassVar[str] = OWNER
    payment_id: UUID
    external_id: str | None
    amount: Amount
    received_on: date
    method: str
    expires_on: date
    examples: ClassVar[tuple[dict[str, object], ...]] = tuple(
        {"customer_id": ID + "1", "payment_id": ID + "4", "external_id": external_id, "amount": cny("6000.00"),
         "received_on": "2026-03-01", "method": "cheque", "expires_on": "2026-03-31"} for external_id in (None, "B-7"))


class PaymentRejected(CustomerEvent):
    """A pending payment did not arrive after all."""

    owner: ClassVar[str] = OWNER
    payment_id: UUID
    amount: Amount
    reason: str
    examples: ClassVar[tuple[dict[str, object], ...]] = tuple(
        {"customer_id": ID + "1", "payment_id": ID + "4", "amount": cny("6000.00"), "reason": reason}
        for reason in ("not_received", "duplicate"))


class PaymentExpired(CustomerEvent):
    """Nobody confirmed a pending payment until the last day for it, `expired_on`."""

    owner: ClassVar[str] = OWNER
    payment_id: UUID
    amount: Amount
    expired_on: date
    examples: ClassVar[tuple[dict[str, object], ...]] = tuple(
        {"customer_id": ID + "1", "payment_id": ID + "4", "amount": cny(amount), "expired_on": "2026-03-31"}
        for amount in ("6000.00", "15000.00"))


class PaymentConfirmed(MoneyFact):
    """Money has arrived for certain. What of it is allocated follows as CreditAllocated, one per part."""

    owner: ClassVar[str] = OWNER
    payment_id: UUID
    external_id: str | None
    amount: Amount
    received_on: date
    method: str
    unmatched: int = Field(default=0, description="How many references of its payer named nothing that was open.")
    awaited: bool | None = Field(default=None, description="Whether it was pending before; null: not told yet.")
    examples: ClassVar[tuple[dict[str, object], ...]] = tuple(
        {"customer_id": ID + "1", "origin": "live", "account": account("14690.00", amount), "payment_id": ID + "4",
         "external_id": None, "amount": cny(amount), "received_on": "2026-03-01", "method": "bank_transfer",
         "unmatched": unmatched, "awaited": awaited}
        for amount, unmatched, awaited in (("6000.00", 0, False), ("15000.00", 1, True)))


class PaymentReversed(MoneyFact):
    """A payment turned out not to have arrived, or was recorded in error; its allocations were reversed before it."""

    owner: ClassVar[str] = OWNER
    payment_id: UUID
    amount: Amount
    effective_on: date
    reason: str
    examples: ClassVar[tuple[dict[str, object], ...]] = tuple(
        {"customer_id": ID + "1", "origin": "live", "account": account("14690.00"), "payment_id": ID + "4",
         "amount": cny("6000.00"), "effective_on": "2026-03-05", "reason": reason}
        for reason in ("recorded_in_error", "not_received"))


class CreditAllocated(MoneyFact):
    """Part of a credit was set against an item. `open_after` is what the item still owes; 0 settles it."""

    owner: ClassVar[str] = OWNER
    allocation_id: UUID
    credit_kind: CreditKind
    credit_id: UUID
    invoice_id: UUID | None
    item_id: UUID
    amount: Amount
    effective_on: date
    business_on: date
    due_on: date
    open_after: Amount
    discount: Amount | None = Field(default=None, description="Early-payment discount that the item is let off beside.")
    base: Amount | None = Field(default=None, description="What this part was carried for, in base currency.")
    exchange_difference: Amount | None = Field(default=None, description="Realised gain; negative for a loss.")
    examples: ClassVar[tuple[dict[str, object], ...]] = tuple(
        {"customer_id": ID + "1", "origin": "live", "account": account("8690.00"), "allocation_id": ID + "5",
         "credit_kind": "payment", "credit_id": ID + "4", "invoice_id": ID + "2", "item_id": ID + "3",
         "amount": cny(part), "effective_on": "2026-03-01", "business_on": "2026-03-01", "due_on": "2026-02-04",
         "open_after": cny(left), "discount": discount, "base": None, "exchange_difference": None}
        for part, left, discount in (("4520.00", "0.00", None), ("1480.00", "0.00", cny("30.20"))))


class AllocationReversed(MoneyFact):
    """An allocation was undone by a fact of its own: the item owes that part again, under its old due date."""

    owner: ClassVar[str] = OWNER
    reversal_id: UUID
    allocation_id: UUID
    credit_id: UUID
    invoice_id: UUID | None
    item_id: UUID
    amount: Amount
    effective_on: date
    due_on: date
    open_after: Amount
    discount: Amount | None = Field(default=None, description="The discount that was given with it, owed again.")
    examples: ClassVar[tuple[dict[str, object], ...]] = tuple(
        {"customer_id": ID + "1", "origin": "live", "account": account("14690.00"), "reversal_id": ID + "6",
         "allocation_id": ID + "5", "credit_id": ID + "4", "invoice_id": ID + "2", "item_id": ID + "3",
         "amount": cny(part), "effective_on": "2026-03-05", "due_on": "2026-02-04", "open_after": cny(left),
         "discount": discount}
        for part, left, discount in (("4520.00", "4520.00", None), ("1480.00", "1510.20", cny("30.20"))))


class PeriodLocked(Event):
    """Nothing may take effect on or before `closed_until` any more; a hard lock is never lifted."""

    owner: ClassVar[str] = OWNER
    closed_until: date
    hard: bool
    examples: ClassVar[tuple[dict[str, object], ...]] = (
        {"closed_until": "2026-01-31", "hard": False}, {"closed_until": "2026-02-28", "hard": True})
