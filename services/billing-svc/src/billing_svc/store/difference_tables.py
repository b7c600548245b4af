"""Tables of small differences: the tolerance policy, what was closed, and what of that is owed again."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKeyConstraint, Index, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from billing_svc.store.rows import Row


class TolerancePolicyRow(Row, table=True):
    """A version of the tenant's tolerance policy; the highest is in force."""

    __tablename__ = "tolerance_policy"
    tenant_id: UUID = Field(primary_key=True)
    version: int = Field(primary_key=True)
    most: str = Field(sa_type=JSONB)
    share_bps: int
    actor: str = Field(sa_type=Text)
    recorded_at: datetime = Field(sa_type=DateTime(timezone=True))


class DifferenceRow(Row, table=True):
    """What was left of an item, closed for a reason."""

    __tablename__ = "difference"
    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    item_id: UUID
    customer_id: UUID
    currency: str = Field(sa_type=Text)
    amount: int = Field(sa_type=BigInteger)
    reason: str = Field(sa_type=Text)
    effective_on: date
    policy_version: int
    recorded_at: datetime = Field(sa_type=DateTime(timezone=True))
    actor: str = Field(sa_type=Text)
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "item_id"], ["item.tenant_id", "item.id"]),
        CheckConstraint("amount > 0", name="amount"),
        Index(None, "tenant_id", "item_id"),
        Index(None, "tenant_id", "effective_on", "id"),
    )


class DifferenceReversalRow(Row, table=True):
    """That a difference is owed again; it has at most one."""

    __tablename__ = "difference_reversal"
    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    difference_id: UUID
    effective_on: date
    recorded_at: datetime = Field(sa_type=DateTime(timezone=True))
    actor: str = Field(sa_type=Text)
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "difference_id"], ["difference.tenant_id", "difference.id"]),
        UniqueConstraint("tenant_id", "difference_id"),
    )
