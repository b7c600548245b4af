"""Invoices as rows: drafts with their lines inside, issued ones with rows of lines that are only ever added."""

from collections.abc import Collection, Mapping
from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from billing_svc.domain.customer import Customer
from billing_svc.domain.instalments import Instalment
from billing_svc.domain.invoice import DraftInvoice, Invoice, InvoiceStatus, Parties
from billing_svc.domain.invoice_totals import Line, LineDraft, TaxRounding, Totals, totals_of
from billing_svc.domain.ledger import Origin
from billing_svc.store.customers import shares_of
from billing_svc.store.discounts import terms_kept
from billing_svc.store.document_tables import InvoiceLineRow, InvoiceRow
from dunlin_events.json_text import json_text
from dunlin_kernel.calendar import Terms
from dunlin_kernel.errors import NotFound
from dunlin_kernel.money import Money
from dunlin_kit.transaction import Transaction

_t, _line = InvoiceRow.__table__.c, InvoiceLineRow.__table__.c
_ids = bindparam("ids", type_=ARRAY(Uuid))
BY_ID = select(InvoiceRow.__table__).where(_t.id == func.any(_ids)).order_by(_t.id)
HELD = BY_ID.with_for_update(key_share=True)
LINES = select(InvoiceLineRow.__table__).where(_line.invoice_id == func.any(_ids)).order_by(
    _line.invoice_id, _line.position)


async def hold(tx: Transaction, ids: Collection[UUID]) -> dict[UUID, Invoice]:
    """These invoices, locked in order; only drafts come with their lines. Refuses: invoice_not_found."""
    return _all_of(ids, {row["id"]: _invoice(row, ()) for row in await tx.rows(HELD, ids=list(ids))})


async def by_id(tx: Transaction, ids: Collection[UUID]) -> dict[UUID, Invoice]:
    """These invoices with their lines. Refuses: invoice_not_found."""
    rows = await tx.rows(BY_ID, ids=list(ids))
    lines = [_stored_line(row) for row in await tx.rows(LINES, ids=list(ids))]
    return _all_of(ids, {row["id"]: _invoice(row, [line for of, line in lines if of == row["id"]]) for row in rows})


def add(tx: Transaction, invoice: Invoice, *, created_at: datetime) -> None:
    """A new draft, or one that is issued as it is made."""
    tx.insert(InvoiceRow, _row(invoice, created_at) | {"created_at": created_at})
    _add_lines(tx, invoice)


def change(tx: Transaction, invoice: Invoice, *, recorded_at: datetime) -> None:
    """A draft that has other content now, was discarded, or was issued."""
    tx.change(InvoiceRow, _row(invoice, recorded_at))
    _add_lines(tx, invoice)


def _add_lines(tx: Transaction, invoice: Invoice) -> None:
    if invoice.status is InvoiceStatus.ISSUED:
        tx.insert(InvoiceLineRow, *(
            {"invoice_id": invoice.id, "position": line.position, **_sold(line.sold),
             "currency": line.net.currency, "net": line.net.minor, "tax": line.tax.minor}
            for line in invoice.totals.lines))


def _row(invoice: Invoice, recorded_at: datetime) -> dict[str, Any]:
    wish, totals, issued = invoice.wish, invoice.totals, invoice.status is InvoiceStatus.ISSUED
    return {
        "id": invoice.id, "customer_id": wish.customer_id, "status": invoice.status.value, "series": wish.series,
        "number": invoice.number, "external_id": wish.external_id, "issued_on": invoice.issued_on,
        "due_on": invoice.due_on, "currency": wish.currency, "net": totals.net.minor, "tax": totals.tax.minor,
        "total": totals.total.minor, "tax_rounding": wish.tax_rounding.value,
        "authorization_id": wish.authorization_id, "order_reference": wish.order_reference, "final": wish.final,
        "origin": wish.origin.value,
        **_parties_row(invoice.parties),
        "draft_lines": None if issued else json_text([_sold(one) for one in wish.lines]),
        "draft_instalments": None if issued or not wish.instalments else json_text(
            [{"due_on": one.due_on, "minor": one.amount.minor} for one in wish.instalments]),
        "delivery_ids": json_text([str(one) for one in wish.delivery_ids]),
        "labels": json_text(dict(wish.labels)), "version": invoice.version,
        "recorded_at": recorded_at if issued else None}


