"""Tables of refunds, their reversals and reclaims; all only ever added to."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKeyConstraint, Index, Text, UniqueConstraint
from sqlmodel import Field

from billing_svc.store.rows import Row


class RefundRow(Row, table=True):
    """So much of a credit was paid back."""

    __tablename__ = "refund"
    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    credit_id: UUID
    customer_id: UUID
    currency: str = Field(sa_type=Text)
    amount: int = Field(sa_type=BigInteger)
    effective_on: date
    method: str = Field(sa_type=Text)
    reference: str | None = Field(sa_type=Text)
    external_id: str | None = Field(sa_type=Text)
    recorded_at: datetime = Field(sa_type=DateTime(timezone=True))
    actor: str = Field(sa_type=Text)
    reason: str = Field(sa_type=Text)
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "credit_id"], ["credit.tenant_id", "credit.id"]),
        UniqueConstraint("tenant_id", "external_id"),
        CheckConstraint("amount > 0", name="amount"),
        Index(None, "tenant_id", "credit_id"),
        Index(None, "tenant_id", "effective_on", "id"),
        Index(None, "tenant_id", "customer_id", "effective_on", "id"),
    )


class RefundReversalRow(Row, table=True):
    """That a refund came back or was never paid; a refund has at most one."""

    __tablename__ = "refund_reversal"
    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    refund_id: UUID
    effective_on: date
    recorded_at: datetime = Field(sa_type=DateTime(timezone=True))
    actor: str = Field(sa_type=Text)
    reason: str = Field(sa_type=Text)
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "refund_id"], ["refund.tenant_id", "refund.id"]),
        UniqueConstraint("tenant_id", "refund_id"),
    )


class RefundReclaimRow(Row, table=True):
    """That a refund is claimed back, by the charge of the same id: the payment that it was of did not arrive."""

    __tablename__ = "refund_reclaim"
    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    refund_id: UUID
    effective_on: date
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "id"], ["charge.tenant_id", "charge.id"]),
        ForeignKeyConstraint(["tenant_id", "refund_id"], ["refund.tenant_id", "refund.id"]),
        UniqueConstraint("tenant_id", "refund_id"),
    )
