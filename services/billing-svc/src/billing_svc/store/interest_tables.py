"""Tables of interest: policy, reference rates, runs, what was charged on each item, and what was waived."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKeyConstraint, Index, Numeric, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from billing_svc.store.rows import Row

RATE_SCALE = 4


class InterestPolicyRow(Row, table=True):
    """A version of the tenant's interest policy; the highest is in force."""

    __tablename__ = "interest_policy"
    tenant_id: UUID = Field(primary_key=True)
    version: int = Field(primary_key=True)
    rules: str = Field(sa_type=JSONB)
    actor: str = Field(sa_type=Text)
    recorded_at: datetime = Field(sa_type=DateTime(timezone=True))


class ReferenceRateRow(Row, table=True):
    """A reference rate in percent a year, from a day on. A fact."""

    __tablename__ = "reference_rate"
    tenant_id: UUID = Field(primary_key=True)
    reference: str = Field(primary_key=True, sa_type=Text)
    effective_from: date = Field(primary_key=True)
    rate: Decimal = Field(sa_type=Numeric(8, RATE_SCALE))
    actor: str = Field(sa_type=Text)
    recorded_at: datetime = Field(sa_type=DateTime(timezone=True))


class InterestRunRow(Row, table=True):
    """A run over all items to a day: how far it is, and what it did."""

    __tablename__ = "interest_run"
    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    to_on: date
    operation_id: UUID
    after_item_id: UUID
    looked_at: int = Field(sa_type=BigInteger)
    charged: int = Field(sa_type=BigInteger)
    corrected: int = Field(sa_type=BigInteger)
    without_rate: int = Field(sa_type=BigInteger)
    actor: str = Field(sa_type=Text)
    recorded_at: datetime = Field(sa_type=DateTime(timezone=True))


class InterestAccountRow(Row, table=True):
    """What was charged on one item in all, to which day, and with which entries of its account known; a negative
    position says that it came from another customer and is to be reckoned anew."""

    __tablename__ = "interest_account"
    tenant_id: UUID = Field(primary_key=True)
    item_id: UUID = Field(primary_key=True)
    currency: str = Field(sa_type=Text)
    charged: int = Field(sa_type=BigInteger)
    charged_to: date
    position: int = Field(sa_type=BigInteger)
    compensated: bool
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "item_id"], ["item.tenant_id", "item.id"]),
        CheckConstraint("charged >= 0", name="charged"),
    )


class InterestWaiverRow(Row, table=True):
    """So much of an interest item is not owed. A fact; by hand it has a second person."""

    __tablename__ = "interest_waiver"
    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    item_id: UUID
    customer_id: UUID
    currency: str = Field(sa_type=Text)
    amount: int = Field(sa_type=BigInteger)
    reason: str = Field(sa_type=Text)
    effective_on: date
    recorded_at: datetime = Field(sa_type=DateTime(timezone=True))
    maker: str = Field(sa_type=Text)
    checker: str | None = Field(sa_type=Text)
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "item_id"], ["item.tenant_id", "item.id"]),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("checker <> maker", name="two_persons"),
        Index(None, "tenant_id", "item_id"),
    )


class InterestAccrualRow(Row, table=True):
    """What has accrued on an account up to a day and was told; a day before today: it is to be reckoned anew."""

    __tablename__ = "interest_accrual"
    tenant_id: UUID = Field(primary_key=True)
    customer_id: UUID = Field(primary_key=True)
    currency: str = Field(primary_key=True, sa_type=Text)
    accrued: int = Field(sa_type=BigInteger)
    to_on: date
    __table_args__ = (
        CheckConstraint("accrued >= 0", name="accrued"),
        Index("ix_interest_accrual_some", "tenant_id", "customer_id", "currency",
              postgresql_where=text("accrued > 0")),
    )


class InterestWaitingRow(Row, table=True):
    """An item on an invoice that is open, or moved since it was reckoned last; `position`: its last entry noted."""

    __tablename__ = "interest_waiting"
    tenant_id: UUID = Field(primary_key=True)
    item_id: UUID = Field(primary_key=True)
    customer_id: UUID
    currency: str = Field(sa_type=Text)
    position: int = Field(sa_type=BigInteger)
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "item_id"], ["item.tenant_id", "item.id"]),
        Index(None, "tenant_id", "customer_id", "currency"),
    )


class InterestNotedRow(Row, table=True):
    """Up to which entry of an account its items are noted."""

    __tablename__ = "interest_noted"
    tenant_id: UUID = Field(primary_key=True)
    customer_id: UUID = Field(primary_key=True)
    currency: str = Field(primary_key=True, sa_type=Text)
    position: int = Field(sa_type=BigInteger)


class InterestWaiverProposalRow(Row, table=True):
    """A waiver of interest that waits for a second person, or was decided."""

    __tablename__ = "interest_waiver_proposal"
    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    item_id: UUID
    customer_id: UUID
    currency: str = Field(sa_type=Text)
    amount: int = Field(sa_type=BigInteger)
    reason: str = Field(sa_type=Text)
    state: str = Field(sa_type=Text)
    maker: str = Field(sa_type=Text)
    recorded_at: datetime = Field(sa_type=DateTime(timezone=True))
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "item_id"], ["item.tenant_id", "item.id"]),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("state IN ('proposed', 'approved', 'refused')", name="state"),
        Index("ix_interest_waiver_proposal_waiting", "tenant_id", "id", postgresql_where=text("state = 'proposed'")),
    )
