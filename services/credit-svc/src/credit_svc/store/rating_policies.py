"""Versions of the rating policy; before the first row of a tenant that is effective stands the built-in version 1."""

from datetime import datetime

from sqlalchemy import text

from credit_svc.domain.rating_policy import FIRST_RATING_POLICY, RatingPolicy
from credit_svc.store.policies import TODAY
from credit_svc.store.rating_rules import policy_of, rules_as_text
from credit_svc.store.rating_tables import RatingPolicyRow
from dunlin_events.consuming import Tx

_IN_FORCE = text(
    f"SELECT * FROM rating_policy WHERE effective_from <= {TODAY} ORDER BY version DESC LIMIT 1")  # noqa: S608
_ALL = text("SELECT * FROM rating_policy ORDER BY version DESC LIMIT 200")


async def in_force(tx: Tx) -> RatingPolicy:
    """The version in force on the tenant's day."""
    row = await tx.row(_IN_FORCE)
    return FIRST_RATING_POLICY if row is None else policy_of(row)


async def versions(tx: Tx) -> list[RatingPolicy]:
    """Those adopted, at most the last 200, newest first; then the built-in one."""
    return [*(policy_of(row) for row in await tx.rows(_ALL)), FIRST_RATING_POLICY]


def add(tx: Tx, one: RatingPolicy, *, adopted_by: str, adopted_at: datetime) -> None:
    tx.insert(RatingPolicyRow, {
        "version": one.version, "effective_from": one.effective_from, "reason": one.reason,
        "rules": rules_as_text(one), "adopted_by": adopted_by, "adopted_at": adopted_at})
