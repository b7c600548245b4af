"""The history of items and payments as billing-svc told it: facts in, facts out."""

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import col

from dunlin_kernel.money import Money
from notify_svc.domain.item_history import ItemMoved, PaymentMoved
from notify_svc.store.history_tables import ItemMoveRow, PaymentMoveRow

_MOVES_OF = (
    select(*ItemMoveRow.__table__.c)
    .where(col(ItemMoveRow.customer_id) == bindparam("customer_ids", type_=ARRAY(Uuid)).any_())
    .order_by(col(ItemMoveRow.customer_id), col(ItemMoveRow.sequence)))
_PAYMENTS_OF = (
    select(*PaymentMoveRow.__table__.c)
    .where(col(PaymentMoveRow.customer_id) == bindparam("customer_ids", type_=ARRAY(Uuid)).any_())
    .order_by(col(PaymentMoveRow.customer_id), col(PaymentMoveRow.sequence)))


async def moves_of(tx: Any, customer_ids: Collection[UUID]) -> list[ItemMoved]:
    """All that happened to the items of these customers, by customer, in the order of billing's streams."""
    return [_item_moved(row) for row in await tx.rows(_MOVES_OF, customer_ids=list(customer_ids))]


async def payments_of(tx: Any, customer_ids: Collection[UUID]) -> list[PaymentMoved]:
    """All payments of these customers that came or went, by customer, in the order of billing's streams."""
    return [_payment_moved(row) for row in await tx.rows(_PAYMENTS_OF, customer_ids=list(customer_ids))]


def add(tx: Any, items: Iterable[ItemMoved], payments: Iterable[PaymentMoved]) -> None:
    """Gather facts that were heard."""
    tx.insert(ItemMoveRow, *(
        {"event_id": one.event_id, "item_id": one.item_id, "customer_id": one.customer_id, "sequence": one.sequence,
         "recorded_at": one.recorded_at, "fact": one.fact, "currency": one.amount.currency,
         "amount": one.amount.minor, "open_after": one.open_after.minor, "disputed_after": one.disputed_after.minor,
         "cash": one.cash, "allocation_id": one.allocation_id, "business_on": one.business_on} for one in items))
    tx.insert(PaymentMoveRow, *(
        {"event_id": one.event_id, "customer_id": one.customer_id, "sequence": one.sequence,
         "recorded_at": one.recorded_at, "payment_id": one.payment_id, "currency": one.amount.currency,
         "amount": one.amount.minor, "received_on": one.received_on} for one in payments))


def _item_moved(row: Any) -> ItemMoved:
    currency = row["currency"]
    return ItemMoved(
        row["event_id"], row["customer_id"], row["sequence"], row["recorded_at"], row["fact"], row["item_id"],
        Money(row["amount"], currency), Money(row["open_after"], currency), Money(row["disputed_after"], currency),
        row["cash"], row["allocation_id"], row["business_on"])


def _payment_moved(row: Any) -> PaymentMoved:
    return PaymentMoved(
        row["event_id"], row["customer_id"], row["sequence"], row["recorded_at"], row["payment_id"],
        Money(row["amount"], row["currency"]), row["received_on"])
