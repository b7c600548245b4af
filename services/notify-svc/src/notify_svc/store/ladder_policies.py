"""Ladder policies: the version in force, and a new one."""

import json
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import literal_column, select
from sqlmodel import col

from dunlin_kit.transaction import Transaction
from notify_svc.domain.ladder import LADDER_K, LadderPolicy, LetterTone, Level
from notify_svc.store.ladder_tables import LadderPolicyRow

_IN_FORCE = (
    select(*LadderPolicyRow.__table__.c).order_by(col(LadderPolicyRow.version).desc()).limit(literal_column("1")))


class SetPolicy(NamedTuple):
    """A policy with who set it and when; both None for the ladder of a tenant that has not set its own."""

    policy: LadderPolicy
    set_by: str | None
    set_at: datetime | None


async def in_force(tx: Transaction) -> SetPolicy:
    """The tenant's newest version; the ladder that every tenant begins with where none was set."""
    row = await tx.row(_IN_FORCE)
    if row is None:
        return SetPolicy(LADDER_K, None, None)
    levels = tuple(
        Level(level["offset_days"], LetterTone(level["tone"]), level["fee_code"])
        for level in row["levels"])
    return SetPolicy(LadderPolicy(row["version"], levels, row["gap_days"], row["run_at"]), row["set_by"], row["set_at"])


def add(tx: Transaction, policy: LadderPolicy, *, set_at: datetime) -> SetPolicy:
    """Gather a new version, set by the actor of the transaction."""
    levels = [
        {"offset_days": level.offset_days, "tone": level.tone.value, "fee_code": level.fee_code}
        for level in policy.levels
    ]
    tx.insert(LadderPolicyRow, {
        "version": policy.version, "levels": json.dumps(levels), "gap_days": policy.gap_days, "run_at": policy.run_at,
        "set_by": tx.actor, "set_at": set_at})
    return SetPolicy(policy, tx.actor, set_at)
