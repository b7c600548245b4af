"""Refunds, their reversals and reclaims: facts, only ever added; and how they are shown."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Date, Integer, Uuid, bindparam, exists, func, select, tuple_
from sqlalchemy.dialects.postgresql import ARRAY

from billing_svc.domain.charge import Charge
from billing_svc.domain.credit import CreditKind
from billing_svc.domain.reclaim import Reclaim
from billing_svc.domain.refund import PayRefund, Refund, RefundReason, RefundReversal, RefundReversalReason
from billing_svc.store.charge_tables import ChargeRow
from billing_svc.store.customer_names import NAMES, OF_OWNERS
from billing_svc.store.document_tables import CustomerRow
from billing_svc.store.ledger_tables import CreditRow
from billing_svc.store.refund_tables import RefundReclaimRow, RefundReversalRow, RefundRow
from dunlin_kernel.errors import NotFound
from dunlin_kernel.ids import NIL
from dunlin_kernel.money import Money
from dunlin_kit.transaction import Transaction

T = TypeVar("T")
_t, _back, _c, _customer = (
    RefundRow.__table__.c, RefundReversalRow.__table__.c, CreditRow.__table__.c, CustomerRow.__table__.c)
_claimed, _charge = RefundReclaimRow.__table__.c, ChargeRow.__table__.c
_ids = bindparam("ids", type_=ARRAY(Uuid))
_refunds = (
    select(_t.id, _t.credit_id, _c.customer_id, _t.currency, _t.amount, _t.effective_on)
    .join_from(RefundRow.__table__, CreditRow.__table__, _c.id == _t.credit_id))
BY_ID = _refunds.where(_t.id == func.any(_ids))
REVERSED = select(_back.refund_id).where(_back.refund_id == func.any(_ids))
RECLAIMED = select(_claimed.refund_id).where(_claimed.refund_id == func.any(_ids))
STANDING = (
    _refunds.where(_t.credit_id == func.any(_ids), ~exists().where(_back.refund_id == _t.id),
                   ~exists().where(_claimed.refund_id == _t.id)).order_by(_t.id))
_views = (
    select(*_t, _c.kind.label("credit_kind"), *NAMES,
           _back.effective_on.label("reversed_on"), _back.reason.label("reversal_reason"),
           _claimed.effective_on.label("reclaimed_on"), _charge.item_id.label("reclaim_item_id"))
    .join_from(RefundRow.__table__, CreditRow.__table__, _c.id == _t.credit_id)
    .join(CustomerRow.__table__, _customer.customer_id == _t.customer_id)
    .outerjoin(RefundReversalRow.__table__, _back.refund_id == _t.id)
    .outerjoin(RefundReclaimRow.__table__, _claimed.refund_id == _t.id)
    .outerjoin(ChargeRow.__table__, _charge.id == _claimed.id))
VIEW = _views.where(_t.id == func.any(_ids))
_FILTERS = {
    "customer_id": _t.customer_id == bindparam("customer_id", type_=Uuid),
    "credit_id": _t.credit_id == bindparam("credit_id", type_=Uuid),
    "owners": OF_OWNERS}


@dataclass(frozen=True, slots=True)
class RefundView:
    """A refund, whose it is, how it was paid, and its reversal or reclaim; None while it stands."""

    refund: Refund
    credit_kind: CreditKind
    customer_number: str
    customer_name: str | None
    owner_code: str | None
    method: str
    reference: str | None
    external_id: str | None
    reason: RefundReason
    paid_by: str
    recorded_at: datetime
    reversed_on: date | None
    reversal_reason: RefundReversalReason | None
    reclaimed_on: date | None
    reclaim_item_id: UUID | None


async def by_id(tx: Transaction, ids: Collection[UUID]) -> dict[UUID, Refund]:
    """Refuses: refund_not_found."""
    return _all_of(ids, {row["id"]: _refund(row) for row in await tx.rows(BY_ID, ids=list(ids))})


async def reversed_of(tx: Transaction, ids: Collection[UUID]) -> set[UUID]:
    """Those of these refunds that were reversed. Only after the lock of their account."""
    return {row["refund_id"] for row in await tx.rows(REVERSED, ids=list(ids))}


async def reclaimed_of(tx: Transaction, ids: Collection[UUID]) -> set[UUID]:
    """Those of these refunds that are claimed back. Only after the lock of their account."""
    return {row["refund_id"] for row in await tx.rows(RECLAIMED, ids=list(ids))}


async def standing_of(tx: Transaction, credit_ids: Collection[UUID]) -> list[Refund]:
    """The refunds of these credits that were neither reversed nor claimed back, the first one first. Only after the
    lock of their account."""
    return [_refund(row) for row in await tx.rows(STANDING, ids=list(credit_ids))]


async def view(tx: Transaction, refund_id: UUID) -> RefundView:
    """Refuses: refund_not_found."""
    return _all_of([refund_id], {row["id"]: _view(row) for row in await tx.rows(VIEW, ids=[refund_id])})[refund_id]


async def page(
    tx: Transaction, filters: Mapping[str, Any], after: tuple[Any, ...] | None, limit: int,
) -> list[RefundView]:
    """Up to `limit` + 1, by effective day."""
    after_on, after_id = (date.fromisoformat(after[0]), UUID(after[1])) if after else (date.min, NIL)
    rows = await tx.rows(
        _listing(frozenset(filters)), **filters, after_on=after_on, after_id=after_id, wanted=limit + 1)
    return [_view(row) for row in rows]


def add(tx: Transaction, wish: PayRefund, refund: Refund, *, recorded_at: datetime) -> None:
    tx.insert(RefundRow, {
        "id": refund.id, "credit_id": refund.credit_id, "customer_id": refund.customer_id,
        "currency": refund.amount.currency, "amount": refund.amount.minor, "effective_on": refund.effective_on,
        "method": wish.method, "reference": wish.reference, "external_id": wish.external_id,
        "recorded_at": recorded_at, "actor": tx.actor, "reason": wish.reason.value})


def add_reversal(
    tx: Transaction, reversal: RefundReversal, reason: RefundReversalReason, *, recorded_at: datetime,
) -> None:
    tx.insert(RefundReversalRow, {
        "id": reversal.id, "refund_id": reversal.refund.id, "effective_on": reversal.effective_on,
        "recorded_at": recorded_at, "actor": tx.actor, "reason": reason.value})


def add_reclaim(tx: Transaction, charge: Charge, reclaim: Reclaim) -> None:
    """After its charge."""
    tx.insert(RefundReclaimRow, {
        "id": charge.id, "refund_id": reclaim.refund.id, "effective_on": reclaim.effective_on})


@cache
def _listing(filters: frozenset[str]) -> Any:
    after = tuple_(bindparam("after_on", type_=Date), bindparam("after_id", type_=Uuid))
    return (
        _views.where(tuple_(_t.effective_on, _t.id) > after, *(_FILTERS[one] for one in sorted(filters)))
        .order_by(_t.effective_on, _t.id).limit(bindparam("wanted", type_=Integer)))


def _all_of(ids: Collection[UUID], found: dict[UUID, T]) -> dict[UUID, T]:
    for refund_id in ids:
        if refund_id not in found:
            raise NotFound("refund_not_found", "There is no such refund.", refund_id=refund_id)
    return found


def _refund(row: Any) -> Refund:
    return Refund(row["id"], row["credit_id"], row["customer_id"], Money(row["amount"], row["currency"]),
                  row["effective_on"])


def _view(row: Any) -> RefundView:
    reason = row["reversal_reason"]
    return RefundView(
        _refund(row), CreditKind(row["credit_kind"]), row["customer_number"], row["customer_name"], row["owner_code"],
        row["method"], row["reference"], row["external_id"], RefundReason(row["reason"]), row["actor"],
        row["recorded_at"], row["reversed_on"], RefundReversalReason(reason) if reason else None, row["reclaimed_on"],
        row["reclaim_item_id"])
