"""Tables of what becomes of alerts: who has them, at which lines customers stand, and mismatches that were closed."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, Index, Text, Uuid, text
from sqlmodel import Field

from credit_svc.store.rows import Row


class AlertHandlingRow(Row, table=True):
    """Who has an alert, and who acknowledged it."""

    __tablename__ = "alert_handling"
    tenant_id: UUID = Field(primary_key=True, sa_type=Uuid)
    alert_id: UUID = Field(primary_key=True, sa_type=Uuid)
    customer_id: UUID = Field(sa_type=Uuid)
    owner: str | None = Field(sa_type=Text)
    acknowledged_by: str | None = Field(sa_type=Text)
    acknowledged_at: datetime | None = Field(sa_type=DateTime(timezone=True))
    note: str | None = Field(sa_type=Text)
    __table_args__ = (
        CheckConstraint("(acknowledged_at IS NULL) = (acknowledged_by IS NULL)", name="acknowledged"),
        Index("ix_alert_handling_acknowledged", "tenant_id", "alert_id",
              postgresql_where=text("acknowledged_at IS NOT NULL")),
    )


class AlertLevelRow(Row, table=True):
    """How many lines a customer is beyond in a currency, so that each speaks once."""

    __tablename__ = "alert_level"
    tenant_id: UUID = Field(primary_key=True, sa_type=Uuid)
    customer_id: UUID = Field(primary_key=True, sa_type=Uuid)
    currency: str = Field(primary_key=True, sa_type=Text)
    ageing: int
    concentration: int
    silence: int


class MismatchClosureRow(Row, table=True):
    """A person has looked at a mismatch and says why it is settled; only ever added."""

    __tablename__ = "mismatch_closure"
    tenant_id: UUID = Field(primary_key=True, sa_type=Uuid)
    customer_id: UUID = Field(primary_key=True, sa_type=Uuid)
    currency: str = Field(primary_key=True, sa_type=Text)
    sequence: int = Field(primary_key=True, sa_type=BigInteger)
    reason: str = Field(sa_type=Text)
    closed_by: str = Field(sa_type=Text)
    closed_at: datetime = Field(sa_type=DateTime(timezone=True))


class CustomerOwnerRow(Row, table=True):
    """Who answers for a customer, as customer-svc told of it."""

    __tablename__ = "customer_owner"
    tenant_id: UUID = Field(primary_key=True, sa_type=Uuid)
    customer_id: UUID = Field(primary_key=True, sa_type=Uuid)
    owner_id: UUID | None = Field(sa_type=Uuid)
    owner_code: str | None = Field(sa_type=Text)
    __table_args__ = (Index("ix_customer_owner_code", "tenant_id", "owner_code"),)