@lru_cache(maxsize=1024)
def _parties_row(parties: Parties | None) -> dict[str, str | None]:
    """The same for every invoice that is issued to a buyer as it was read once."""
    if parties is None:
        return {"buyer": None, "seller": None}
    buyer, terms = parties.buyer, parties.buyer.terms
    frozen = {
        "id": buyer.id, "number": buyer.number, "name": buyer.name, "kind": buyer.kind, "tax_id": buyer.tax_id,
        "status": buyer.status, "terms": {"due_days": terms.due_days, "end_of_month": terms.end_of_month},
        "instalments": [
            {"share_bps": one.share_bps, "due_days": one.terms.due_days, "end_of_month": one.terms.end_of_month}
            for one in buyer.instalments],
        "discount": asdict(buyer.discount) if buyer.discount else None}
    return {"buyer": json_text(frozen), "seller": json_text({"name": parties.seller})}


def _sold(line: LineDraft) -> dict[str, Any]:
    return {"description": line.description, "product": line.product, "quantity": line.quantity,
            "unit_price": line.unit_price, "tax_rate": line.tax_rate}


def _all_of(ids: Collection[UUID], found: dict[UUID, Invoice]) -> dict[UUID, Invoice]:
    for invoice_id in ids:
        if invoice_id not in found:
            raise NotFound("invoice_not_found", "There is no such invoice.", invoice_id=invoice_id)
    return found


def _invoice(row: Mapping[str, Any], stored: Collection[Line]) -> Invoice:
    drafted = tuple(_line_draft(one) for one in row["draft_lines"] or ())
    rounding, currency = TaxRounding(row["tax_rounding"]), row["currency"]
    lines = tuple(stored) or (totals_of(drafted, currency, rounding).lines if drafted else ())
    wish = DraftInvoice(
        id=row["id"], customer_id=row["customer_id"], currency=currency,
        lines=drafted or tuple(line.sold for line in lines), tax_rounding=rounding, series=row["series"],
        issued_on=row["issued_on"], due_on=row["due_on"],
        instalments=tuple(
            Instalment(date.fromisoformat(one["due_on"]), Money(one["minor"], currency))
            for one in row["draft_instalments"] or ()), external_id=row["external_id"],
        authorization_id=row["authorization_id"], order_reference=row["order_reference"], final=row["final"],
        origin=Origin(row["origin"]), labels=row["labels"],
        delivery_ids=tuple(UUID(one) for one in row["delivery_ids"]))
    return Invoice(
        wish, InvoiceStatus(row["status"]), Totals(lines, Money(row["net"], currency), Money(row["tax"], currency)),
        row["number"], row["issued_on"], row["due_on"], _parties(row), row["version"])


def _parties(row: Mapping[str, Any]) -> Parties | None:
    if row["buyer"] is None:
        return None
    buyer = row["buyer"]
    return Parties(Customer(**buyer | {"id": UUID(buyer["id"]), "terms": Terms(**buyer["terms"]),
                                       "instalments": shares_of(buyer.get("instalments")),
                                       "discount": terms_kept(buyer.get("discount"))}),
                   row["seller"]["name"])


def _line_draft(given: Mapping[str, Any]) -> LineDraft:
    return LineDraft(given["description"], given["product"], Decimal(given["quantity"]), Decimal(given["unit_price"]),
                     Decimal(given["tax_rate"]))


def _stored_line(row: Mapping[str, Any]) -> tuple[UUID, Line]:
    return row["invoice_id"], Line(row["position"], _line_draft(row), Money(row["net"], row["currency"]),
                                   Money(row["tax"], row["currency"]))
