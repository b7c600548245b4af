"""Ladders and the rules that choose among them: the versions in force, and new ones."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Text, bindparam, func, literal_column, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlmodel import col

from dunlin_kernel.errors import NotFound
from dunlin_kit.transaction import Transaction
from notify_svc.domain.ladder import LADDER_K, LadderPolicy, LetterTone, Level, LevelChannel
from notify_svc.domain.ladder_choice import STANDARD, LadderRule, Ladders
from notify_svc.store.ladder_tables import LadderPolicyRow, LadderSelectionRow

_COLUMNS = tuple(LadderPolicyRow.__table__.c)
_NEWEST = (
    select(*_COLUMNS).ext(distinct_on(col(LadderPolicyRow.ladder)))
    .order_by(col(LadderPolicyRow.ladder), col(LadderPolicyRow.version).desc()))
_VERSIONS = (
    select(*_COLUMNS).where(col(LadderPolicyRow.ladder) == bindparam("ladder", type_=Text),
                            col(LadderPolicyRow.version) < bindparam("before", type_=BigInteger))
    .order_by(col(LadderPolicyRow.version).desc()).limit(bindparam("most", type_=BigInteger)))
_AFTER_ALL = 2**31
_LAST_VERSION = select(func.coalesce(func.max(col(LadderPolicyRow.version)), literal_column("1")).label("version"))
_SELECTION = (
    select(*LadderSelectionRow.__table__.c)
    .order_by(col(LadderSelectionRow.version).desc()).limit(literal_column("1")))


class SetPolicy(NamedTuple):
    """A policy with its ladder's name, who set it and when; both None for the one that every tenant begins with."""

    policy: LadderPolicy
    set_by: str | None
    set_at: datetime | None
    ladder: str = STANDARD


class SetSelection(NamedTuple):
    """The rules that choose among ladders, their version, and who set them; version 1 has none."""

    rules: tuple[LadderRule, ...]
    version: int
    set_by: str | None
    set_at: datetime | None


async def newest(tx: Any) -> list[SetPolicy]:
    """Each ladder in the version in force, by name; the standard one also where a tenant has not set it."""
    found = [_set_policy(row) for row in await tx.rows(_NEWEST)]
    if any(one.ladder == STANDARD for one in found):
        return found
    return sorted([*found, SetPolicy(LADDER_K, None, None)], key=lambda one: one.ladder)


async def versions_of(tx: Any, ladder: str, before: int | None, most: int) -> list[SetPolicy]:
    """At most so many versions of a ladder before this one (None: the last too), newest first.

    Refuses: ladder_not_found.
    """
    rows = await tx.rows(_VERSIONS, ladder=ladder, before=before or _AFTER_ALL, most=most)
    if rows or before is not None:
        return [_set_policy(row) for row in rows]
    if ladder != STANDARD:
        raise NotFound("ladder_not_found", "There is no ladder of this name.")
    return [SetPolicy(LADDER_K, None, None)]


async def in_force(tx: Any, ladder: str = STANDARD) -> SetPolicy:
    """A ladder's newest version. Refuses: ladder_not_found."""
    return (await versions_of(tx, ladder, None, 1))[0]


async def last_version(tx: Any) -> int:
    """The highest version number that any ladder of the tenant has."""
    return int((await tx.row(_LAST_VERSION))["version"])


async def selection(tx: Any) -> SetSelection:
    """The rules in force."""
    row = await tx.row(_SELECTION)
    if row is None:
        return SetSelection((), 1, None, None)
    rules = tuple(LadderRule(**rule) for rule in row["rules"])
    return SetSelection(rules, row["version"], row["set_by"], row["set_at"])


async def all_of(tx: Any) -> Ladders:
    """The tenant's ladders, and which customers climb which."""
    return Ladders({one.ladder: one.policy for one in await newest(tx)}, (await selection(tx)).rules)


def add(tx: Transaction, policy: LadderPolicy, ladder: str, *, set_at: datetime) -> SetPolicy:
    """Gather a new version, set by the actor of the transaction."""
    levels = [
        {"offset_days": level.offset_days, "tone": level.tone.value, "fee_code": level.fee_code,
         "channel": level.channel.value}
        for level in policy.levels
    ]
    tx.insert(LadderPolicyRow, {
        "version": policy.version, "ladder": ladder, "levels": json.dumps(levels), "gap_days": policy.gap_days,
        "run_at": policy.run_at, "set_by": tx.actor, "set_at": set_at})
    return SetPolicy(policy, tx.actor, set_at, ladder)


def add_selection(tx: Transaction, rules: Iterable[LadderRule], version: int, *, set_at: datetime) -> SetSelection:
    """Gather a new version of the rules, set by the actor of the transaction."""
    chosen = tuple(rules)
    told = [{"ladder": one.ladder, "grade": one.grade, "dimension": one.dimension, "value": one.value}
            for one in chosen]
    tx.insert(LadderSelectionRow, {
        "version": version, "rules": json.dumps(told), "set_by": tx.actor, "set_at": set_at})
    return SetSelection(chosen, version, tx.actor, set_at)


def _set_policy(row: Any) -> SetPolicy:
    levels = tuple(
        Level(level["offset_days"], LetterTone(level["tone"]), level["fee_code"],
              LevelChannel(level.get("channel", "email")))
        for level in row["levels"])
    policy = LadderPolicy(row["version"], levels, row["gap_days"], row["run_at"])
    return SetPolicy(policy, row["set_by"], row["set_at"], row["ladder"])
