"""What billing-svc tells of small differences: closed for a named reason, or owed again."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from dunlin_events.contracts.base import Amount
from dunlin_events.contracts.billing import OWNER, ItemMove, MoneyFact
from dunlin_events.contracts.example_values import ID, account, cny


class DifferenceClosed(MoneyFact):
    """What was left of an item was closed within the tolerance: a bank's charge, a deduction, or rounding."""

    owner: ClassVar[str] = OWNER
    difference_id: UUID
    invoice_id: UUID | None
    number: str
    amount: Amount
    items: list[ItemMove]
    effective_on: date
    reason: str
    examples: ClassVar[tuple[dict[str, object], ...]] = tuple(
        {"customer_id": ID + "1", "origin": "live", "account": account("2260.00"), "difference_id": ID + "7",
         "invoice_id": ID + "2", "number": "INV-000001", "amount": cny(amount), "effective_on": "2026-03-01",
         "items": [{"item_id": ID + "3", "amount": cny(f"-{amount}"), "open_after": cny("0.00"),
                    "disputed_after": cny("0.00")}], "reason": reason}
        for amount, reason in (("15.00", "bank_charge"), ("0.01", "rounding")))


class DifferenceReversed(MoneyFact):
    """A difference that was closed is owed again."""

    owner: ClassVar[str] = OWNER
    reversal_id: UUID
    difference_id: UUID
    invoice_id: UUID | None
    number: str
    amount: Amount
    items: list[ItemMove]
    effective_on: date
    examples: ClassVar[tuple[dict[str, object], ...]] = tuple(
        {"customer_id": ID + "1", "origin": "live", "account": account("2275.00"), "reversal_id": ID + "8",
         "difference_id": ID + "7", "invoice_id": ID + "2", "number": "INV-000001", "amount": cny(amount),
         "effective_on": "2026-03-05", "items": [{"item_id": ID + "3", "amount": cny(amount),
                                                  "open_after": cny(amount), "disputed_after": cny("0.00")}]}
        for amount in ("15.00", "0.01"))
