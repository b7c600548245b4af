"""Disputes: read under the lock of their account where they decide something; settlements are only ever added."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Integer, Uuid, bindparam, func, literal_column, select
from sqlalchemy.dialects.postgresql import ARRAY

from billing_svc.domain.dispute import Dispute, DisputeOutcome, DisputeReason, Settlement
from billing_svc.store.customer_names import NAMES, OF_OWNERS
from billing_svc.store.dispute_tables import DisputeRow, DisputeSettlementRow
from billing_svc.store.document_tables import CustomerRow, ItemRow
from dunlin_kernel.errors import NotFound
from dunlin_kernel.ids import NIL
from dunlin_kernel.money import Money, sum_money
from dunlin_kit.transaction import Transaction

_t, _end = DisputeRow.__table__.c, DisputeSettlementRow.__table__.c
_item, _customer = ItemRow.__table__.c, CustomerRow.__table__.c
_columns = (_t.id, _t.item_id, _t.customer_id, _t.currency, _t.amount, _t.rest, _t.reason, _t.evidence, _t.opened_on)
_ids = bindparam("ids", type_=ARRAY(Uuid))
BY_ID = select(*_columns).where(_t.id == func.any(_ids))
OPEN_OF = select(*_columns).where(_t.customer_id == func.any(_ids), _t.rest > literal_column("0"))
ENDS = select(_end.id, _end.dispute_id, _end.outcome, _end.currency, _end.amount, _end.settled_on).where(
    _end.dispute_id == func.any(_ids)).order_by(_end.id)
_FILTERS = {
    "customer_id": _t.customer_id == bindparam("customer_id", type_=Uuid),
    "item_id": _t.item_id == bindparam("item_id", type_=Uuid),
    "id": _t.id == bindparam("id", type_=Uuid),
    "open": (_t.rest > literal_column("0")) == bindparam("open", type_=Boolean),
    "owners": OF_OWNERS}


@dataclass(frozen=True, slots=True)
class DisputeView:
    """A dispute as people read it: whose, of which item, and how parts of it ended."""

    dispute: Dispute
    customer_number: str | None
    customer_name: str | None
    owner_code: str | None
    item_number: str
    settlements: tuple[Settlement, ...]

    @property
    def accepted(self) -> Money:
        """What was accepted of it, and so is to be credited."""
        return sum_money(self.dispute.amount.currency, (
            one.amount for one in self.settlements if one.outcome is DisputeOutcome.ACCEPTED))


async def by_id(tx: Transaction, ids: Collection[UUID]) -> dict[UUID, Dispute]:
    """Refuses: dispute_not_found."""
    found = {row["id"]: _dispute(row) for row in await tx.rows(BY_ID, ids=list(ids))}
    for dispute_id in ids:
        if dispute_id not in found:
            raise NotFound("dispute_not_found", "There is no such dispute.", dispute_id=dispute_id)
    return found


async def open_of(tx: Transaction, customer_ids: Collection[UUID]) -> list[Dispute]:
    """All that is contested by these customers."""
    return [_dispute(row) for row in await tx.rows(OPEN_OF, ids=list(customer_ids))]


async def page(tx: Transaction, filters: Mapping[str, Any], after: UUID | None, limit: int) -> list[DisputeView]:
    """Up to `limit` + 1, in the order in which they were opened."""
    rows = await tx.rows(_listing(frozenset(filters)), **filters, after=after or NIL, wanted=limit + 1)
    ends: dict[UUID, list[Settlement]] = defaultdict(list)
    for row in await tx.rows(ENDS, ids=[row["id"] for row in rows]):
        ends[row["dispute_id"]].append(Settlement(
            row["id"], row["dispute_id"], DisputeOutcome(row["outcome"]), Money(row["amount"], row["currency"]),
            row["settled_on"]))
    return [DisputeView(_dispute(row), row["customer_number"], row["customer_name"], row["owner_code"],
                        row["item_number"], tuple(ends[row["id"]])) for row in rows]


def add(tx: Transaction, dispute: Dispute, *, recorded_at: datetime) -> None:
    tx.insert(DisputeRow, {
        "id": dispute.id, "item_id": dispute.item_id, "customer_id": dispute.customer_id,
        "currency": dispute.amount.currency, "amount": dispute.amount.minor, "rest": dispute.rest.minor,
        "reason": dispute.reason.value, "evidence": dispute.evidence, "opened_on": dispute.opened_on,
        "recorded_at": recorded_at, "actor": tx.actor})


def settle(tx: Transaction, dispute: Dispute, settlement: Settlement, *, recorded_at: datetime) -> None:
    """`dispute` as it stands after the settlement."""
    tx.change(DisputeRow, {"id": dispute.id, "rest": dispute.rest.minor})
    tx.insert(DisputeSettlementRow, {
        "id": settlement.id, "dispute_id": dispute.id, "outcome": settlement.outcome.value,
        "currency": settlement.amount.currency, "amount": settlement.amount.minor,
        "settled_on": settlement.settled_on, "recorded_at": recorded_at, "actor": tx.actor})


@cache
def _listing(filters: frozenset[str]) -> Any:
    return (
        select(*_columns, *NAMES, _item.number.label("item_number"))
        .join_from(DisputeRow.__table__, ItemRow.__table__, _item.id == _t.item_id)
        .join(CustomerRow.__table__, _customer.customer_id == _t.customer_id)
        .where(*(_FILTERS[one] for one in sorted(filters)), _t.id > bindparam("after", type_=Uuid))
        .order_by(_t.id).limit(bindparam("wanted", type_=Integer)))


def _dispute(row: Any) -> Dispute:
    currency = row["currency"]
    return Dispute(row["id"], row["item_id"], row["customer_id"], Money(row["amount"], currency),
                   Money(row["rest"], currency), DisputeReason(row["reason"]), row["evidence"], row["opened_on"])
