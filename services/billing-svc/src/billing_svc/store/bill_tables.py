"""Tables of bills of exchange: facts, only ever added."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKeyConstraint, Text, UniqueConstraint
from sqlmodel import Field

from billing_svc.store.rows import Row


class BillRow(Row, table=True):
    """A bill that was received; what is open of it stands on its item. `number` is printed on it."""

    __tablename__ = "bill"
    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    item_id: UUID
    currency: str = Field(sa_type=Text)
    amount: int = Field(sa_type=BigInteger)
    number: str = Field(sa_type=Text)
    risk_class: str = Field(sa_type=Text)
    drawer: str = Field(sa_type=Text)
    acceptor: str = Field(sa_type=Text)
    received_on: date
    effective_on: date
    due_on: date
    actor: str = Field(sa_type=Text)
    recorded_at: datetime = Field(sa_type=DateTime(timezone=True))
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "item_id"], ["item.tenant_id", "item.id"]),
        UniqueConstraint("tenant_id", "item_id"),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("risk_class IN ('bank', 'commercial')", name="risk_class"),
    )


class BillPartRow(Row, table=True):
    """So much of an item was settled by a bill."""

    __tablename__ = "bill_part"
    tenant_id: UUID = Field(primary_key=True)
    bill_id: UUID = Field(primary_key=True)
    item_id: UUID = Field(primary_key=True)
    amount: int = Field(sa_type=BigInteger)
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "bill_id"], ["bill.tenant_id", "bill.id"]),
        ForeignKeyConstraint(["tenant_id", "item_id"], ["item.tenant_id", "item.id"]),
        CheckConstraint("amount > 0", name="amount"),
    )


class BillDishonourRow(Row, table=True):
    """That a bill was not paid: at most once."""

    __tablename__ = "bill_dishonour"
    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    bill_id: UUID
    reason: str = Field(sa_type=Text)
    effective_on: date
    actor: str = Field(sa_type=Text)
    recorded_at: datetime = Field(sa_type=DateTime(timezone=True))
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "bill_id"], ["bill.tenant_id", "bill.id"]),
        UniqueConstraint("tenant_id", "bill_id"),
    )
