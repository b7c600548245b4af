"""Versions of the credit policy; before the first row of a tenant stands the built-in version 1."""

from datetime import datetime
from typing import Any

from sqlalchemy import literal_column, select
from sqlmodel import col

from credit_svc.domain.policy import FIRST_POLICY, CreditPolicy
from credit_svc.store.tables import CreditPolicyRow
from dunlin_events.consuming import Tx

_LAST = select(*CreditPolicyRow.__table__.c).order_by(col(CreditPolicyRow.version).desc()).limit(literal_column("1"))


def policy_of(row: Any) -> CreditPolicy:
    """A policy from a row with the columns of `credit_policy`; version 1 where there is none."""
    if row is None or row["policy_version"] is None:
        return FIRST_POLICY
    return CreditPolicy(
        row["policy_version"], row["disputed_weight_bps"], row["delivered_weight_bps"],
        row["over_capture_tolerance_bps"], row["authorization_days"])


async def current(tx: Tx) -> CreditPolicy:
    row = await tx.row(_LAST)
    return policy_of(row and {**row, "policy_version": row["version"]})


def add(tx: Tx, policy: CreditPolicy, *, adopted_by: str, adopted_at: datetime) -> None:
    tx.insert(CreditPolicyRow, {
        "version": policy.version, "disputed_weight_bps": policy.disputed_weight_bps,
        "delivered_weight_bps": policy.delivered_weight_bps,
        "over_capture_tolerance_bps": policy.over_capture_tolerance_bps,
        "authorization_days": policy.authorization_days, "adopted_by": adopted_by, "adopted_at": adopted_at})
