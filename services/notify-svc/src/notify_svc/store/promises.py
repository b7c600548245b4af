"""Promises: rows in, promises out; those that run, those of a customer, and a page of all."""

from collections.abc import Collection, Sequence
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Text, Uuid, bindparam, exists, func, literal_column, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import col

from dunlin_kernel.errors import NotFound
from dunlin_kernel.money import Money
from notify_svc.domain.promise import Promise, PromiseStatus
from notify_svc.store.customer_names import answered_by
from notify_svc.store.history_tables import ItemMoveRow, PaymentMoveRow
from notify_svc.store.promise_tables import PromiseItemRow, PromiseRow

_CUSTOMERS = bindparam("customer_ids", type_=ARRAY(Uuid))
_COLUMNS = tuple(PromiseRow.__table__.c)
_OF_CUSTOMER = (
    select(*_COLUMNS)
    .where(col(PromiseRow.customer_id) == _CUSTOMERS.any_(),
           col(PromiseRow.status) != literal_column("'withdrawn'"))
    .order_by(col(PromiseRow.promised_on), col(PromiseRow.id)))
_RUNNING = (
    select(*_COLUMNS)
    .where(col(PromiseRow.customer_id) == _CUSTOMERS.any_(), col(PromiseRow.status) == literal_column("'running'"))
    .order_by(col(PromiseRow.promised_on), col(PromiseRow.id)))
_WATCHED = (
    select(col(PromiseRow.customer_id), func.bool_or(literal_column("status = 'running'")).label("running"))
    .where(col(PromiseRow.customer_id) == _CUSTOMERS.any_(), col(PromiseRow.status) != literal_column("'withdrawn'"))
    .group_by(col(PromiseRow.customer_id)))
_ITEMS = select(*PromiseItemRow.__table__.c).where(
    col(PromiseItemRow.promise_id) == bindparam("ids", type_=ARRAY(Uuid)).any_())
_FIND = select(*_COLUMNS).where(col(PromiseRow.id) == bindparam("id", type_=Uuid))
_HEARD = select(func.coalesce(func.greatest(
    select(func.max(col(ItemMoveRow.sequence))).where(
        col(ItemMoveRow.customer_id) == bindparam("customer_id", type_=Uuid)).scalar_subquery(),
    select(func.max(col(PaymentMoveRow.sequence))).where(
        col(PaymentMoveRow.customer_id) == bindparam("customer_id", type_=Uuid)).scalar_subquery()),
    literal_column("0")).label("sequence"))
_FILTERS = {
    "after": col(PromiseRow.id) < bindparam("after", type_=Uuid),
    "customer_id": col(PromiseRow.customer_id) == bindparam("customer_id", type_=Uuid),
    "owners": answered_by(col(PromiseRow.customer_id)),
    "status": col(PromiseRow.status) == bindparam("status", type_=Text),
    "item_id": exists().where(
        col(PromiseItemRow.promise_id) == col(PromiseRow.id),
        col(PromiseItemRow.item_id) == bindparam("item_id", type_=Uuid)),
}


@cache
def _page(filters: tuple[str, ...]) -> Any:
    """One text per combination of filters."""
    return (
        select(*_COLUMNS).where(*(_FILTERS[name] for name in filters))
        .order_by(col(PromiseRow.id).desc()).limit(bindparam("limit")))


async def find(tx: Any, promise_id: UUID) -> Promise:
    """Decides only after its customer's lock. Refuses: promise_not_found."""
    row = await tx.row(_FIND, id=promise_id)
    if row is None:
        raise NotFound("promise_not_found", "There is no such promise.")
    return (await _with_items(tx, [row]))[0]


async def running_of(tx: Any, customer_ids: Collection[UUID]) -> list[Promise]:
    """The running promises of these customers, earliest first; only after their lock."""
    return await _with_items(tx, await tx.rows(_RUNNING, customer_ids=list(customer_ids)))


async def judgeable_of(tx: Any, customer_id: UUID) -> list[Promise]:
    """All promises of a customer that run or were judged; only after the customer's lock."""
    return await _with_items(tx, await tx.rows(_OF_CUSTOMER, customer_ids=[customer_id]))


async def watched(tx: Any, customer_ids: Collection[UUID]) -> dict[UUID, bool]:
    """Those of these customers with promises that facts may judge, and whether one of them still runs."""
    rows = await tx.rows(_WATCHED, customer_ids=list(customer_ids))
    return {row["customer_id"]: row["running"] for row in rows}


async def heard_sequence(tx: Any, customer_id: UUID) -> int:
    """How far billing's stream of a customer has been heard; only after the customer's lock."""
    return int((await tx.row(_HEARD, customer_id=customer_id))["sequence"])


async def listed(tx: Any, filters: dict[str, Any], *, limit: int) -> list[Promise]:
    """Promises, newest first. Filters, left out where None: after (id), customer_id, owners, item_id, status."""
    applied = {name: filters[name] for name in _FILTERS if filters.get(name) is not None}
    return await _with_items(tx, await tx.rows(_page(tuple(applied)), limit=limit, **applied))


def add(tx: Any, promise: Promise) -> None:
    """Gather a new promise with its items."""
    tx.insert(PromiseRow, {
        "id": promise.id, "customer_id": promise.customer_id, "currency": promise.amount.currency,
        "amount": promise.amount.minor, "promised_on": promise.promised_on, "grace_days": promise.grace_days,
        "made_on": promise.made_on, "made_by": promise.made_by, "note": promise.note,
        "open_when_made": promise.open_when_made.minor, "heard_sequence": promise.heard_sequence,
        **_judgement(promise)})
    tx.insert(PromiseItemRow, *({"promise_id": promise.id, "item_id": one} for one in sorted(promise.items)))


def keep(tx: Any, promise: Promise) -> None:
    """Gather how a promise is judged now."""
    tx.change(PromiseRow, {"id": promise.id, **_judgement(promise)})


def _judgement(promise: Promise) -> dict[str, Any]:
    return {
        "status": promise.status.value, "received": promise.received.minor, "required": promise.required.minor,
        "judged_on": promise.judged_on, "end_reason": promise.end_reason}


async def _with_items(tx: Any, rows: Sequence[Any]) -> list[Promise]:
    items: dict[UUID, set[UUID]] = {row["id"]: set() for row in rows}
    for one in await tx.rows(_ITEMS, ids=list(items)) if rows else ():
        items[one["promise_id"]].add(one["item_id"])
    return [_promise(row, frozenset(items[row["id"]])) for row in rows]


def _promise(row: Any, items: frozenset[UUID]) -> Promise:
    currency = row["currency"]
    return Promise(
        row["id"], row["customer_id"], Money(row["amount"], currency), row["promised_on"], row["grace_days"], items,
        row["made_on"], row["made_by"], row["note"], Money(row["open_when_made"], currency), row["heard_sequence"],
        Money(row["required"], currency), Money(row["received"], currency), PromiseStatus(row["status"]),
        row["judged_on"], row["end_reason"])
