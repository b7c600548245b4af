"""Tables of a customer's conduct: sums of what its payments say, each payment learnt, what was billed, and marks."""

from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, Numeric, Text, Uuid, text
from sqlmodel import Field

from credit_svc.store.rows import Row


class PaymentRecordRow(Row, table=True):
    """What a customer's payments in one currency say: sums over all that are learnt, by their weights."""

    __tablename__ = "payment_record"
    tenant_id: UUID = Field(primary_key=True, sa_type=Uuid)
    customer_id: UUID = Field(primary_key=True, sa_type=Uuid)
    currency: str = Field(primary_key=True, sa_type=Text)
    payments: int = Field(sa_type=BigInteger)
    weight: Decimal = Field(sa_type=Numeric)
    late: Decimal = Field(sa_type=Numeric)
    much_late: Decimal = Field(sa_type=Numeric)
    days: Decimal = Field(sa_type=Numeric)
    squares: Decimal = Field(sa_type=Numeric)
    amount: Decimal = Field(sa_type=Numeric)
    amount_days: Decimal = Field(sa_type=Numeric)
    __table_args__ = (CheckConstraint("least(payments, weight, late, much_late, squares, amount) >= 0", name="sums"),)


class LearntPaymentRow(Row, table=True):
    """An allocation of a customer's own money that was learnt from; not `live` once it was undone."""

    __tablename__ = "learnt_payment"
    tenant_id: UUID = Field(primary_key=True, sa_type=Uuid)
    allocation_id: UUID = Field(primary_key=True, sa_type=Uuid)
    customer_id: UUID = Field(sa_type=Uuid)
    invoice_id: UUID | None = Field(sa_type=Uuid)
    currency: str = Field(sa_type=Text)
    amount: int = Field(sa_type=BigInteger)
    days_late: int
    paid_on: date
    weight: Decimal = Field(sa_type=Numeric)
    live: bool
    __table_args__ = (
        Index("ix_learnt_payment_customer", "tenant_id", "customer_id", "paid_on", postgresql_where=text("live")),)


class BilledInvoiceRow(Row, table=True):
    """What was billed, and when it was due; zero once it was voided."""

    __tablename__ = "billed_invoice"
    tenant_id: UUID = Field(primary_key=True, sa_type=Uuid)
    invoice_id: UUID = Field(primary_key=True, sa_type=Uuid)
    customer_id: UUID = Field(sa_type=Uuid)
    currency: str = Field(sa_type=Text)
    amount: int = Field(sa_type=BigInteger)
    issued_on: date
    due_days: int
    __table_args__ = (Index("ix_billed_invoice_customer", "tenant_id", "customer_id", "issued_on"),)


class ConductMarkRow(Row, table=True):
    """A returned payment, a dispute opened or lost: each counts once."""

    __tablename__ = "conduct_mark"
    tenant_id: UUID = Field(primary_key=True, sa_type=Uuid)
    kind: str = Field(primary_key=True, sa_type=Text)
    subject_id: UUID = Field(primary_key=True, sa_type=Uuid)
    customer_id: UUID = Field(sa_type=Uuid)
    marked_on: date
    __table_args__ = (Index("ix_conduct_mark_customer", "tenant_id", "customer_id", "marked_on"),)
