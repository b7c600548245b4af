"""Deliveries: held in order by whoever bills or cancels them; what is billed is only ever added."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Integer, Uuid, bindparam, func, literal_column, select
from sqlalchemy.dialects.postgresql import ARRAY

from billing_svc.domain.delivery import Billed, Delivery, DeliveryCancelReason
from billing_svc.domain.invoice import Invoice
from billing_svc.store.customer_names import NAMES
from billing_svc.store.delivery_tables import DeliveryBillingRow, DeliveryRow
from billing_svc.store.document_tables import CustomerRow
from dunlin_kernel.errors import NotFound
from dunlin_kernel.ids import NIL
from dunlin_kernel.money import Money
from dunlin_kit.transaction import Transaction

_t, _billing, _customer = DeliveryRow.__table__.c, DeliveryBillingRow.__table__.c, CustomerRow.__table__.c
_columns = (_t.id, _t.customer_id, _t.authorization_id, _t.reference, _t.currency, _t.amount, _t.open,
            _t.delivered_on, _t.cancelled)
_ids = bindparam("ids", type_=ARRAY(Uuid))
HELD = select(*_columns).where(_t.id == func.any(_ids)).order_by(_t.id).with_for_update(key_share=True)
NOT_BILLED = (
    select(*_columns)
    .where((_t.open > literal_column("0"))
           & ((_t.authorization_id == func.any(bindparam("authorization_ids", type_=ARRAY(Uuid))))
              | (_t.id == func.any(_ids))))
    .order_by(_t.id).with_for_update(key_share=True))
BILLED_BY = (
    select(_billing.invoice_id, _billing.delivery_id, _billing.amount)
    .where(_billing.invoice_id == func.any(_ids)).order_by(_billing.delivery_id))
_FILTERS = {
    "customer_id": _t.customer_id == bindparam("customer_id", type_=Uuid),
    "id": _t.id == bindparam("id", type_=Uuid),
    "open": (_t.open > literal_column("0")) == bindparam("open", type_=Boolean)}


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """A delivery as people read it: whose."""

    delivery: Delivery
    customer_number: str | None
    customer_name: str | None
    owner_code: str | None


async def hold(tx: Transaction, delivery_id: UUID) -> Delivery:
    """Refuses: delivery_not_found."""
    row = await tx.row(HELD, ids=[delivery_id])
    if row is None:
        raise NotFound("delivery_not_found", "There is no such delivery.", delivery_id=delivery_id)
    return _delivery(row)


async def to_bill(tx: Transaction, drafts: Sequence[Invoice]) -> dict[UUID, Delivery]:
    """What is not billed of what these drafts name, locked in order; nothing is asked where none names anything."""
    authorizations = {one.wish.authorization_id for one in drafts} - {None}
    named = {delivery_id for one in drafts for delivery_id in one.wish.delivery_ids}
    if not authorizations and not named:
        return {}
    rows = await tx.rows(NOT_BILLED, authorization_ids=list(authorizations), ids=list(named))
    return {row["id"]: _delivery(row) for row in rows}


async def billed_by(tx: Transaction, invoice_ids: Collection[UUID]) -> Mapping[UUID, Sequence[tuple[UUID, int]]]:
    """The deliveries that these invoices billed, with how many minor units, by invoice."""
    found: dict[UUID, list[tuple[UUID, int]]] = defaultdict(list)
    for row in await tx.rows(BILLED_BY, ids=list(invoice_ids)):
        found[row["invoice_id"]].append((row["delivery_id"], row["amount"]))
    return found


async def hold_all(tx: Transaction, ids: Collection[UUID]) -> dict[UUID, Delivery]:
    """These deliveries, locked in order."""
    return {row["id"]: _delivery(row) for row in await tx.rows(HELD, ids=list(ids))} if ids else {}


async def page(tx: Transaction, filters: Mapping[str, Any], after: UUID | None, limit: int) -> list[DeliveryView]:
    """Up to `limit` + 1, in the order in which they were recorded."""
    rows = await tx.rows(_listing(frozenset(filters)), **filters, after=after or NIL, wanted=limit + 1)
    return [DeliveryView(_delivery(row), row["customer_number"], row["customer_name"], row["owner_code"])
            for row in rows]


def add(tx: Transaction, one: Delivery, *, recorded_at: datetime) -> None:
    tx.insert(DeliveryRow, {
        "id": one.id, "customer_id": one.customer_id, "authorization_id": one.authorization_id,
        "reference": one.reference, "currency": one.amount.currency, "amount": one.amount.minor,
        "open": one.open.minor, "delivered_on": one.delivered_on, "cancelled": None, "recorded_at": recorded_at,
        "actor": tx.actor})


def change(tx: Transaction, *deliveries: Delivery) -> None:
    tx.change(DeliveryRow, *(
        {"id": one.id, "open": one.open.minor, "cancelled": one.cancelled and one.cancelled.value}
        for one in deliveries))


def bill(tx: Transaction, invoice_id: UUID, billed: Collection[Billed]) -> None:
    """Gather what an invoice bills, and the deliveries as they stand then."""
    change(tx, *(one.after for one in billed))
    tx.insert(DeliveryBillingRow, *(
        {"invoice_id": invoice_id, "delivery_id": one.after.id, "amount": one.amount.minor} for one in billed))


@cache
def _listing(filters: frozenset[str]) -> Any:
    return (
        select(*_columns, *NAMES)
        .join_from(DeliveryRow.__table__, CustomerRow.__table__, _customer.customer_id == _t.customer_id)
        .where(*(_FILTERS[one] for one in sorted(filters)), _t.id > bindparam("after", type_=Uuid))
        .order_by(_t.id).limit(bindparam("wanted", type_=Integer)))


def _delivery(row: Any) -> Delivery:
    currency, cancelled = row["currency"], row["cancelled"]
    return Delivery(
        row["id"], row["customer_id"], row["authorization_id"], row["reference"], Money(row["amount"], currency),
        Money(row["open"], currency), row["delivered_on"], DeliveryCancelReason(cancelled) if cancelled else None)
