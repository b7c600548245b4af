"""Tables of deposit requests and of the payments that came in on them."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKeyConstraint, Index, Text, UniqueConstraint, text
from sqlmodel import Field

from billing_svc.store.rows import Row


class DepositRequestRow(Row, table=True):
    """What is asked for ahead of an order; `ended` says why it stands no more."""

    __tablename__ = "deposit_request"
    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    number: str = Field(sa_type=Text)
    customer_id: UUID
    currency: str = Field(sa_type=Text)
    amount: int = Field(sa_type=BigInteger)
    order_reference: str = Field(sa_type=Text)
    authorization_id: UUID | None
    requested_on: date
    due_on: date
    ended: str | None = Field(sa_type=Text)
    actor: str = Field(sa_type=Text)
    recorded_at: datetime = Field(sa_type=DateTime(timezone=True))
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "customer_id"], ["customer.tenant_id", "customer.customer_id"]),
        UniqueConstraint("tenant_id", "number"),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("due_on >= requested_on", name="due"),
        Index(None, "tenant_id", "customer_id", "id"),
        Index("ix_deposit_request_order", "tenant_id", "authorization_id",
              postgresql_where=text("ended IS NULL AND authorization_id IS NOT NULL")),
        Index("ix_deposit_request_reference", "tenant_id", "order_reference", postgresql_where=text("ended IS NULL")),
    )


class DepositPaymentRow(Row, table=True):
    """A payment that came in on a request. A fact."""

    __tablename__ = "deposit_payment"
    tenant_id: UUID = Field(primary_key=True)
    credit_id: UUID = Field(primary_key=True)
    request_id: UUID
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "credit_id"], ["credit.tenant_id", "credit.id"]),
        ForeignKeyConstraint(["tenant_id", "request_id"], ["deposit_request.tenant_id", "deposit_request.id"]),
        Index(None, "tenant_id", "request_id"),
    )
