"""The tenant's fees for reminders, in its versions; the highest is in force."""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Text, bindparam, literal_column, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from billing_svc.domain.reminder_fee import FIRST_FEE_POLICY, FeePolicy
from billing_svc.store.rows import Row
from dunlin_kernel.money import Money
from dunlin_kit.transaction import Transaction


class FeePolicyRow(Row, table=True):
    """A version of the tenant's fees for reminders: code, minor units and currency of each."""

    __tablename__ = "fee_policy"
    tenant_id: UUID = Field(primary_key=True)
    version: int = Field(primary_key=True)
    fees: str = Field(sa_type=JSONB)
    actor: str = Field(sa_type=Text)
    recorded_at: datetime = Field(sa_type=DateTime(timezone=True))


_t = FeePolicyRow.__table__.c
IN_FORCE = select(_t.version, _t.fees).order_by(_t.version.desc()).limit(literal_column("1"))
STOOD = IN_FORCE.where(_t.recorded_at <= bindparam("at", type_=DateTime(timezone=True)))


async def policy_in_force(tx: Transaction) -> FeePolicy:
    """The tenant's newest version, or that by which every tenant begins."""
    return _policy(await tx.row(IN_FORCE))


async def policy_at(tx: Transaction, at: datetime) -> FeePolicy:
    """The version that was in force at a time."""
    return _policy(await tx.row(STOOD, at=at))


def add_policy(tx: Transaction, policy: FeePolicy, *, recorded_at: datetime) -> None:
    fees = [[code, amount.minor, currency] for (code, currency), amount in sorted(policy.fees.items())]
    tx.insert(FeePolicyRow, {
        "version": policy.version, "fees": json.dumps(fees), "actor": tx.actor, "recorded_at": recorded_at})


def _policy(row: Any) -> FeePolicy:
    if row is None:
        return FIRST_FEE_POLICY
    return FeePolicy(row["version"], {
        (code, currency): Money(minor, currency) for code, minor, currency in row["fees"]})
