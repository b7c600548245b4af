"""Dunned items: rows in, items out; what is due, and pages of them for the jobs that walk through all."""

from collections.abc import Collection, Iterable
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Date, Integer, Uuid, bindparam, func, literal_column, or_, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import col

from dunlin_kernel.money import Money
from notify_svc.domain.item import DunnedItem
from notify_svc.domain.ladder import NextReminder, Progress
from notify_svc.store.ladder_tables import DunnedItemRow as ItemRow
from notify_svc.store.left_items import came_of, coming

_MOST = bindparam("most", type_=Integer)
_COLUMNS = tuple(ItemRow.__table__.c)
_BY_ID = select(*_COLUMNS).where(col(ItemRow.id) == bindparam("ids", type_=ARRAY(Uuid)).any_())
_IDS_OF = select(col(ItemRow.id)).where(col(ItemRow.customer_id) == bindparam("ids", type_=ARRAY(Uuid)).any_())
_OPEN_OF_CUSTOMER = (
    select(*_COLUMNS)
    .where(col(ItemRow.customer_id) == bindparam("customer_id", type_=Uuid), col(ItemRow.open) > literal_column("0"))
    .order_by(col(ItemRow.due_on), col(ItemRow.id)))
_OPEN_OF_ALL = (
    select(*_COLUMNS)
    .where(col(ItemRow.customer_id) == bindparam("ids", type_=ARRAY(Uuid)).any_(),
           col(ItemRow.open) > literal_column("0"))
    .order_by(col(ItemRow.due_on), col(ItemRow.id)))
_OVERDUE_OR_IN_A_CASE = text(
    "SELECT customer_id FROM dunned_item WHERE open > 0 AND due_on < CAST(:today AS date) "
    "UNION SELECT customer_id FROM collection_case WHERE closed_on IS NULL ORDER BY 1")
_DUE_OF = select(*_COLUMNS).where(
    col(ItemRow.customer_id) == bindparam("ids", type_=ARRAY(Uuid)).any_(),
    col(ItemRow.next_on) <= bindparam("today", type_=Date))
_CUSTOMERS_DUE = (
    select(col(ItemRow.customer_id)).distinct().where(col(ItemRow.next_on) <= bindparam("today", type_=Date))
    .order_by(col(ItemRow.customer_id)))
_ANY_OR_THIS = or_(
    bindparam("customer_id", type_=Uuid).is_(None), col(ItemRow.customer_id) == bindparam("customer_id", type_=Uuid))
_OFF = col(ItemRow.active).is_(False)
_SWITCHED_OFF = (
    select(col(ItemRow.id), col(ItemRow.customer_id)).where(_OFF, _ANY_OR_THIS)
    .order_by(col(ItemRow.id)).limit(_MOST))
_SWITCHED_OFF_COUNT = select(func.count().label("items")).where(_OFF, _ANY_OR_THIS)
_CLIMBING = (
    select(col(ItemRow.id), col(ItemRow.customer_id))
    .where(col(ItemRow.id) > bindparam("after", type_=Uuid), col(ItemRow.active),
           col(ItemRow.open) > literal_column("0"))
    .order_by(col(ItemRow.id)).limit(_MOST))
_OF_LIST = (
    select(*_COLUMNS)
    .where(col(ItemRow.id) > bindparam("after", type_=Uuid), _ANY_OR_THIS,
           or_(bindparam("item_id", type_=Uuid).is_(None), col(ItemRow.id) == bindparam("item_id", type_=Uuid)))
    .order_by(col(ItemRow.id)).limit(bindparam("limit")))


def of_row(row: Any) -> DunnedItem:
    return DunnedItem(
        row["id"], row["customer_id"], row["invoice_id"], row["number"], row["issued_on"], row["due_on"],
        row["due_version"], Money(row["open"], row["currency"]), row["active"],
        Progress(row["passed_offset_days"], row["last_sent_on"]), Money(row["disputed"], row["currency"]),
        came_of(row))


async def by_id(tx: Any, ids: Collection[UUID]) -> dict[UUID, DunnedItem]:
    """These items; only after the lock of their customers, never in the same statement."""
    return {row["id"]: of_row(row) for row in await tx.rows(_BY_ID, ids=list(ids))}


async def open_of(tx: Any, customer_id: UUID) -> list[DunnedItem]:
    """What the customer owes, oldest due first; only after the customer's lock."""
    return [of_row(row) for row in await tx.rows(_OPEN_OF_CUSTOMER, customer_id=customer_id)]


