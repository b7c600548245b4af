"""Tables of groups as heard, their limits, and declared exchange rates."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Numeric,
    Text,
    Uuid,
    text,
)
from sqlmodel import Field

from credit_svc.store.rows import Row


class CreditGroupRow(Row, table=True):
    """A group as customer-svc told of it, and where decisions on its members wait; its number alone before that."""

    __tablename__ = "credit_group"
    tenant_id: UUID = Field(primary_key=True, sa_type=Uuid)
    group_id: UUID = Field(primary_key=True, sa_type=Uuid)
    number: str | None = Field(sa_type=Text)
    name: str | None = Field(sa_type=Text)
    currency: str | None = Field(sa_type=Text)
    set_off: bool = Field(sa_type=Boolean)


class CustomerGroupRow(Row, table=True):
    """To which group a customer belongs, or to none."""

    __tablename__ = "customer_group"
    tenant_id: UUID = Field(primary_key=True, sa_type=Uuid)
    customer_id: UUID = Field(primary_key=True, sa_type=Uuid)
    group_id: UUID | None = Field(sa_type=Uuid)
    __table_args__ = (Index(None, "tenant_id", "group_id"),)


class GroupLimitRow(Row, table=True):
    """A group's limit as it was set; only ever added. `amount` null takes it away."""

    __tablename__ = "group_limit"
    tenant_id: UUID = Field(primary_key=True, sa_type=Uuid)
    group_id: UUID = Field(primary_key=True, sa_type=Uuid)
    version: int = Field(primary_key=True)
    limit_id: UUID = Field(sa_type=Uuid)
    currency: str = Field(sa_type=Text)
    amount: int | None = Field(sa_type=BigInteger)
    valid_from: date
    valid_until: date | None
    reason: str = Field(sa_type=Text)
    set_by: str = Field(sa_type=Text)
    set_at: datetime = Field(sa_type=DateTime(timezone=True))
    approved_by: str | None = Field(sa_type=Text)
    __table_args__ = (
        CheckConstraint("amount >= 0", name="amount"),
        CheckConstraint("approved_by <> set_by", name="second_person"),
    )


class GroupLimitProposalRow(Row, table=True):
    """A limit that somebody proposed for a group; `amount` null is to take it away, `limit_id` is what it became."""

    __tablename__ = "group_limit_proposal"
    tenant_id: UUID = Field(primary_key=True, sa_type=Uuid)
    proposal_id: UUID = Field(primary_key=True, sa_type=Uuid)
    group_id: UUID = Field(sa_type=Uuid)
    currency: str = Field(sa_type=Text)
    amount: int | None = Field(sa_type=BigInteger)
    valid_until: date | None
    reason: str = Field(sa_type=Text)
    proposed_by: str = Field(sa_type=Text)
    proposed_at: datetime = Field(sa_type=DateTime(timezone=True))
    status: str = Field(sa_type=Text)
    decided_by: str | None = Field(sa_type=Text)
    decided_at: datetime | None = Field(sa_type=DateTime(timezone=True))
    decision_reason: str | None = Field(sa_type=Text)
    limit_id: UUID | None = Field(sa_type=Uuid)
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "group_id"], ["credit_group.tenant_id", "credit_group.group_id"]),
        CheckConstraint("amount >= 0", name="amount"),
        CheckConstraint("status IN ('waiting', 'approved', 'rejected')", name="status"),
        CheckConstraint("(status = 'waiting') = (decided_by IS NULL)", name="decided"),
        CheckConstraint("status <> 'approved' OR decided_by <> proposed_by", name="second_person"),
        CheckConstraint("(status = 'approved') = (limit_id IS NOT NULL)", name="limit"),
        Index("ix_group_limit_proposal_waiting", "tenant_id", "proposal_id",
              postgresql_where=text("status = 'waiting'")),
    )


class ExchangeRateRow(Row, table=True):
    """The base currency per unit of a currency from a day on, as billing declared it."""

    __tablename__ = "exchange_rate"
    tenant_id: UUID = Field(primary_key=True, sa_type=Uuid)
    currency: str = Field(primary_key=True, sa_type=Text)
    valid_on: date = Field(primary_key=True)
    rate: Decimal = Field(sa_type=Numeric)
