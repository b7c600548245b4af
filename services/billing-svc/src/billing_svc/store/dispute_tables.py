"""Tables of disputes: what is contested, and the facts of how it was settled."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKeyConstraint, Index, Text, text
from sqlmodel import Field

from billing_svc.store.rows import Row


class DisputeRow(Row, table=True):
    """An amount of an item that is contested; `rest` is what is left of it."""

    __tablename__ = "dispute"
    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    item_id: UUID
    customer_id: UUID
    currency: str = Field(sa_type=Text)
    amount: int = Field(sa_type=BigInteger)
    rest: int = Field(sa_type=BigInteger)
    reason: str = Field(sa_type=Text)
    evidence: str | None = Field(sa_type=Text)
    opened_on: date
    recorded_at: datetime = Field(sa_type=DateTime(timezone=True))
    actor: str = Field(sa_type=Text)
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "item_id"], ["item.tenant_id", "item.id"]),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("0 <= rest AND rest <= amount", name="rest"),
        Index(None, "tenant_id", "item_id"),
        Index(None, "tenant_id", "customer_id", "id"),
        Index("ix_dispute_open", "tenant_id", "customer_id", "id", postgresql_where=text("rest > 0")),
    )


class DisputeSettlementRow(Row, table=True):
    """So much of a dispute ended so. A fact."""

    __tablename__ = "dispute_settlement"
    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    dispute_id: UUID
    outcome: str = Field(sa_type=Text)
    currency: str = Field(sa_type=Text)
    amount: int = Field(sa_type=BigInteger)
    settled_on: date
    recorded_at: datetime = Field(sa_type=DateTime(timezone=True))
    actor: str = Field(sa_type=Text)
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "dispute_id"], ["dispute.tenant_id", "dispute.id"]),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("outcome IN ('accepted', 'rejected', 'withdrawn', 'paid')", name="outcome"),
        Index(None, "tenant_id", "dispute_id"),
    )
