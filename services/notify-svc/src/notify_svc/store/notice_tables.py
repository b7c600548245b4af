"""Tables of notices beside reminders, and of the statements and deposits that they are about."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from notify_svc.store.rows import Row


class StatementRow(Row, table=True):
    """A statement of account as billing-svc told of it; `closing` is a JSON array, one entry per currency, `confirmed`
    one of the items whose lines the customer agreed to."""

    __tablename__ = "statement"
    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    customer_id: UUID
    period_from: date
    period_to: date
    closing: str = Field(sa_type=JSONB)
    answered: bool
    answered_at: datetime | None = Field(sa_type=DateTime(timezone=True))
    confirmed: str = Field(sa_type=JSONB, sa_column_kwargs={"server_default": "[]"})
    __table_args__ = (
        Index("ix_statement_confirmed", "tenant_id", "customer_id", postgresql_where=text("answered_at IS NOT NULL")),
    )


class NoticeRow(Row, table=True):
    """A notice to a customer or to a member of staff, once per kind and key; what it said is not kept."""

    __tablename__ = "notice"
    tenant_id: UUID = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    id: UUID
    customer_id: UUID | None
    staff_code: str | None
    on: date
    status: str
    reason: str | None
    __table_args__ = (Index(None, "tenant_id", "id"), Index(None, "tenant_id", "customer_id", "id"))


class AskedDepositRow(Row, table=True):
    """A deposit as billing-svc asked for it; it `waits` until money comes in on it or it is ended."""

    __tablename__ = "asked_deposit"
    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    customer_id: UUID
    number: str
    order_reference: str
    currency: str
    amount: int = Field(sa_type=BigInteger)
    due_on: date
    waits: bool
