"""The history of items and payments as billing-svc told it: facts in, facts out."""

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import col

from dunlin_kernel.money import Money
from notify_svc.domain.item_history import ItemDated, ItemMoved, PaymentMoved
from notify_svc.store.history_tables import ItemDueRow, ItemMoveRow, PaymentMoveRow

_MOVES_OF = (
    select(*ItemMoveRow.__table__.c)
    .where(col(ItemMoveRow.customer_id) == bindparam("customer_ids", type_=ARRAY(Uuid)).any_())
    .order_by(col(ItemMoveRow.customer_id), col(ItemMoveRow.sequence)))
_PAYMENTS_OF = (
    select(*PaymentMoveRow.__table__.c)
    .where(col(PaymentMoveRow.customer_id) == bindparam("customer_ids", type_=ARRAY(Uuid)).any_())
    .order_by(col(PaymentMoveRow.customer_id), col(PaymentMoveRow.sequence)))
_CLAIMED = text("""
SELECT customer_id FROM item_move WHERE customer_id = ANY(:customer_ids)
  AND fact IN ('DebtWrittenOff', 'DebtRecovered', 'RecoveryReversed', 'WriteOffReversed')
GROUP BY customer_id, currency HAVING sum(amount) < 0""").bindparams(bindparam("customer_ids", type_=ARRAY(Uuid)))


async def claimed_of(tx: Any, customer_ids: Collection[UUID]) -> set[UUID]:
    """Those of these customers of whom something was written off that was not recovered: it is claimed still."""
    rows = await tx.rows(_CLAIMED, customer_ids=list(customer_ids)) if customer_ids else ()
    return {row["customer_id"] for row in rows}


async def moves_of(tx: Any, customer_ids: Collection[UUID]) -> list[ItemMoved]:
    """All that happened to the items of these customers, by customer, in the order of billing's streams."""
    return [_item_moved(row) for row in await tx.rows(_MOVES_OF, customer_ids=list(customer_ids))]


async def payments_of(tx: Any, customer_ids: Collection[UUID]) -> list[PaymentMoved]:
    """All payments of these customers that came or went, by customer, in the order of billing's streams."""
    return [_payment_moved(row) for row in await tx.rows(_PAYMENTS_OF, customer_ids=list(customer_ids))]


def add_dates(tx: Any, dates: Iterable[ItemDated]) -> None:
    """Gather due dates that stood."""
    tx.insert(ItemDueRow, *(
        {"item_id": one.item_id, "due_version": one.due_version, "customer_id": one.customer_id, "due_on": one.due_on,
         "recorded_at": one.recorded_at} for one in dates))


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
         "amount": one.amount.minor, "received_on": one.received_on, "reason": one.reason,
         "unmatched": one.unmatched} for one in payments))


def _item_moved(row: Any) -> ItemMoved:
    currency = row["currency"]
    return ItemMoved(
        row["event_id"], row["customer_id"], row["sequence"], row["recorded_at"], row["fact"], row["item_id"],
        Money(row["amount"], currency), Money(row["open_after"], currency), Money(row["disputed_after"], currency),
        row["cash"], row["allocation_id"], row["business_on"])


def _payment_moved(row: Any) -> PaymentMoved:
    return PaymentMoved(
        row["event_id"], row["customer_id"], row["sequence"], row["recorded_at"], row["payment_id"],
        Money(row["amount"], row["currency"]), row["received_on"], row["reason"], row["unmatched"])
