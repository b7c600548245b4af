"""Tables of what third parties paid for debts, and of what was passed on to them of later receipts."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKeyConstraint, Index, Text, UniqueConstraint, text
from sqlmodel import Field

from billing_svc.store.rows import Row


class CompensationRow(Row, table=True):
    """What an insurer or a guarantor paid for an item. A fact."""

    __tablename__ = "compensation"
    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    item_id: UUID
    customer_id: UUID
    currency: str = Field(sa_type=Text)
    amount: int = Field(sa_type=BigInteger)
    claimed: int = Field(sa_type=BigInteger)
    paid_before: int = Field(sa_type=BigInteger)
    payer: str = Field(sa_type=Text)
    received_on: date
    effective_on: date
    reference: str | None = Field(sa_type=Text)
    claim_id: UUID | None
    actor: str = Field(sa_type=Text)
    recorded_at: datetime = Field(sa_type=DateTime(timezone=True))
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "item_id"], ["item.tenant_id", "item.id"]),
        CheckConstraint("0 < amount AND amount <= claimed", name="amount"),
        Index(None, "tenant_id", "item_id"), Index(None, "tenant_id", "customer_id", "id"),
        Index("ix_compensation_claim", "tenant_id", "claim_id", postgresql_where=text("claim_id IS NOT NULL")),
    )


class CompensationShareRow(Row, table=True):
    """What was passed on of what the customer paid later. A fact."""

    __tablename__ = "compensation_share"
    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    compensation_id: UUID
    amount: int = Field(sa_type=BigInteger)
    effective_on: date
    actor: str = Field(sa_type=Text)
    recorded_at: datetime = Field(sa_type=DateTime(timezone=True))
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "compensation_id"], ["compensation.tenant_id", "compensation.id"]),
        CheckConstraint("amount > 0", name="amount"),
        Index(None, "tenant_id", "compensation_id"),
    )


class CompensationReversalRow(Row, table=True):
    """That what was left of a compensation went back: at most once. A fact."""

    __tablename__ = "compensation_reversal"
    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    compensation_id: UUID
    amount: int = Field(sa_type=BigInteger)
    reason: str = Field(sa_type=Text)
    effective_on: date
    actor: str = Field(sa_type=Text)
    recorded_at: datetime = Field(sa_type=DateTime(timezone=True))
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "compensation_id"], ["compensation.tenant_id", "compensation.id"]),
        CheckConstraint("amount > 0", name="amount"),
        UniqueConstraint("tenant_id", "compensation_id"),
    )
