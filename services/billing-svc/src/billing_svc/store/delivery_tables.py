"""Tables of deliveries and of what invoices bill of them."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKeyConstraint, Index, Text, text
from sqlmodel import Field

from billing_svc.store.rows import Row


class DeliveryRow(Row, table=True):
    """Something that was delivered; `open` is what is not billed of it."""

    __tablename__ = "delivery"
    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    customer_id: UUID
    authorization_id: UUID | None
    reference: str = Field(sa_type=Text)
    currency: str = Field(sa_type=Text)
    amount: int = Field(sa_type=BigInteger)
    open: int = Field(sa_type=BigInteger)
    delivered_on: date
    cancelled: str | None = Field(sa_type=Text)
    recorded_at: datetime = Field(sa_type=DateTime(timezone=True))
    actor: str = Field(sa_type=Text)
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "customer_id"], ["customer.tenant_id", "customer.customer_id"]),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("0 <= open AND open <= amount", name="open"),
        CheckConstraint("cancelled IS NULL OR open = 0", name="cancelled"),
        Index("ix_delivery_not_billed", "tenant_id", "authorization_id", postgresql_where=text("open > 0")),
        Index(None, "tenant_id", "customer_id", "id"),
    )


class DeliveryBillingRow(Row, table=True):
    """An invoice billed so much of a delivery, until it is voided. A fact."""

    __tablename__ = "delivery_billing"
    tenant_id: UUID = Field(primary_key=True)
    invoice_id: UUID = Field(primary_key=True)
    delivery_id: UUID = Field(primary_key=True)
    amount: int = Field(sa_type=BigInteger)
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "delivery_id"], ["delivery.tenant_id", "delivery.id"]),
        ForeignKeyConstraint(["tenant_id", "invoice_id"], ["invoice.tenant_id", "invoice.id"]),
        CheckConstraint("amount > 0", name="amount"),
        Index(None, "tenant_id", "delivery_id"),
    )
