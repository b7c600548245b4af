"""What credit notes took back of money that had paid with a discount: facts, only ever added."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy import Uuid, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from billing_svc.domain.credited_discount import TakenBack
from billing_svc.domain.discount import Discount
from billing_svc.store.credit_note_tables import CreditedDiscountRow
from dunlin_kernel.money import Money
from dunlin_kit.transaction import Transaction

_t = CreditedDiscountRow.__table__.c
BY_NOTES = select(_t.credit_note_id, _t.credit_id, _t.item_id, _t.currency, _t.amount, _t.discount,
                  _t.discount_tax).where(
    _t.credit_note_id == func.any(bindparam("ids", type_=ARRAY(Uuid)))).order_by(_t.reversal_id)


async def by_notes(tx: Transaction, note_ids: Collection[UUID]) -> Mapping[UUID, list[TakenBack]]:
    """By note, what it took back, in that order. Only after the lock of their accounts."""
    found: dict[UUID, list[TakenBack]] = defaultdict(list)
    for row in await tx.rows(BY_NOTES, ids=list(note_ids)):
        currency, tax = row["currency"], Money(row["discount_tax"], row["currency"])
        found[row["credit_note_id"]].append(TakenBack(
            row["credit_id"], row["item_id"], Money(row["amount"], currency),
            Discount(Money(row["discount"], currency) - tax, tax)))
    return found


def add(tx: Transaction, reversal_id: UUID, note_id: UUID, taken: TakenBack) -> None:
    tx.insert(CreditedDiscountRow, {
        "reversal_id": reversal_id, "credit_note_id": note_id, "credit_id": taken.credit_id, "item_id": taken.item_id,
        "currency": taken.amount.currency, "amount": taken.amount.minor, "discount": taken.discount.total.minor,
        "discount_tax": taken.discount.tax.minor})
