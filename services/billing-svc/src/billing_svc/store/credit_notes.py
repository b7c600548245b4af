"""Credit notes: rows of `credit` with their document and lines. Read only after the lock of their account."""

import json
from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, exists, func, literal_column, select
from sqlalchemy.dialects.postgresql import ARRAY

from billing_svc.domain.credit_note import CancelReason, CreditedLine, CreditNote, CreditNoteReason, IssueCreditNote
from billing_svc.domain.item import Item
from billing_svc.domain.ledger import Origin
from billing_svc.domain.payment import PaymentState
from billing_svc.domain.reversal import CreditReversal
from billing_svc.store.credit_note_tables import CreditNoteCancellationRow, CreditNoteLineRow, CreditNoteRow
from billing_svc.store.ledger_tables import CreditRow
from dunlin_kernel.errors import NotFound
from dunlin_kernel.money import Money
from dunlin_kit.transaction import Transaction

_c, _t = CreditRow.__table__.c, CreditNoteRow.__table__.c
_line, _gone = CreditNoteLineRow.__table__.c, CreditNoteCancellationRow.__table__.c
_ids = bindparam("ids", type_=ARRAY(Uuid))
NOTES = (
    select(_c.id, _c.customer_id, _c.state, _c.currency, _c.amount, _c.unapplied, _c.business_on, _c.effective_on,
           _c.raised_on, _c.version, _t.invoice_id, _t.number, _t.reason)
    .join_from(CreditRow.__table__, CreditNoteRow.__table__, _t.id == _c.id).where(_c.id == func.any(_ids)))
LINES = select(_line.credit_note_id, _line.position, _line.currency, _line.net, _line.tax).where(
    _line.credit_note_id == func.any(_ids)).order_by(_line.credit_note_id, _line.position)
CREDITED = select(_line.position, _line.currency, _line.net, _line.tax).where(
    _line.invoice_id == bindparam("invoice_id", type_=Uuid),
    ~exists().where(_gone.credit_note_id == _line.credit_note_id)).order_by(_line.position)

UNAPPLIED = select(_t.invoice_id, _c.currency, func.sum(_c.unapplied).label("unapplied")).join_from(
    CreditNoteRow.__table__, CreditRow.__table__, _c.id == _t.id).where(
    _t.invoice_id == func.any(_ids), _c.unapplied > literal_column("0")).group_by(_t.invoice_id, _c.currency)
OF_INVOICE = select(_t.id).where(_t.invoice_id == bindparam("invoice_id", type_=Uuid))
CREDITED_INVOICES = select(_line.invoice_id).distinct().where(
    _line.invoice_id == func.any(_ids), ~exists().where(_gone.credit_note_id == _line.credit_note_id))


async def by_id(tx: Transaction, ids: Collection[UUID]) -> dict[UUID, CreditNote]:
    """Refuses: credit_note_not_found."""
    lines: dict[UUID, list[CreditedLine]] = defaultdict(list)
    for row in await tx.rows(LINES, ids=list(ids)):
        lines[row["credit_note_id"]].append(_credited(row))
    found = {row["id"]: _note(row, lines[row["id"]]) for row in await tx.rows(NOTES, ids=list(ids))}
    for note_id in ids:
        if note_id not in found:
            raise NotFound("credit_note_not_found", "There is no such credit note.", credit_note_id=note_id)
    return found


async def credited_of(tx: Transaction, invoice_id: UUID) -> list[CreditedLine]:
    """What notes that were not cancelled credit of an invoice. Only after the lock of its account."""
    return [_credited(row) for row in await tx.rows(CREDITED, invoice_id=invoice_id)]


async def unapplied_on(tx: Transaction, owed: Collection[Item]) -> dict[UUID | None, Money]:
    """By invoice, what is left of the notes on those of these items. Only after the lock of their accounts."""
    ids = list({one.invoice_id for one in owed if one.invoice_id is not None})
    return {row["invoice_id"]: Money(int(row["unapplied"]), row["currency"])
            for row in await tx.rows(UNAPPLIED, ids=ids)}


async def of_invoice(tx: Transaction, invoice_id: UUID) -> set[UUID]:
    """All notes on an invoice, also those that were cancelled. Only after the lock of its account."""
    return {row["id"] for row in await tx.rows(OF_INVOICE, invoice_id=invoice_id)}


async def credited_invoices(tx: Transaction, invoice_ids: Collection[UUID]) -> set[UUID]:
    """Those for which a note stands. Only after the lock of their accounts."""
    return {row["invoice_id"] for row in await tx.rows(CREDITED_INVOICES, ids=list(invoice_ids))}


def add(tx: Transaction, wish: IssueCreditNote, note: CreditNote, *, recorded_at: datetime) -> None:
    currency = note.amount.currency
    tx.insert(CreditRow, {
        "id": note.id, "customer_id": note.customer_id, "kind": note.kind.value,
        "state": PaymentState.CONFIRMED.value, "method": None, "payer": None, "reference": note.number,
        "external_id": wish.external_id, "currency": currency, "amount": note.amount.minor,
        "unapplied": note.unapplied.minor, "received_on": note.effective_on, "business_on": note.business_on,
        "effective_on": note.effective_on, "raised_on": note.raised_on, "expires_on": None, "choice": None,
        "second_person": None, "unmatched": "[]", "kept_for": None, "origin": Origin.LIVE.value, "actor": tx.actor,
        "labels": json.dumps(dict(wish.labels)),
        "version": note.version, "recorded_at": recorded_at})
    tx.insert(CreditNoteRow, {
        "id": note.id, "invoice_id": note.invoice_id, "series": wish.series, "number": note.number,
        "issued_on": note.effective_on, "reason": note.reason.value, "currency": currency, "net": note.net.minor,
        "tax": note.tax.minor})
    tx.insert(CreditNoteLineRow, *(
        {"credit_note_id": note.id, "position": line.position, "invoice_id": note.invoice_id, "currency": currency,
         "net": line.net.minor, "tax": line.tax.minor} for line in note.lines))


def move(tx: Transaction, *notes: CreditNote) -> None:
    tx.change(CreditRow, *(
        {"id": note.id, "state": (PaymentState.REVERSED if note.cancelled else PaymentState.CONFIRMED).value,
         "unapplied": note.unapplied.minor, "raised_on": note.raised_on, "version": note.version} for note in notes))


def add_cancellation(
    tx: Transaction, reversal: CreditReversal, reason: CancelReason, *, recorded_at: datetime,
) -> None:
    tx.insert(CreditNoteCancellationRow, {
        "id": reversal.id, "credit_note_id": reversal.credit.id, "effective_on": reversal.effective_on,
        "business_on": reversal.business_on, "recorded_at": recorded_at, "actor": tx.actor, "reason": reason.value})


def _credited(row: Mapping[str, Any]) -> CreditedLine:
    return CreditedLine(row["position"], Money(row["net"], row["currency"]), Money(row["tax"], row["currency"]))


def _note(row: Mapping[str, Any], lines: Collection[CreditedLine]) -> CreditNote:
    currency = row["currency"]
    return CreditNote(
        row["id"], row["customer_id"], Money(row["amount"], currency), Money(row["unapplied"], currency),
        row["business_on"], row["effective_on"], row["raised_on"], row["version"], invoice_id=row["invoice_id"],
        number=row["number"], reason=CreditNoteReason(row["reason"]), lines=tuple(lines),
        cancelled=row["state"] == PaymentState.REVERSED.value)
