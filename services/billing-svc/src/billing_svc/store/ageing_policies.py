"""The tenant's buckets of ageing, in its versions: a report of a known time goes by those that were in force then."""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Text, bindparam, literal_column, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from billing_svc.domain.ageing import AgeingPolicy
from billing_svc.store.rows import Row
from dunlin_kit.transaction import Transaction


class AgeingPolicyRow(Row, table=True):
    """A version of the tenant's buckets: the last day of each but the open one."""

    __tablename__ = "ageing_policy"
    tenant_id: UUID = Field(primary_key=True)
    version: int = Field(primary_key=True)
    edges: str = Field(sa_type=JSONB)
    actor: str = Field(sa_type=Text)
    recorded_at: datetime = Field(sa_type=DateTime(timezone=True))


_t = AgeingPolicyRow.__table__.c
IN_FORCE = select(_t.version, _t.edges).order_by(_t.version.desc()).limit(literal_column("1"))
STOOD = IN_FORCE.where(_t.recorded_at <= bindparam("known_at", type_=DateTime(timezone=True)))


async def policy_in_force(tx: Transaction) -> tuple[int, AgeingPolicy]:
    """The newest version and its number; 0 for the usual buckets, by which every tenant begins."""
    return _policy(await tx.row(IN_FORCE))


async def policy_at(tx: Transaction, known_at: datetime) -> AgeingPolicy:
    """The buckets by which a report of what was known at a time is made."""
    return _policy(await tx.row(STOOD, known_at=known_at))[1]


def add(tx: Transaction, version: int, policy: AgeingPolicy, *, recorded_at: datetime) -> None:
    tx.insert(AgeingPolicyRow, {
        "version": version, "edges": json.dumps(policy.edges), "actor": tx.actor, "recorded_at": recorded_at})


def _policy(row: Any) -> tuple[int, AgeingPolicy]:
    return (0, AgeingPolicy()) if row is None else (row["version"], AgeingPolicy(tuple(row["edges"])))
