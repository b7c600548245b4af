"""Voids of invoices: facts, only ever added; the document itself changes its status and nothing else."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Uuid, bindparam, select

from billing_svc.domain.invoice import Invoice
from billing_svc.domain.voiding import InvoiceVoid, VoidReason
from billing_svc.store.document_tables import InvoiceRow, InvoiceVoidRow
from dunlin_kit.transaction import Transaction

_t = InvoiceVoidRow.__table__.c
OF_INVOICE = select(_t.id, _t.invoice_id, _t.reason, _t.effective_on).where(
    _t.invoice_id == bindparam("invoice_id", type_=Uuid))


async def of_invoice(tx: Transaction, invoice_id: UUID) -> InvoiceVoid | None:
    """None while it stands, and for a draft that was discarded."""
    row = await tx.row(OF_INVOICE, invoice_id=invoice_id)
    return row and InvoiceVoid(row["id"], row["invoice_id"], VoidReason(row["reason"]), row["effective_on"])


def add(tx: Transaction, void: InvoiceVoid, voided: Invoice, *, recorded_at: datetime) -> None:
    tx.insert(InvoiceVoidRow, {
        "id": void.id, "invoice_id": void.invoice_id, "effective_on": void.effective_on, "recorded_at": recorded_at,
        "actor": tx.actor, "reason": void.reason.value})
    tx.change(InvoiceRow, {"id": voided.id, "status": voided.status.value, "version": voided.version})
