"""Collection policies: the version in force, and a new one."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import literal_column, select
from sqlmodel import col

from dunlin_kernel.money import Money
from dunlin_kit.transaction import Transaction
from notify_svc.domain.collection_case import USUAL_COLLECTION, CollectionPolicy
from notify_svc.domain.notice import DigestFrequency
from notify_svc.store.case_tables import CollectionPolicyRow

_IN_FORCE = (
    select(*CollectionPolicyRow.__table__.c)
    .order_by(col(CollectionPolicyRow.version).desc()).limit(literal_column("1")))


class SetCollectionPolicy(NamedTuple):
    """A policy with who set it and when; both None where a tenant has not set its own."""

    policy: CollectionPolicy
    set_by: str | None
    set_at: datetime | None


async def in_force(tx: Any, currency: str) -> SetCollectionPolicy:
    """The tenant's newest version, or the usual one; `currency` is the tenant's."""
    row = await tx.row(_IN_FORCE)
    if row is None:
        return SetCollectionPolicy(USUAL_COLLECTION, None, None)
    large = Money(row["large"], currency) if row["large"] is not None else None
    policy = CollectionPolicy(row["version"], row["chronic_days"], large, row["call_again_days"],
                              DigestFrequency(row["owner_digest"]), row["reconcile_after_days"], row["reconcile_times"],
                              row["broken_promise_days"], row["statement_answer_days"], row["limitation_months"])
    return SetCollectionPolicy(policy, row["set_by"], row["set_at"])


def add(tx: Transaction, policy: CollectionPolicy, *, set_at: datetime) -> SetCollectionPolicy:
    """Gather a new version, set by the actor of the transaction."""
    tx.insert(CollectionPolicyRow, {
        "version": policy.version, "chronic_days": policy.chronic_days,
        "large": policy.large.minor if policy.large else None, "call_again_days": policy.call_again_days,
        "owner_digest": policy.owner_digest.value, "reconcile_after_days": policy.reconcile_after_days,
        "reconcile_times": policy.reconcile_times, "broken_promise_days": policy.broken_promise_days,
        "statement_answer_days": policy.statement_answer_days, "limitation_months": policy.limitation_months,
        "set_by": tx.actor, "set_at": set_at})
    return SetCollectionPolicy(policy, tx.actor, set_at)
