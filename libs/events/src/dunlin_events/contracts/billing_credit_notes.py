"""What billing-svc tells of credit notes: their issue and cancellation; what they pay follows as CreditAllocated."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from dunlin_events.contracts.base import Amount, Wire
from dunlin_events.contracts.billing import OWNER, MoneyFact
from dunlin_events.contracts.example_values import ID, account, cny


class CreditNoteLine(Wire):
    """What is credited of the invoice line at this position."""

    position: int
    product: str | None
    net: Amount
    tax: Amount


class CreditNoteIssued(MoneyFact):
    """Part of an invoice was credited: so much less was sold, and the customer has `amount` (net and tax) as credit."""

    owner: ClassVar[str] = OWNER
    credit_note_id: UUID
    number: str
    external_id: str | None
    invoice_id: UUID
    issued_on: date
    net: Amount
    tax: Amount
    amount: Amount
    reason: str
    lines: list[CreditNoteLine]
    examples: ClassVar[tuple[dict[str, object], ...]] = tuple(
        {"customer_id": ID + "1", "origin": "live", "account": account(owed, "1130.00"), "credit_note_id": ID + "4",
         "number": "CN-000001", "external_id": external_id, "invoice_id": ID + "2", "issued_on": "2026-01-20",
         "net": cny("1000.00"), "tax": cny("130.00"), "amount": cny("1130.00"), "reason": reason,
         "lines": [{"position": 1, "product": "SKU-1", "net": cny("1000.00"), "tax": cny("130.00")}]}
        for owed, external_id, reason in (("4520.00", None, "goods_returned"), ("8690.00", "RMA-7", "quality")))


class CreditNoteCancelled(MoneyFact):
    """A credit note was cancelled; its allocations were reversed before it, and nothing of it counts any more."""

    owner: ClassVar[str] = OWNER
    cancellation_id: UUID
    credit_note_id: UUID
    number: str
    invoice_id: UUID
    amount: Amount
    effective_on: date
    reason: str
    examples: ClassVar[tuple[dict[str, object], ...]] = tuple(
        {"customer_id": ID + "1", "origin": "live", "account": account("4520.00"), "cancellation_id": ID + "6",
         "credit_note_id": ID + "4", "number": "CN-000001", "invoice_id": ID + "2", "amount": cny("1130.00"),
         "effective_on": "2026-01-25", "reason": reason} for reason in ("issued_in_error", "withdrawn"))
