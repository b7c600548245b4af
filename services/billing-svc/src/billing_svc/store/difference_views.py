"""Small differences as they are shown: with their item and customer, who closed them, and when they were owed again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Date, Integer, Text, Uuid, bindparam, select, tuple_

from billing_svc.domain.difference import Difference
from billing_svc.store.customer_names import NAMES
from billing_svc.store.difference_tables import DifferenceReversalRow, DifferenceRow
from billing_svc.store.differences import difference_of
from billing_svc.store.document_tables import CustomerRow, ItemRow
from dunlin_kernel.errors import NotFound
from dunlin_kernel.ids import NIL
from dunlin_kernel.money import Money
from dunlin_kit.transaction import Transaction

_t, _back = DifferenceRow.__table__.c, DifferenceReversalRow.__table__.c
_item, _customer = ItemRow.__table__.c, CustomerRow.__table__.c
_views = (
    select(_t.id, _t.item_id, _item.customer_id, _t.currency, _t.amount, _t.reason, _t.effective_on,
           _t.policy_version, _t.actor, _t.recorded_at, _item.number, _item.open, *NAMES,
           _back.effective_on.label("reversed_on"))
    .join_from(DifferenceRow.__table__, ItemRow.__table__, _item.id == _t.item_id)
    .join(CustomerRow.__table__, _customer.customer_id == _item.customer_id)
    .outerjoin(DifferenceReversalRow.__table__, _back.difference_id == _t.id))
VIEW = _views.where(_t.id == bindparam("id", type_=Uuid))
_FILTERS = {
    "customer_id": _item.customer_id == bindparam("customer_id", type_=Uuid),
    "item_id": _t.item_id == bindparam("item_id", type_=Uuid),
    "reason": _t.reason == bindparam("reason", type_=Text)}


@dataclass(frozen=True, slots=True)
class DifferenceView:
    """What was closed of an item, whose it is, and what is open of it now; `reversed_on` None while it stands."""

    difference: Difference
    number: str
    customer_number: str
    customer_name: str | None
    owner_code: str | None
    open: Money
    closed_by: str
    recorded_at: datetime
    reversed_on: date | None


async def view(tx: Transaction, difference_id: UUID) -> DifferenceView:
    """Refuses: difference_not_found."""
    row = await tx.row(VIEW, id=difference_id)
    if row is None:
        raise NotFound("difference_not_found", "There is no such difference.", difference_id=difference_id)
    return _view(row)


async def page(
    tx: Transaction, filters: Mapping[str, Any], after: tuple[Any, ...] | None, limit: int,
) -> list[DifferenceView]:
    """Up to `limit` + 1, by effective day."""
    after_on, after_id = (date.fromisoformat(after[0]), UUID(after[1])) if after else (date.min, NIL)
    rows = await tx.rows(
        _listing(frozenset(filters)), **filters, after_on=after_on, after_id=after_id, wanted=limit + 1)
    return [_view(row) for row in rows]


@cache
def _listing(filters: frozenset[str]) -> Any:
    after = tuple_(bindparam("after_on", type_=Date), bindparam("after_id", type_=Uuid))
    return (
        _views.where(tuple_(_t.effective_on, _t.id) > after, *(_FILTERS[one] for one in sorted(filters)))
        .order_by(_t.effective_on, _t.id).limit(bindparam("wanted", type_=Integer)))


def _view(row: Any) -> DifferenceView:
    return DifferenceView(
        difference_of(row), row["number"], row["customer_number"], row["customer_name"],
        row["owner_code"], Money(row["open"], row["currency"]), row["actor"], row["recorded_at"], row["reversed_on"])
