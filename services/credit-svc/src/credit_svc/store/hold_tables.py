"""Tables of holds and of what their rules look at: items that are owed, promises that were broken."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, Index, Text, Uuid, text
from sqlmodel import Field

from credit_svc.store.rows import Row


class OwedItemRow(Row, table=True):
    """One amount owed, as billing told of it; `due_on` is the arranged day where there is one.

    One that went on at another customer has a row there too.
    """

    __tablename__ = "owed_item"
    tenant_id: UUID = Field(primary_key=True, sa_type=Uuid)
    item_id: UUID = Field(primary_key=True, sa_type=Uuid)
    customer_id: UUID = Field(primary_key=True, sa_type=Uuid)
    currency: str = Field(sa_type=Text)
    due_on: date
    open: int = Field(sa_type=BigInteger)
    disputed: int = Field(sa_type=BigInteger)
    __table_args__ = (
        Index("ix_owed_item_overdue", "tenant_id", "customer_id", "due_on",
              postgresql_where=text("open > disputed")),
        Index("ix_owed_item_by_day", "tenant_id", "due_on", postgresql_where=text("open > disputed")),
    )


class CreditHoldRow(Row, table=True):
    """A stop for new credit, and its end; `waived_until` keeps the rule that placed it still."""

    __tablename__ = "credit_hold"
    tenant_id: UUID = Field(primary_key=True, sa_type=Uuid)
    hold_id: UUID = Field(primary_key=True, sa_type=Uuid)
    customer_id: UUID = Field(sa_type=Uuid)
    rule: str = Field(sa_type=Text)
    reason: str = Field(sa_type=Text)
    note: str | None = Field(sa_type=Text)
    currency: str | None = Field(sa_type=Text)
    amount: int | None = Field(sa_type=BigInteger)
    days: int | None
    placed_by: str = Field(sa_type=Text)
    placed_at: datetime = Field(sa_type=DateTime(timezone=True))
    released_by: str | None = Field(sa_type=Text)
    released_at: datetime | None = Field(sa_type=DateTime(timezone=True))
    release_reason: str | None = Field(sa_type=Text)
    waived_until: date | None
    __table_args__ = (
        CheckConstraint("(released_at IS NULL) = (released_by IS NULL)", name="released"),
        CheckConstraint("(amount IS NULL) = (currency IS NULL)", name="amount"),
        Index("uq_credit_hold_standing", "tenant_id", "customer_id", "rule", unique=True,
              postgresql_where=text("released_at IS NULL")),
        Index("ix_credit_hold_waived", "tenant_id", "customer_id", "waived_until",
              postgresql_where=text("waived_until IS NOT NULL")),
    )


class BrokenPromiseRow(Row, table=True):
    """A promise to pay that was broken, as notify-svc judged it; false when it was corrected since."""

    __tablename__ = "broken_promise"
    tenant_id: UUID = Field(primary_key=True, sa_type=Uuid)
    promise_id: UUID = Field(primary_key=True, sa_type=Uuid)
    customer_id: UUID = Field(sa_type=Uuid)
    broken_on: date
    broken: bool
    __table_args__ = (
        Index("ix_broken_promise_customer", "tenant_id", "customer_id", "broken_on", postgresql_where=text("broken")),
    )
