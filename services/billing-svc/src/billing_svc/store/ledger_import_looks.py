"""What the ledger has already of the facts that an import brings, looked up by external id."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Text, bindparam, func, literal_column, select
from sqlalchemy.dialects.postgresql import ARRAY

from billing_svc.domain.ledger_judgement import KnownInvoice, KnownPayment, OwedItem
from billing_svc.store.document_tables import InvoiceRow, ItemRow
from billing_svc.store.ledger_tables import CreditRow
from dunlin_kernel.money import Money
from dunlin_kit.transaction import Transaction

_invoice, _item, _credit = InvoiceRow.__table__.c, ItemRow.__table__.c, CreditRow.__table__.c
_external_ids = bindparam("external_ids", type_=ARRAY(Text))
INVOICES = select(
    _invoice.external_id, _invoice.customer_id, _invoice.currency, _invoice.total, _invoice.status, _invoice.issued_on,
    _invoice.due_on).where(_invoice.external_id == func.any(_external_ids))
PAYMENTS = select(
    _credit.external_id, _credit.customer_id, _credit.currency, _credit.amount, _credit.received_on, _credit.reference,
).where(_credit.external_id == func.any(_external_ids))
ITEMS = (
    select(_invoice.external_id, _item.id, _item.customer_id, _item.currency, _item.open)
    .join_from(InvoiceRow.__table__, ItemRow.__table__, (_item.invoice_id == _invoice.id)
               & (_item.kind == literal_column("'invoice'")))
    .where(_invoice.external_id == func.any(_external_ids))
    .order_by((_item.open > literal_column("0")).asc(), _item.due_on.desc(), _item.id))


async def known_invoices(tx: Transaction, external_ids: Collection[str]) -> dict[str, KnownInvoice]:
    """An invoice that was never issued, or is void, is known without its date."""
    return {
        row["external_id"]: KnownInvoice(
            row["customer_id"], Money(row["total"], row["currency"]),
            row["issued_on"] if row["status"] == "issued" else None, row["due_on"])
        for row in await _look(tx, INVOICES, external_ids)}


async def known_payments(tx: Transaction, external_ids: Collection[str]) -> dict[str, KnownPayment]:
    return {
        row["external_id"]: KnownPayment(
            row["customer_id"], Money(row["amount"], row["currency"]), row["received_on"], row["reference"])
        for row in await _look(tx, PAYMENTS, external_ids)}


async def owed_items(tx: Transaction, external_ids: Collection[str]) -> dict[str, OwedItem]:
    """The item of each invoice; of several, the one that is open and due first."""
    return {
        row["external_id"]: OwedItem(row["id"], row["customer_id"], Money(row["open"], row["currency"]))
        for row in await _look(tx, ITEMS, external_ids)}


async def _look(tx: Transaction, statement: Any, external_ids: Collection[str]) -> list[Any]:
    return await tx.rows(statement, external_ids=list(set(external_ids))) if external_ids else []
