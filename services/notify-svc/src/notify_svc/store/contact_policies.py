"""Contact policies: the version in force, and a new one."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import literal_column, select
from sqlmodel import col

from dunlin_kit.transaction import Transaction
from notify_svc.domain.contact_policy import USUAL_CONTACT, ContactPolicy
from notify_svc.store.contact_tables import ContactPolicyRow

_IN_FORCE = (
    select(*ContactPolicyRow.__table__.c).order_by(col(ContactPolicyRow.version).desc()).limit(literal_column("1")))


class SetContactPolicy(NamedTuple):
    """A policy with who set it and when; both None where a tenant has not set its own."""

    policy: ContactPolicy
    set_by: str | None
    set_at: datetime | None


async def in_force(tx: Transaction) -> SetContactPolicy:
    """The tenant's newest version, or the usual one."""
    row = await tx.row(_IN_FORCE)
    if row is None:
        return SetContactPolicy(USUAL_CONTACT, None, None)
    policy = ContactPolicy(row["version"], row["min_days_between"], row["quiet_from"], row["quiet_until"])
    return SetContactPolicy(policy, row["set_by"], row["set_at"])


def add(tx: Transaction, policy: ContactPolicy, *, set_at: datetime) -> SetContactPolicy:
    """Gather a new version, set by the actor of the transaction."""
    tx.insert(ContactPolicyRow, {
        "version": policy.version, "min_days_between": policy.min_days_between, "quiet_from": policy.quiet_from,
        "quiet_until": policy.quiet_until, "set_by": tx.actor, "set_at": set_at})
    return SetContactPolicy(policy, tx.actor, set_at)
