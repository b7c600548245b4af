"""Charges: facts, only ever added; what is owed for them stands on their items."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, func, literal, select

from billing_svc.domain.charge import SERIES, Charge, ChargeReason
from billing_svc.store.charge_tables import ChargeRow
from billing_svc.store.document_tables import ItemRow
from dunlin_kit.transaction import Transaction

_t, _item = ChargeRow.__table__.c, ItemRow.__table__.c
COMPENSATIONS_ON = (
    select(_t.item_id).join_from(ItemRow.__table__, ChargeRow.__table__, _item.id == _t.item_id)
    .where(_item.claim_item_id == func.any(bindparam("ids", type_=ARRAY(Uuid))),
           _t.reason == literal(ChargeReason.LATE_PAYMENT_COMPENSATION.value)))


async def compensations_on(tx: Transaction, claim_item_ids: Collection[UUID]) -> list[UUID]:
    """The items of the fixed sums that were charged for the late payment of these claims."""
    return [row["item_id"] for row in await tx.rows(COMPENSATIONS_ON, ids=list(claim_item_ids))]


def add(tx: Transaction, charge: Charge, *, recorded_at: datetime) -> None:
    wish = charge.wish
    tx.insert(ChargeRow, {
        "id": charge.id, "item_id": charge.item_id, "customer_id": wish.customer_id, "kind": wish.kind.value,
        "series": SERIES[wish.kind], "number": charge.number, "currency": wish.amount.currency,
        "amount": wish.amount.minor, "effective_on": wish.effective_on, "recorded_at": recorded_at,
        "actor": tx.actor, "reason": wish.reason.value})
