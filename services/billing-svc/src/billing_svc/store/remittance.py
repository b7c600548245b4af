"""Open items by what a payer may call them: the number of their document, or the external id of their invoice."""

from collections import defaultdict
from collections.abc import Collection
from uuid import UUID

from sqlalchemy import Text, Uuid, bindparam, func, literal_column, or_, select
from sqlalchemy.dialects.postgresql import ARRAY

from billing_svc.store.document_tables import InvoiceRow, ItemRow
from dunlin_kit.transaction import Transaction

_t, _invoice = ItemRow.__table__.c, InvoiceRow.__table__.c
_texts = bindparam("texts", type_=ARRAY(Text))
NAMED = (
    select(_t.id, _t.customer_id, _t.currency, _t.number, _invoice.external_id)
    .outerjoin_from(ItemRow.__table__, InvoiceRow.__table__, _invoice.id == _t.invoice_id)
    .where(_t.customer_id == func.any(bindparam("customer_ids", type_=ARRAY(Uuid))), _t.open > literal_column("0"),
           or_(_t.number == func.any(_texts), _invoice.external_id == func.any(_texts)))
    .order_by(_t.due_on, _t.id))


async def named(
    tx: Transaction, customer_ids: Collection[UUID], texts: Collection[str],
) -> dict[tuple[UUID, str], list[UUID]]:
    """Of these customers, by customer and text, in the order of due dates. Only after the lock of their accounts."""
    found: dict[tuple[UUID, str], list[UUID]] = defaultdict(list)
    for row in await tx.rows(NAMED, customer_ids=list(customer_ids), texts=list(texts)):
        for text in {row["number"], row["external_id"]} & set(texts):
            found[row["customer_id"], text].append(row["id"])
    return dict(found)
