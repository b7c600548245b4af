"""Tables of write-offs: each as it stands, the facts of what came back of it, and the policy for the tax in it."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Text,
    UniqueConstraint,
    text,
)
from sqlmodel import Field

from billing_svc.store.rows import Row


class BadDebtPolicyRow(Row, table=True):
    """A version of the tenant's policy for bad debts; the highest is in force."""

    __tablename__ = "bad_debt_policy"
    tenant_id: UUID = Field(primary_key=True)
    version: int = Field(primary_key=True)
    vat: str = Field(sa_type=Text)
    account: str = Field(sa_type=Text)
    actor: str = Field(sa_type=Text)
    recorded_at: datetime = Field(sa_type=DateTime(timezone=True))


class WriteOffRow(Row, table=True):
    """A write-off from its proposal on; `recovered` is what came in of it since."""

    __tablename__ = "write_off"
    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    item_id: UUID
    customer_id: UUID
    currency: str = Field(sa_type=Text)
    amount: int = Field(sa_type=BigInteger)
    reason: str = Field(sa_type=Text)
    reference: str | None = Field(sa_type=Text)
    state: str = Field(sa_type=Text)
    maker: str = Field(sa_type=Text)
    checker: str | None = Field(sa_type=Text)
    account: str = Field(sa_type=Text)
    tax: int = Field(sa_type=BigInteger)
    recovered: int = Field(sa_type=BigInteger)
    effective_on: date | None
    recorded_at: datetime = Field(sa_type=DateTime(timezone=True))
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "item_id"], ["item.tenant_id", "item.id"]),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("0 <= recovered AND recovered <= amount", name="recovered"),
        CheckConstraint("0 <= tax AND tax <= amount", name="tax"),
        CheckConstraint("state IN ('proposed', 'approved', 'refused', 'reversed')", name="state"),
        CheckConstraint("checker <> maker OR state = 'refused'", name="two_persons"),
        Index(None, "tenant_id", "customer_id", "id"),
        Index(None, "tenant_id", "item_id", "id"),
        Index("ix_write_off_proposed", "tenant_id", "id", postgresql_where=text("state = 'proposed'")),
    )


class DebtRecoveryRow(Row, table=True):
    """So much of a write-off came in. A fact."""

    __tablename__ = "debt_recovery"
    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    write_off_id: UUID
    credit_id: UUID
    currency: str = Field(sa_type=Text)
    amount: int = Field(sa_type=BigInteger)
    tax: int = Field(sa_type=BigInteger)
    effective_on: date
    recorded_at: datetime = Field(sa_type=DateTime(timezone=True))
    actor: str = Field(sa_type=Text)
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "write_off_id"], ["write_off.tenant_id", "write_off.id"]),
        ForeignKeyConstraint(["tenant_id", "credit_id"], ["credit.tenant_id", "credit.id"]),
        CheckConstraint("amount > 0", name="amount"),
        Index(None, "tenant_id", "write_off_id"),
    )


class RecoveryReversalRow(Row, table=True):
    """What had recovered so much of a write-off is gone; a recovery has at most one. A fact."""

    __tablename__ = "recovery_reversal"
    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    recovery_id: UUID
    currency: str = Field(sa_type=Text)
    amount: int = Field(sa_type=BigInteger)
    tax: int = Field(sa_type=BigInteger)
    effective_on: date
    recorded_at: datetime = Field(sa_type=DateTime(timezone=True))
    actor: str = Field(sa_type=Text)
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "recovery_id"], ["debt_recovery.tenant_id", "debt_recovery.id"]),
        UniqueConstraint("tenant_id", "recovery_id"),
        CheckConstraint("amount > 0", name="amount"),
    )


class AllocatedLossRow(Row, table=True):
    """What an allocation paid had been written off, or closed as a small difference, before. A fact."""

    __tablename__ = "allocated_loss"
    tenant_id: UUID = Field(primary_key=True)
    allocation_id: UUID = Field(primary_key=True)
    recovery_id: UUID | None
    difference_id: UUID | None
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "allocation_id"], ["allocation.tenant_id", "allocation.id"]),
        ForeignKeyConstraint(["tenant_id", "recovery_id"], ["debt_recovery.tenant_id", "debt_recovery.id"]),
        ForeignKeyConstraint(["tenant_id", "difference_id"], ["difference.tenant_id", "difference.id"]),
        CheckConstraint("num_nonnulls(recovery_id, difference_id) = 1", name="one"),
        UniqueConstraint("tenant_id", "recovery_id"),
        Index(None, "tenant_id", "difference_id"),
    )


class WriteOffReversalRow(Row, table=True):
    """The rest of a write-off is owed again; a write-off has at most one."""

    __tablename__ = "write_off_reversal"
    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    write_off_id: UUID
    currency: str = Field(sa_type=Text)
    amount: int = Field(sa_type=BigInteger)
    tax: int = Field(sa_type=BigInteger)
    effective_on: date
    recorded_at: datetime = Field(sa_type=DateTime(timezone=True))
    actor: str = Field(sa_type=Text)
    reason: str = Field(sa_type=Text)
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "write_off_id"], ["write_off.tenant_id", "write_off.id"]),
        UniqueConstraint("tenant_id", "write_off_id"),
    )
