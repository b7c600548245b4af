"""What billing-svc tells of refunds: unapplied credit that was paid back, and what came back or is claimed back."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from dunlin_events.contracts.base import Amount
from dunlin_events.contracts.billing import OWNER, CreditKind, InvoicedItem, MoneyFact
from dunlin_events.contracts.example_values import ID, account, cny


class RefundPaid(MoneyFact):
    """So much of a credit that was not applied was paid back to the customer."""

    owner: ClassVar[str] = OWNER
    refund_id: UUID
    external_id: str | None
    credit_kind: CreditKind
    credit_id: UUID
    amount: Amount
    effective_on: date
    method: str
    reason: str
    examples: ClassVar[tuple[dict[str, object], ...]] = tuple(
        {"customer_id": ID + "1", "origin": "live", "account": account("5650.00", left), "refund_id": ID + "6",
         "external_id": None, "credit_kind": kind, "credit_id": ID + "4", "amount": cny("3700.00"),
         "effective_on": "2026-04-05", "method": "bank_transfer", "reason": reason}
        for left, kind, reason in (("0.00", "payment", "overpaid"), ("113.00", "credit_note", "credited")))


class RefundReversed(MoneyFact):
    """A refund came back or was never paid: the customer has that credit again."""

    owner: ClassVar[str] = OWNER
    reversal_id: UUID
    refund_id: UUID
    credit_id: UUID
    amount: Amount
    effective_on: date
    reason: str
    examples: ClassVar[tuple[dict[str, object], ...]] = tuple(
        {"customer_id": ID + "1", "origin": "live", "account": account("5650.00", "3700.00"), "reversal_id": ID + "7",
         "refund_id": ID + "6", "credit_id": ID + "4", "amount": cny("3700.00"), "effective_on": "2026-04-08",
         "reason": reason} for reason in ("bounced", "recorded_in_error"))


class RefundReclaimed(MoneyFact):
    """What was paid back of a payment is owed, as the payment did not arrive after all; its reversal follows."""

    owner: ClassVar[str] = OWNER
    charge_id: UUID
    number: str
    items: list[InvoicedItem]
    refund_id: UUID
    payment_id: UUID
    amount: Amount
    charged_on: date
    examples: ClassVar[tuple[dict[str, object], ...]] = tuple(
        {"customer_id": ID + "1", "origin": "live", "account": account("9350.00", left), "charge_id": ID + "8",
         "number": number, "items": [{"item_id": ID + "9", "due_on": "2026-04-10", "amount": cny("3700.00")}],
         "refund_id": ID + "6", "payment_id": ID + "4", "amount": cny("3700.00"), "charged_on": "2026-04-10"}
        for number, left in (("RCL-000001", "3700.00"), ("RCL-000002", "6000.00")))
