"""Versions of the credit policy; before the first row of a tenant that is effective stands the built-in version 1."""

from datetime import datetime
from typing import Any

from sqlalchemy import text

from credit_svc.domain.policy import FIRST_POLICY, CreditPolicy
from credit_svc.domain.policy_version import FIRST_VERSION, PolicyVersion
from credit_svc.store.policy_rules import cover_kinds_of, rules_as_text, version_of
from credit_svc.store.tables import CreditPolicyRow
from credit_svc.store.watching import Moment
from dunlin_events.consuming import Tx

TODAY = "(SELECT (coalesce(clock_at, now()) AT TIME ZONE zone)::date FROM tenant LIMIT 1)"
"""The tenant's date in a statement; null for one not heard of yet."""
_IN_FORCE = text(f"""
SELECT p.*, {TODAY} AS today, (SELECT coalesce(clock_at, now()) FROM tenant LIMIT 1) AS now
FROM (SELECT 1) one LEFT JOIN LATERAL (
  SELECT * FROM credit_policy WHERE effective_from <= {TODAY} ORDER BY version DESC LIMIT 1) p ON true""")  # noqa: S608
_BEFORE = text("""
SELECT * FROM credit_policy WHERE version < CAST(:before AS bigint)
ORDER BY version DESC LIMIT CAST(:most AS bigint)""")
NEWEST = 2**31
"""Comes after every version."""


def policy_of(row: Any) -> CreditPolicy:
    """A policy from a row with the columns of `credit_policy`; version 1 where there is none."""
    if row is None or row["policy_version"] is None:
        return FIRST_POLICY
    return CreditPolicy(
        row["policy_version"], row["disputed_weight_bps"], row["delivered_weight_bps"],
        row["over_capture_tolerance_bps"], row["authorization_days"], cover_kinds_of(row["cover_kinds"]),
        bool(row["deposit_first"]), bool(row["accrued_interest"]))


async def current(tx: Tx) -> CreditPolicy:
    """The numbers in force on the tenant's day."""
    return (await in_force(tx))[0].numbers


async def in_force(tx: Tx) -> tuple[PolicyVersion, Moment | None]:
    """The version in force on the tenant's day, and the moment; None for a tenant not heard of yet."""
    row = await tx.row(_IN_FORCE)
    version = FIRST_VERSION if row["version"] is None else version_of(row)
    return version, None if row["today"] is None else Moment(row["now"], row["today"])


async def versions(tx: Tx, before: int | None, most: int) -> list[PolicyVersion]:
    """At most so many before this one (None: the last too), newest first; the built-in one is the first of all."""
    adopted = [version_of(row) for row in await tx.rows(_BEFORE, before=before or NEWEST, most=most)]
    return [*adopted, *([FIRST_VERSION] if before != FIRST_VERSION.numbers.version else [])][:most]


async def last(tx: Tx) -> PolicyVersion:
    """The one adopted last, effective or not."""
    return (await versions(tx, None, 1))[0]


def add(tx: Tx, version: PolicyVersion, *, adopted_by: str, adopted_at: datetime) -> None:
    policy = version.numbers
    tx.insert(CreditPolicyRow, {
        "version": policy.version, "disputed_weight_bps": policy.disputed_weight_bps,
        "delivered_weight_bps": policy.delivered_weight_bps,
        "over_capture_tolerance_bps": policy.over_capture_tolerance_bps,
        "authorization_days": policy.authorization_days, "effective_from": version.effective_from,
        "reason": version.reason, "rules": rules_as_text(version), "adopted_by": adopted_by, "adopted_at": adopted_at})
