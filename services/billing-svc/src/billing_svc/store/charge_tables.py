"""The table of charges: interest and fees as facts, each behind an item of its own."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKeyConstraint, Text, UniqueConstraint
from sqlmodel import Field

from billing_svc.store.rows import Row


class ChargeRow(Row, table=True):
    """Interest or a fee, charged once under its own number."""

    __tablename__ = "charge"
    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    item_id: UUID
    customer_id: UUID
    kind: str = Field(sa_type=Text)
    series: str = Field(sa_type=Text)
    number: str = Field(sa_type=Text)
    currency: str = Field(sa_type=Text)
    amount: int = Field(sa_type=BigInteger)
    effective_on: date
    recorded_at: datetime = Field(sa_type=DateTime(timezone=True))
    actor: str = Field(sa_type=Text)
    reason: str = Field(sa_type=Text)
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "item_id"], ["item.tenant_id", "item.id"]),
        UniqueConstraint("tenant_id", "item_id"),
        UniqueConstraint("tenant_id", "number"),
        CheckConstraint("amount > 0", name="amount"),
    )
