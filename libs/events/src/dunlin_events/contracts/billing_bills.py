"""What billing-svc tells of bills of exchange: received for items, held as items of their own, and dishonoured."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from dunlin_events.contracts.base import Amount
from dunlin_events.contracts.billing import OWNER, InvoicedItem, ItemMove, MoneyFact
from dunlin_events.contracts.example_values import ID, account, cny


def _move(item: str, amount: str, left: str) -> dict[str, object]:
    return {"item_id": ID + item, "amount": cny(amount), "open_after": cny(left), "disputed_after": cny("0.00")}


class BillReceived(MoneyFact):
    """A bill of exchange was given for items, which are owed no more as far as it goes; the bill itself follows as
    BillHeld."""

    owner: ClassVar[str] = OWNER
    bill_id: UUID
    amount: Amount
    risk_class: str = Field(description="Who stands for it: `bank` or `commercial`.")
    due_on: date
    items: list[ItemMove]
    effective_on: date
    examples: ClassVar[tuple[dict[str, object], ...]] = tuple(
        {"customer_id": ID + "1", "origin": "live", "account": account("0.00"), "bill_id": ID + "7",
         "amount": cny("4520.00"), "risk_class": one, "due_on": "2026-07-05", "effective_on": "2026-01-05",
         "items": [_move("3", "-4520.00", "0.00")]} for one in ("bank", "commercial"))


class BillHeld(MoneyFact):
    """A bill of exchange is owed on its own day, for what it settled."""

    owner: ClassVar[str] = OWNER
    charge_id: UUID
    bill_id: UUID
    number: str
    items: list[InvoicedItem]
    amount: Amount
    charged_on: date
    examples: ClassVar[tuple[dict[str, object], ...]] = tuple(
        {"customer_id": ID + "1", "origin": "live", "account": account("4520.00"), "charge_id": ID + "8",
         "bill_id": ID + "7", "number": number, "amount": cny("4520.00"), "charged_on": "2026-01-05",
         "items": [{"item_id": ID + "9", "due_on": "2026-07-05", "amount": cny("4520.00")}]}
        for number in ("BIL-000001", "BIL-000002"))


class BillDishonoured(MoneyFact):
    """A bill of exchange was not paid: what it had settled is owed again, with the days it had, and the bill is not."""

    owner: ClassVar[str] = OWNER
    dishonour_id: UUID
    bill_id: UUID
    number: str
    amount: Amount
    items: list[ItemMove] = Field(description="Those that are owed again, then the bill's own.")
    effective_on: date
    reason: str
    examples: ClassVar[tuple[dict[str, object], ...]] = tuple(
        {"customer_id": ID + "1", "origin": "live", "account": account("4520.00"), "dishonour_id": ID + "a",
         "bill_id": ID + "7", "number": "BIL-000001", "amount": cny("4520.00"), "effective_on": "2026-07-06",
         "items": [_move("3", "4520.00", "4520.00"), _move("9", "-4520.00", "0.00")], "reason": reason}
        for reason in ("dishonoured", "recorded_in_error"))
