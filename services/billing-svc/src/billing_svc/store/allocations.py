"""Allocations and their reversals: facts, only ever added."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, exists, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from billing_svc.domain.allocation import Allocation
from billing_svc.domain.discount import Discount
from billing_svc.domain.reversal import AllocationReversal, CreditReversal
from billing_svc.store.ledger_tables import AllocationReversalRow, AllocationRow, CreditRow, PaymentReversalRow
from dunlin_kernel.errors import NotFound
from dunlin_kernel.money import Money
from dunlin_kit.transaction import Transaction

_t, _undone, _credit = AllocationRow.__table__.c, AllocationReversalRow.__table__.c, CreditRow.__table__.c
_columns = (_t.id, _credit.customer_id, _t.credit_id, _t.item_id, _t.currency, _t.amount, _t.effective_on,
            _t.business_on, _t.discount, _t.discount_tax)
_ids = bindparam("ids", type_=ARRAY(Uuid))
_all = select(*_columns).join_from(AllocationRow.__table__, CreditRow.__table__, _credit.id == _t.credit_id)
LIVE = _all.where(
    _t.credit_id == func.any(bindparam("credit_ids", type_=ARRAY(Uuid))),
    ~exists().where(_undone.allocation_id == _t.id)).order_by(_t.id)
LIVE_ON = _all.where(
    _t.item_id == func.any(_ids), ~exists().where(_undone.allocation_id == _t.id)).order_by(_t.id)
BY_ID = _all.where(_t.id == func.any(_ids))
UNDONE = select(_undone.allocation_id).where(_undone.allocation_id == func.any(_ids))


async def live_of(tx: Transaction, credit_ids: Collection[UUID]) -> list[Allocation]:
    """The allocations of these credits that were not undone, in the order in which they were made; each is of the
    customer that has the credit now."""
    return [allocation_kept(row) for row in await tx.rows(LIVE, credit_ids=list(credit_ids))]


async def live_on(tx: Transaction, item_ids: Collection[UUID]) -> dict[UUID, list[Allocation]]:
    """By item, the allocations on it that were not undone, in the order in which they were made."""
    found: dict[UUID, list[Allocation]] = defaultdict(list)
    for row in await tx.rows(LIVE_ON, ids=list(item_ids)):
        found[row["item_id"]].append(allocation_kept(row))
    return found


async def by_id(tx: Transaction, ids: Collection[UUID]) -> dict[UUID, Allocation]:
    """Refuses: allocation_not_found."""
    found = {row["id"]: allocation_kept(row) for row in await tx.rows(BY_ID, ids=list(ids))}
    for allocation_id in ids:
        if allocation_id not in found:
            raise NotFound("allocation_not_found", "There is no such allocation.", allocation_id=allocation_id)
    return found


async def undone_of(tx: Transaction, ids: Collection[UUID]) -> set[UUID]:
    """Those of these allocations that were undone. Only after the lock of their account."""
    return {row["allocation_id"] for row in await tx.rows(UNDONE, ids=list(ids))}


def add(tx: Transaction, allocation: Allocation, *, reason: str, recorded_at: datetime) -> None:
    tx.insert(AllocationRow, {
        "id": allocation.id, "customer_id": allocation.customer_id, "credit_id": allocation.credit_id,
        "item_id": allocation.item_id, "currency": allocation.amount.currency, "amount": allocation.amount.minor,
        "effective_on": allocation.effective_on, "business_on": allocation.business_on, "recorded_at": recorded_at,
        "discount": (allocation.relieved - allocation.amount).minor,
        "discount_tax": allocation.discount.tax.minor if allocation.discount else 0, "actor": tx.actor,
        "reason": reason})


def add_reversal(tx: Transaction, reversal: AllocationReversal, *, reason: str, recorded_at: datetime) -> None:
    undone = reversal.allocation
    tx.insert(AllocationReversalRow, {
        "id": reversal.id, "allocation_id": undone.id, "customer_id": undone.customer_id,
        "currency": undone.amount.currency, "amount": undone.amount.minor, "effective_on": reversal.effective_on,
        "business_on": reversal.business_on, "recorded_at": recorded_at, "actor": tx.actor, "reason": reason})


def add_payment_reversal(tx: Transaction, reversal: CreditReversal, *, reason: str, recorded_at: datetime) -> None:
    tx.insert(PaymentReversalRow, {
        "id": reversal.id, "credit_id": reversal.credit.id, "customer_id": reversal.credit.customer_id,
        "currency": reversal.amount.currency, "amount": reversal.amount.minor, "effective_on": reversal.effective_on,
        "business_on": reversal.business_on, "recorded_at": recorded_at, "actor": tx.actor, "reason": reason})


def allocation_kept(row: Any) -> Allocation:
    """An allocation out of a row with all its columns."""
    currency, tax = row["currency"], Money(row["discount_tax"], row["currency"])
    discount = Discount(Money(row["discount"], currency) - tax, tax) if row["discount"] else None
    return Allocation(row["id"], row["customer_id"], row["credit_id"], row["item_id"], Money(row["amount"], currency),
                      row["effective_on"], row["business_on"], discount)
