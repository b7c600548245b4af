"""What billing-svc tells when two customers were one: what was owed and unapplied there goes on here."""

from datetime import date
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from pydantic import Field

from dunlin_events.contracts.base import Amount, CustomerEvent, Wire
from dunlin_events.contracts.billing import OWNER, ItemMove, MoneyFact
from dunlin_events.contracts.example_values import ID, account, cny


class TransferSide(StrEnum):
    """`out`: it left the customer that was merged; `in`: it came to the one that goes on."""

    OUT = "out"
    IN = "in"


class PassedItem(ItemMove):
    """An item that goes on at another customer, with all that a hearer there must know of it.

    `due_on` and `due_version` are of the due date that stands for it; `charged` that it is interest or a fee; `dunned`
    that it is reminded of by itself, as what was taken over from an older ledger and bills of exchange are not.
    """

    invoice_id: UUID | None
    number: str
    issued_on: date
    due_on: date
    due_version: int
    total: Amount
    charged: bool
    dunned: bool = True


class DebtTransferred(MoneyFact):
    """Items went on at the customer into which theirs was merged: told once in each of the two streams.

    `amount` is signed: what is open of them all left, or came in. Ids, numbers and due dates stay.
    """

    owner: ClassVar[str] = OWNER
    transfer_id: UUID
    side: TransferSide
    source_id: UUID
    into_id: UUID
    amount: Amount
    disputed: Amount = Field(description="Signed like the amount: the part of it that is in dispute.")
    items: list[PassedItem]
    effective_on: date
    examples: ClassVar[tuple[dict[str, object], ...]] = ()


class CreditTransferred(MoneyFact):
    """Unapplied credit went on at the customer into which its owner was merged: told once in each of the two streams.

    `amount` is signed.
    """

    owner: ClassVar[str] = OWNER
    transfer_id: UUID
    side: TransferSide
    source_id: UUID
    into_id: UUID
    amount: Amount
    effective_on: date
    examples: ClassVar[tuple[dict[str, object], ...]] = tuple(
        {"customer_id": ID + customer, "origin": "live", "account": account("0.00", left), "transfer_id": ID + "7",
         "side": side, "source_id": ID + "1", "into_id": ID + "2", "amount": cny(amount),
         "effective_on": "2026-03-01"}
        for customer, side, amount, left in (("1", "out", "-310.00", "0.00"), ("2", "in", "310.00", "500.00")))


class SettledItemsPassed(CustomerEvent):
    """Settled items belong to the customer into which theirs was merged: if they are owed again, it is there."""

    owner: ClassVar[str] = OWNER
    source_id: UUID
    items: list[PassedItem]
    examples: ClassVar[tuple[dict[str, object], ...]] = ()


class PassedDelivery(Wire):
    """A delivery that goes on at another customer: `amount` is signed, what is not billed of it left, or came in."""

    delivery_id: UUID
    authorization_id: UUID | None
    reference: str
    delivered_on: date
    total: Amount
    amount: Amount
    open_after: Amount


class DeliveriesTransferred(CustomerEvent):
    """Deliveries went on at the customer into which theirs was merged: told once in each of the two streams."""

    owner: ClassVar[str] = OWNER
    side: TransferSide
    source_id: UUID
    into_id: UUID
    deliveries: list[PassedDelivery]
    examples: ClassVar[tuple[dict[str, object], ...]] = tuple(
        {"customer_id": ID + who, "side": side, "source_id": ID + "1", "into_id": ID + "2", "deliveries": [
            {"delivery_id": ID + "d", "authorization_id": None, "reference": "DN-1", "delivered_on": "2026-02-20",
             "total": cny("16950.00"), "amount": cny(amount), "open_after": cny(left)}]}
        for who, side, amount, left in (("1", "out", "-6950.00", "0.00"), ("2", "in", "6950.00", "6950.00")))


def _item(amount: str, left: str, disputed: str = "0.00") -> dict[str, object]:
    return {"item_id": ID + "3", "amount": cny(amount), "open_after": cny(left), "disputed_after": cny(disputed),
            "invoice_id": ID + "9", "number": "INV-000001", "issued_on": "2026-01-05", "due_on": "2026-02-04",
            "due_version": 1, "total": cny("4520.00"), "charged": False, "dunned": True}


def _transferred(**changes: Any) -> dict[str, object]:
    base: dict[str, object] = {
        "customer_id": ID + "1", "origin": "live", "account": account("0.00"), "transfer_id": ID + "7", "side": "out",
        "source_id": ID + "1", "into_id": ID + "2", "amount": cny("-4520.00"), "disputed": cny("-520.00"),
        "items": [_item("-4520.00", "0.00")], "effective_on": "2026-03-01"}
    return base | changes


DebtTransferred.examples = (_transferred(), _transferred(
    customer_id=ID + "2", account=account("5000.00", disputed="520.00"), side="in", amount=cny("4520.00"),
    disputed=cny("520.00"), items=[_item("4520.00", "4520.00", "520.00")]))
SettledItemsPassed.examples = tuple(
    {"customer_id": ID + "2", "source_id": ID + "1", "items": [_item("0.00", "0.00") | {"charged": charged}]}
    for charged in (False, True))
