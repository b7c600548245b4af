"""Credit notes with all that is known of them: customer, invoice, what they paid, and their cancellation."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from billing_svc.domain.credit_note import CancelReason, CreditNote
from billing_svc.store import credit_notes
from billing_svc.store.credit_note_tables import CreditNoteCancellationRow, CreditNoteRow
from billing_svc.store.customer_names import NAMES
from billing_svc.store.document_tables import CustomerRow, InvoiceRow
from billing_svc.store.ledger_tables import CreditRow
from billing_svc.store.payment_views import AllocationView, allocations_of
from dunlin_kit.transaction import Transaction

_c, _t, _customer = CreditRow.__table__.c, CreditNoteRow.__table__.c, CustomerRow.__table__.c
_invoice, _gone = InvoiceRow.__table__.c, CreditNoteCancellationRow.__table__.c
VIEWS = (
    select(_c.id, _c.external_id, _c.actor, _c.labels, _t.series, *NAMES, _invoice.number.label("invoice_number"),
           _gone.effective_on.label("cancelled_on"), _gone.reason.label("cancel_reason"))
    .join_from(CreditRow.__table__, CreditNoteRow.__table__, _t.id == _c.id)
    .join(InvoiceRow.__table__, _invoice.id == _t.invoice_id)
    .join(CustomerRow.__table__, _customer.customer_id == _c.customer_id)
    .outerjoin(CreditNoteCancellationRow.__table__, _gone.credit_note_id == _c.id)
    .where(_c.id == func.any(bindparam("ids", type_=ARRAY(Uuid)))))


@dataclass(frozen=True, slots=True)
class CreditNoteView:
    """A credit note, whose it is, what it paid, and its cancellation; None while it stands."""

    note: CreditNote
    allocations: tuple[AllocationView, ...]
    customer_number: str
    customer_name: str | None
    owner_code: str | None
    invoice_number: str
    series: str
    external_id: str | None
    issued_by: str
    labels: Mapping[str, str]
    cancelled_on: date | None
    cancel_reason: CancelReason | None


async def view(tx: Transaction, ids: Collection[UUID]) -> list[CreditNoteView]:
    """In the order of `ids`. Refuses: credit_note_not_found."""
    notes = await credit_notes.by_id(tx, ids)
    made = await allocations_of(tx, ids)
    rows = {row["id"]: row for row in await tx.rows(VIEWS, ids=list(ids))}
    return [_view(notes[one], tuple(made.get(one, ())), rows[one]) for one in ids]


def _view(note: CreditNote, made: tuple[AllocationView, ...], row: Any) -> CreditNoteView:
    reason = row["cancel_reason"]
    return CreditNoteView(
        note, made, row["customer_number"], row["customer_name"], row["owner_code"], row["invoice_number"],
        row["series"], row["external_id"], row["actor"], row["labels"], row["cancelled_on"],
        CancelReason(reason) if reason else None)
