"""What streams told of items that stand at other customers: items in, items out."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import col

from dunlin_kernel.frozen import replace
from dunlin_kernel.money import Money
from notify_svc.domain.item import DunnedItem
from notify_svc.store.ladder_tables import LeftItemRow

_OF_ITEMS = select(*LeftItemRow.__table__.c).where(
    col(LeftItemRow.item_id) == bindparam("ids", type_=ARRAY(Uuid)).any_())


async def told_of(tx: Any, standing: Collection[DunnedItem]) -> Mapping[tuple[UUID, UUID], DunnedItem]:
    """By customer and item, what others told of items that stand; only after the lock of those others."""
    if not standing:
        return {}
    stands = {item.id: item for item in standing}
    return {(row["customer_id"], row["item_id"]): replace(
        stands[row["item_id"]], customer_id=row["customer_id"], open=Money(row["open"], row["currency"]),
        disputed=Money(row["disputed"], row["currency"]), due_on=row["due_on"], due_version=row["due_version"],
        came=came_of(row)) for row in await tx.rows(_OF_ITEMS, ids=list(stands))}


def keep(tx: Any, left: Iterable[DunnedItem]) -> None:
    """Gather items as the streams of their customers tell of them."""
    tx.put(LeftItemRow, *({
        "item_id": item.id, "customer_id": item.customer_id, "currency": item.open.currency, "open": item.open.minor,
        "disputed": item.disputed.minor, "due_on": item.due_on, "due_version": item.due_version,
        **coming(item)} for item in left), key=("item_id", "customer_id"))


def came_of(row: Any) -> Any:
    """By which fact it came to its customer; None where it was issued there."""
    return None if row["came_by"] is None else (row["came_at"], row["came_by"])


def coming(item: DunnedItem) -> dict[str, Any]:
    at, by = item.came or (None, None)
    return {"came_at": at, "came_by": by}
