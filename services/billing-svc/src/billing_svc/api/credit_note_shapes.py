"""A credit note on the wire: what is sent to issue or cancel one, and what is answered."""

from datetime import date
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, Field

from billing_svc.api.owned import OwnerCode
from billing_svc.api.payment_shapes import AllocationRead
from billing_svc.api.shapes import Body, Code, Labels
from billing_svc.domain.credit_note import (
    DEFAULT_SERIES,
    CancelReason,
    CreditedLine,
    CreditNoteReason,
    IssueCreditNote,
    LineWish,
)
from billing_svc.domain.invoice_totals import MAX_LINES
from billing_svc.store.credit_note_views import CreditNoteView
from billing_svc.usecases.cancel_credit_note import CancelCreditNote
from dunlin_events.contracts.base import Amount
from dunlin_kernel.ids import new_id
from dunlin_kit.pages import Page
from dunlin_kit.wire import Day


class CreditNoteLineCreate(Body):
    """So much net of the invoice line at this position; without it, all that is left of the line."""

    position: int = Field(strict=True, ge=1, le=MAX_LINES)
    net: Amount | None = None


class CreditNoteCreate(Body):
    """What is credited of an invoice: without lines, all that is left of it. The tax mirrors that of the lines.

    It pays its own invoice first; the rest stays on the account as unapplied credit. Without `issued_on`: today.
    """

    id: UUID | None = None
    invoice_id: UUID
    reason: CreditNoteReason
    lines: Annotated[list[CreditNoteLineCreate], Field(max_length=MAX_LINES)] = Field(default_factory=list)
    series: str = Field(default=DEFAULT_SERIES, pattern=r"^[A-Z][A-Z0-9]{0,11}$")
    issued_on: Day | None = None
    external_id: Code | None = None
    metadata: Labels = Field(default_factory=dict)

    def to_wish(self) -> IssueCreditNote:
        """Refuses: unknown_currency, malformed_amount, wrong_precision, amount_too_large."""
        lines = tuple(LineWish(line.position, line.net.money if line.net else None) for line in self.lines)
        return IssueCreditNote(self.id or new_id(), self.invoice_id, self.reason, lines, self.series, self.issued_on,
                               self.external_id, self.metadata)


class CreditNoteCancel(Body):
    """Why it is cancelled. Without `effective_on`: the note's own day for a correction, else today."""

    reason: CancelReason
    effective_on: Day | None = None

    def to_wish(self, credit_note_id: UUID) -> CancelCreditNote:
        return CancelCreditNote(credit_note_id, self.reason, self.effective_on)


class CreditNoteLineRead(BaseModel):
    """What is credited of the invoice line at this position."""

    position: int
    net: Amount
    tax: Amount

    @classmethod
    def of(cls, line: CreditedLine) -> Self:
        return cls(position=line.position, net=Amount.of(line.net), tax=Amount.of(line.tax))


class CreditNoteRead(BaseModel):
    """A credit note. `unapplied` is what is left of it; `cancelled_on` is null while it stands."""

    id: UUID
    customer_id: UUID
    customer_number: str
    customer_name: str | None
    owner_code: str | None = OwnerCode
    invoice_id: UUID
    invoice_number: str
    number: str
    series: str
    external_id: str | None
    issued_on: date
    reason: CreditNoteReason
    net: Amount
    tax: Amount
    amount: Amount
    unapplied: Amount
    lines: list[CreditNoteLineRead]
    allocations: list[AllocationRead]
    issued_by: str
    cancelled_on: date | None
    cancel_reason: CancelReason | None
    metadata: dict[str, str]
    version: int

    @classmethod
    def of(cls, view: CreditNoteView) -> Self:
        note = view.note
        return cls(
            id=note.id, customer_id=note.customer_id, customer_number=view.customer_number,
            customer_name=view.customer_name, owner_code=view.owner_code, invoice_id=note.invoice_id,
            invoice_number=view.invoice_number, number=note.number, series=view.series, external_id=view.external_id,
            issued_on=note.effective_on, reason=note.reason, net=Amount.of(note.net), tax=Amount.of(note.tax),
            amount=Amount.of(note.amount), unapplied=Amount.of(note.unapplied),
            lines=[CreditNoteLineRead.of(line) for line in note.lines],
            allocations=[AllocationRead.of(one) for one in view.allocations], issued_by=view.issued_by,
            cancelled_on=view.cancelled_on, cancel_reason=view.cancel_reason, metadata=dict(view.labels),
            version=note.version)


class CreditNotePage(Page[CreditNoteRead]):
    """Credit notes by the day of issue."""
