"""Small differences: facts, only ever added, and the policy by which they are closed."""

import json
from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, exists, func, literal_column, select
from sqlalchemy.dialects.postgresql import ARRAY

from billing_svc.domain.difference import (
    FIRST_TOLERANCE_POLICY,
    Difference,
    DifferenceReason,
    DifferenceReversal,
    TolerancePolicy,
)
from billing_svc.store.difference_tables import DifferenceReversalRow, DifferenceRow, TolerancePolicyRow
from billing_svc.store.document_tables import ItemRow
from dunlin_kernel.errors import NotFound
from dunlin_kernel.money import Money
from dunlin_kit.transaction import Transaction

_t, _back, _policy = DifferenceRow.__table__.c, DifferenceReversalRow.__table__.c, TolerancePolicyRow.__table__.c
_item = ItemRow.__table__.c
_ids = bindparam("ids", type_=ARRAY(Uuid))
_all = select(_t.id, _t.item_id, _item.customer_id, _t.currency, _t.amount, _t.reason, _t.effective_on,
              _t.policy_version).join_from(DifferenceRow.__table__, ItemRow.__table__, _item.id == _t.item_id)
BY_ID = _all.where(_t.id == func.any(_ids))
STANDING_ON = _all.where(
    _t.item_id == func.any(_ids), ~exists().where(_back.difference_id == _t.id)).order_by(_t.id)
REVERSED = select(_back.difference_id).where(_back.difference_id == func.any(_ids))
IN_FORCE = select(_policy.version, _policy.most, _policy.share_bps).order_by(_policy.version.desc()).limit(
    literal_column("1"))


async def by_id(tx: Transaction, ids: Collection[UUID]) -> dict[UUID, Difference]:
    """Refuses: difference_not_found."""
    found = {row["id"]: difference_of(row) for row in await tx.rows(BY_ID, ids=list(ids))}
    for difference_id in ids:
        if difference_id not in found:
            raise NotFound("difference_not_found", "There is no such difference.", difference_id=difference_id)
    return found


async def standing_on(tx: Transaction, item_ids: Collection[UUID]) -> dict[UUID, list[Difference]]:
    """By item, those that are closed still, in the order in which they were. Only after the lock of its account."""
    found: dict[UUID, list[Difference]] = {one: [] for one in item_ids}
    for row in await tx.rows(STANDING_ON, ids=list(item_ids)):
        found[row["item_id"]].append(difference_of(row))
    return found


async def reversed_of(tx: Transaction, ids: Collection[UUID]) -> set[UUID]:
    """Those of these differences that are owed again. Only after the lock of their account."""
    return {row["difference_id"] for row in await tx.rows(REVERSED, ids=list(ids))}


async def policy_in_force(tx: Transaction) -> TolerancePolicy:
    """The tenant's newest version, or that by which every tenant begins."""
    row = await tx.row(IN_FORCE)
    if row is None:
        return FIRST_TOLERANCE_POLICY
    most = {currency: Money(minor, currency) for currency, minor in row["most"].items()}
    return TolerancePolicy(row["version"], most, row["share_bps"])


def add_policy(tx: Transaction, policy: TolerancePolicy, *, recorded_at: datetime) -> None:
    most = {currency: amount.minor for currency, amount in policy.most.items()}
    tx.insert(TolerancePolicyRow, {
        "version": policy.version, "most": json.dumps(most), "share_bps": policy.share_bps, "actor": tx.actor,
        "recorded_at": recorded_at})


def add(tx: Transaction, difference: Difference, *, recorded_at: datetime) -> None:
    tx.insert(DifferenceRow, {
        "id": difference.id, "item_id": difference.item_id, "customer_id": difference.customer_id,
        "currency": difference.amount.currency, "amount": difference.amount.minor, "reason": difference.reason.value,
        "effective_on": difference.effective_on, "policy_version": difference.policy_version,
        "recorded_at": recorded_at, "actor": tx.actor})


def add_reversal(tx: Transaction, reversal: DifferenceReversal, *, recorded_at: datetime) -> None:
    tx.insert(DifferenceReversalRow, {
        "id": reversal.id, "difference_id": reversal.difference.id, "effective_on": reversal.effective_on,
        "recorded_at": recorded_at, "actor": tx.actor})


def difference_of(row: Any) -> Difference:
    """A difference out of a row with its columns."""
    return Difference(row["id"], row["item_id"], row["customer_id"], Money(row["amount"], row["currency"]),
                      DifferenceReason(row["reason"]), row["effective_on"], row["policy_version"])
