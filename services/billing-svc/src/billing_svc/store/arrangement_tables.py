"""Tables of arrangements: how each stands, its parts by version, and the due dates that it made stand for items."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKeyConstraint, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from billing_svc.store.rows import Row


class ArrangementRow(Row, table=True):
    """An arrangement as it stands. It was judged last when its account had `judged_position` ledger entries.

    `agreed_with` is the customer in whose account `after_position` counts, once it goes on at another one.
    """

    __tablename__ = "arrangement"
    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    customer_id: UUID
    currency: str = Field(sa_type=Text)
    item_ids: str = Field(sa_type=JSONB)
    version: int
    state: str = Field(sa_type=Text)
    grace_days: int
    agreed_on: date
    misses_on: date
    after_position: int = Field(sa_type=BigInteger)
    judged_position: int = Field(sa_type=BigInteger)
    reference: str | None = Field(sa_type=Text)
    actor: str = Field(sa_type=Text)
    recorded_at: datetime = Field(sa_type=DateTime(timezone=True))
    agreed_with: UUID | None
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "customer_id"], ["customer.tenant_id", "customer.customer_id"]),
        CheckConstraint("state IN ('active', 'completed', 'defaulted')", name="state"),
        Index(None, "tenant_id", "customer_id", "id"),
        Index("ix_arrangement_to_judge", "tenant_id", "misses_on", "id", postgresql_where=text("state <> 'completed'")),
    )


class ArrangementPartRow(Row, table=True):
    """So much was to be paid by this day, by this version. A fact."""

    __tablename__ = "arrangement_part"
    tenant_id: UUID = Field(primary_key=True)
    arrangement_id: UUID = Field(primary_key=True)
    version: int = Field(primary_key=True)
    position: int = Field(primary_key=True)
    due_on: date
    currency: str = Field(sa_type=Text)
    amount: int = Field(sa_type=BigInteger)
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "arrangement_id"], ["arrangement.tenant_id", "arrangement.id"]),
        CheckConstraint("amount > 0", name="amount"),
    )


class StandingDueRow(Row, table=True):
    """What of an item was due when, by one version of its due date: by an arrangement, or as agreed at first again.

    The highest version counts; none means the due date of the item itself.
    """

    __tablename__ = "standing_due"
    tenant_id: UUID = Field(primary_key=True)
    item_id: UUID = Field(primary_key=True)
    due_version: int = Field(primary_key=True)
    position: int = Field(primary_key=True)
    arrangement_id: UUID
    due_on: date
    currency: str = Field(sa_type=Text)
    amount: int = Field(sa_type=BigInteger)
    effective_on: date
    recorded_at: datetime = Field(sa_type=DateTime(timezone=True))
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "item_id"], ["item.tenant_id", "item.id"]),
        ForeignKeyConstraint(["tenant_id", "arrangement_id"], ["arrangement.tenant_id", "arrangement.id"]),
    )
