"""What billing-svc tells of credit that went from one currency into another."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from dunlin_events.contracts.base import Amount
from dunlin_events.contracts.billing import OWNER, MoneyFact
from dunlin_events.contracts.example_values import ID, account, cny


class CreditExchanged(MoneyFact):
    """Credit left a payment for another currency, or came in for it: told once for each side, `amount` is signed."""

    owner: ClassVar[str] = OWNER
    exchange_id: UUID
    credit_id: UUID
    amount: Amount
    effective_on: date
    examples: ClassVar[tuple[dict[str, object], ...]] = tuple(
        {"customer_id": ID + "1", "origin": "live", "account": account("0.00", left), "exchange_id": ID + "7",
         "credit_id": ID + "4", "amount": cny(amount), "effective_on": "2026-03-01"}
        for amount, left in (("-3550.00", "450.00"), ("3550.00", "3550.00")))


class CreditExchangeReversed(MoneyFact):
    """An exchange was undone: told once for each side, `amount` is signed."""

    owner: ClassVar[str] = OWNER
    exchange_id: UUID
    credit_id: UUID
    amount: Amount
    effective_on: date
    reason: str
    examples: ClassVar[tuple[dict[str, object], ...]] = tuple(
        {"customer_id": ID + "1", "origin": "live", "account": account("0.00", left), "exchange_id": ID + "7",
         "credit_id": ID + "4", "amount": cny(amount), "effective_on": "2026-03-05", "reason": "recorded_in_error"}
        for amount, left in (("-3550.00", "0.00"), ("3550.00", "4000.00")))
