"""Versions of the rating policy; before the first row of a tenant that is effective stands the built-in version 1."""

from datetime import datetime

from sqlalchemy import text

from credit_svc.domain.rating_policy import FIRST_RATING_POLICY, RatingPolicy
from credit_svc.store.policies import NEWEST, TODAY
from credit_svc.store.rating_rules import policy_of, rules_as_text
from credit_svc.store.rating_tables import RatingPolicyRow
from dunlin_events.consuming import Tx

_IN_FORCE = text(
    f"SELECT * FROM rating_policy WHERE effective_from <= {TODAY} ORDER BY version DESC LIMIT 1")  # noqa: S608
_BEFORE = text("""
SELECT * FROM rating_policy WHERE version < CAST(:before AS bigint)
ORDER BY version DESC LIMIT CAST(:most AS bigint)""")


async def in_force(tx: Tx) -> RatingPolicy:
    """The version in force on the tenant's day."""
    row = await tx.row(_IN_FORCE)
    return FIRST_RATING_POLICY if row is None else policy_of(row)


async def versions(tx: Tx, before: int | None, most: int) -> list[RatingPolicy]:
    """At most so many before this one (None: the last too), newest first; the built-in one is the first of all."""
    adopted = [policy_of(row) for row in await tx.rows(_BEFORE, before=before or NEWEST, most=most)]
    return [*adopted, *([FIRST_RATING_POLICY] if before != FIRST_RATING_POLICY.version else [])][:most]


async def last(tx: Tx) -> RatingPolicy:
    """The one adopted last, effective or not."""
    return (await versions(tx, None, 1))[0]


def add(tx: Tx, one: RatingPolicy, *, adopted_by: str, adopted_at: datetime) -> None:
    tx.insert(RatingPolicyRow, {
        "version": one.version, "effective_from": one.effective_from, "reason": one.reason,
        "rules": rules_as_text(one), "adopted_by": adopted_by, "adopted_at": adopted_at})