async def open_of_all(tx: Any, customer_ids: Collection[UUID]) -> dict[UUID, list[DunnedItem]]:
    """What each of these customers owes, oldest due first; only after their lock."""
    found: dict[UUID, list[DunnedItem]] = {}
    for row in await tx.rows(_OPEN_OF_ALL, ids=list(customer_ids)):
        found.setdefault(row["customer_id"], []).append(of_row(row))
    return found


async def overdue_or_in_a_case(tx: Any, today: date) -> list[UUID]:
    """All customers with something overdue, or with an open case."""
    return [row["customer_id"] for row in await tx.rows(_OVERDUE_OR_IN_A_CASE, today=today)]


async def ids_of(tx: Any, customer_ids: Collection[UUID]) -> list[UUID]:
    """All items of these customers."""
    return [row["id"] for row in await tx.rows(_IDS_OF, ids=list(customer_ids))]


async def with_plans(tx: Any, ids: Collection[UUID]) -> list[tuple[NextReminder | None, DunnedItem]]:
    """These items, each with what is planned for it; only after the lock of their customers."""
    rows = await tx.rows(_BY_ID, ids=list(ids))
    return [
        (None if row["next_level"] is None else NextReminder(row["next_level"], row["next_on"]), of_row(row))
        for row in rows
    ]


async def due_of(tx: Any, customer_ids: Collection[UUID], today: date) -> dict[UUID, list[DunnedItem]]:
    """The items of each of these customers whose next level is due; only after the customers' lock."""
    found: dict[UUID, list[DunnedItem]] = {customer_id: [] for customer_id in customer_ids}
    for row in await tx.rows(_DUE_OF, ids=list(customer_ids), today=today):
        found[row["customer_id"]].append(of_row(row))
    return found


async def customers_due(tx: Any, today: date) -> list[UUID]:
    """All customers with an item whose next level is due."""
    return [row["customer_id"] for row in await tx.rows(_CUSTOMERS_DUE, today=today)]


async def switched_off(tx: Any, customer_id: UUID | None, most: int) -> list[tuple[UUID, UUID]]:
    """The first (item, customer) whose ladder is off, of one customer or of all."""
    rows = await tx.rows(_SWITCHED_OFF, customer_id=customer_id, most=most)
    return [(row["id"], row["customer_id"]) for row in rows]


async def switched_off_count(tx: Any, customer_id: UUID | None) -> int:
    return int((await tx.row(_SWITCHED_OFF_COUNT, customer_id=customer_id))["items"])


async def climbing(tx: Any, after: UUID, most: int) -> list[tuple[UUID, UUID]]:
    """The first (item, customer) after an id whose ladder is on and that owe something."""
    return [(row["id"], row["customer_id"]) for row in await tx.rows(_CLIMBING, after=after, most=most)]


async def listed(tx: Any, *, customer_id: UUID | None, item_id: UUID | None, after: UUID, limit: int) -> list[Any]:
    """Rows of items by id, with their next level and day."""
    return list(await tx.rows(_OF_LIST, customer_id=customer_id, item_id=item_id, after=after, limit=limit))


def begin(tx: Any, planned: Iterable[tuple[DunnedItem, NextReminder | None]]) -> None:
    """Gather new items; whoever hears of one at the same time in another customer's stream does so again after it."""
    tx.insert(ItemRow, *(_row_of(item, after) for item, after in planned))


def keep(tx: Any, planned: Iterable[tuple[DunnedItem, NextReminder | None]]) -> None:
    """Gather items as they stand now, each with its next reminder."""
    tx.put(ItemRow, *(_row_of(item, after) for item, after in planned))


def _row_of(item: DunnedItem, planned: NextReminder | None) -> dict[str, Any]:
    return {
        "id": item.id, "customer_id": item.customer_id, "invoice_id": item.invoice_id, "number": item.number,
        "currency": item.open.currency, "open": item.open.minor,
        "disputed": item.disputed.minor, "issued_on": item.issued_on,
        "due_on": item.due_on, "due_version": item.due_version, "active": item.active,
        **coming(item), **_place(item, planned),
    }


def climb(tx: Any, planned: Iterable[tuple[DunnedItem, NextReminder | None]]) -> None:
    """Gather where items that are kept already stand on their ladder now, each with its next reminder."""
    tx.change(ItemRow, *({"id": item.id, **_place(item, after)} for item, after in planned))


def _place(item: DunnedItem, planned: NextReminder | None) -> dict[str, Any]:
    return {
        "passed_offset_days": item.progress.passed_offset_days, "last_sent_on": item.progress.last_sent_on,
        "next_level": planned.level if planned else None, "next_on": planned.planned_on if planned else None,
    }
