"""Tables of documents: customers as heard, number series, invoices and their lines."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Numeric,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from billing_svc.store.rows import Row

QUANTITY_SCALE = 6
PRICE_SCALE = 6
TAX_RATE_SCALE = 4
STILL_OPEN = text("open > 0")
UNTOLD = text("open > 0 AND overdue_told_version < due_version")


class CustomerRow(Row, table=True):
    """What this service keeps of a customer, as customer-svc tells it; `known` is false for a stub.

    `merged_into` is the customer with which one that was merged goes on.
    """

    __tablename__ = "customer"
    tenant_id: UUID = Field(primary_key=True)
    customer_id: UUID = Field(primary_key=True)
    known: bool
    number: str | None = Field(sa_type=Text)
    name: str | None = Field(sa_type=Text)
    kind: str | None = Field(sa_type=Text)
    status: str | None = Field(sa_type=Text)
    tax_id: str | None = Field(sa_type=Text)
    region: str | None = Field(sa_type=Text)
    industry: str | None = Field(sa_type=Text)
    due_days: int | None
    end_of_month: bool | None
    instalments: str | None = Field(sa_type=JSONB)
    discount: str | None = Field(sa_type=JSONB)
    external_id: str | None = Field(sa_type=Text)
    merged_into: UUID | None
    owner_code: str | None = Field(sa_type=Text)
    group_number: str | None = Field(sa_type=Text)
    classes: str | None = Field(sa_type=JSONB)
    __table_args__ = (
        Index(None, "tenant_id", "number"),
        Index(None, "tenant_id", "external_id"),
        Index("ix_customer_owner", "tenant_id", "owner_code"),
        Index("ix_customer_merged", "tenant_id", "merged_into", postgresql_where=text("merged_into IS NOT NULL")),
    )


class NumberSeriesRow(Row, table=True):
    """One gapless series of document numbers; its row is locked last before a document is written."""

    __tablename__ = "number_series"
    tenant_id: UUID = Field(primary_key=True)
    series: str = Field(primary_key=True, sa_type=Text)
    next_number: int = Field(sa_type=BigInteger)
    last_issued_on: date | None
    __table_args__ = (CheckConstraint("next_number >= 1", name="counts_from_one"),)


class InvoiceRow(Row, table=True):
    """An invoice as a document. A draft keeps its lines in `draft_lines`; an issued one has rows of lines and items."""

    __tablename__ = "invoice"
    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    customer_id: UUID
    status: str = Field(sa_type=Text)
    series: str = Field(sa_type=Text)
    number: str | None = Field(sa_type=Text)
    external_id: str | None = Field(sa_type=Text)
    issued_on: date | None
    due_on: date | None
    currency: str = Field(sa_type=Text)
    net: int = Field(sa_type=BigInteger)
    tax: int = Field(sa_type=BigInteger)
    total: int = Field(sa_type=BigInteger)
    tax_rounding: str = Field(sa_type=Text)
    authorization_id: UUID | None
    order_reference: str | None = Field(sa_type=Text)
    final: bool
    origin: str = Field(sa_type=Text)
    buyer: str | None = Field(sa_type=JSONB)
    seller: str | None = Field(sa_type=JSONB)
    draft_lines: str | None = Field(sa_type=JSONB)
    draft_instalments: str | None = Field(sa_type=JSONB)
    delivery_ids: str = Field(sa_type=JSONB)
    labels: str = Field(sa_type=JSONB)
    version: int
    created_at: datetime = Field(sa_type=DateTime(timezone=True))
    recorded_at: datetime | None = Field(sa_type=DateTime(timezone=True))
    __table_args__ = (
        UniqueConstraint("tenant_id", "number"),
        UniqueConstraint("tenant_id", "external_id"),
        CheckConstraint("status IN ('draft', 'issued', 'void')", name="status"),
        CheckConstraint("net + tax = total", name="adds_up"),
        CheckConstraint(
            "status <> 'issued' OR (number IS NOT NULL AND issued_on IS NOT NULL AND due_on IS NOT NULL "
            "AND buyer IS NOT NULL AND recorded_at IS NOT NULL AND draft_lines IS NULL)", name="issued_is_whole"),
        Index(None, "tenant_id", "customer_id", "id"),
        Index(None, "tenant_id", "issued_on", "id"),
        Index("ix_invoice_due", "tenant_id", text("least(due_on, 'infinity'::date)"), "id"),
        Index("ix_invoice_not_issued", "tenant_id", "status", "id", postgresql_where=text("status <> 'issued'")),
        Index("ix_invoice_not_issued_due", "tenant_id", "status", text("least(due_on, 'infinity'::date)"), "id",
              postgresql_where=text("status <> 'issued'")),
    )


class InvoiceLineRow(Row, table=True):
    """A line of an issued invoice. `tax_rate` is in percent."""

    __tablename__ = "invoice_line"
    tenant_id: UUID = Field(primary_key=True)
    invoice_id: UUID = Field(primary_key=True)
    position: int = Field(primary_key=True)
    description: str = Field(sa_type=Text)
    product: str | None = Field(sa_type=Text)
    quantity: Decimal = Field(sa_type=Numeric(24, QUANTITY_SCALE))
    unit_price: Decimal = Field(sa_type=Numeric(24, PRICE_SCALE))
    tax_rate: Decimal = Field(sa_type=Numeric(8, TAX_RATE_SCALE))
    currency: str = Field(sa_type=Text)
    net: int = Field(sa_type=BigInteger)
    tax: int = Field(sa_type=BigInteger)
    __table_args__ = (ForeignKeyConstraint(["tenant_id", "invoice_id"], ["invoice.tenant_id", "invoice.id"]),)


class InvoiceVoidRow(Row, table=True):
    """That an issued invoice was voided: at most once, and never taken back."""

    __tablename__ = "invoice_void"
    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    invoice_id: UUID
    effective_on: date
    recorded_at: datetime = Field(sa_type=DateTime(timezone=True))
    actor: str = Field(sa_type=Text)
    reason: str = Field(sa_type=Text)
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "invoice_id"], ["invoice.tenant_id", "invoice.id"]),
        UniqueConstraint("tenant_id", "invoice_id"),
    )


class ItemRow(Row, table=True):
    """One amount owed on one due date. `open` always equals the sum of its ledger entries.

    `raised_on` is the last effective day on which it rose (issue, or the undoing of an allocation).
    """

    __tablename__ = "item"
    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    customer_id: UUID
    invoice_id: UUID | None
    kind: str = Field(sa_type=Text)
    number: str = Field(sa_type=Text)
    claim_item_id: UUID | None
    instalment: int
    instalments: int
    currency: str = Field(sa_type=Text)
    amount: int = Field(sa_type=BigInteger)
    open: int = Field(sa_type=BigInteger)
    disputed: int = Field(sa_type=BigInteger)
    effective_on: date
    raised_on: date
    due_on: date
    standing_due_on: date
    arrangement_id: UUID | None
    written_off: int = Field(sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    discount: str | None = Field(sa_type=JSONB)
    due_version: int
    overdue_told_version: int
    origin: str = Field(sa_type=Text)
    recorded_at: datetime = Field(sa_type=DateTime(timezone=True))
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "invoice_id"], ["invoice.tenant_id", "invoice.id"]),
        ForeignKeyConstraint(["tenant_id", "claim_item_id"], ["item.tenant_id", "item.id"]),
        ForeignKeyConstraint(["tenant_id", "arrangement_id"], ["arrangement.tenant_id", "arrangement.id"]),
        CheckConstraint("0 <= written_off AND open + written_off <= amount", name="written_off"),
        CheckConstraint("kind IN ('invoice', 'interest', 'fee', 'reclaim', 'bill')", name="kind"),
        CheckConstraint("kind <> 'invoice' OR invoice_id IS NOT NULL", name="on_invoice"),
        CheckConstraint("1 <= instalment AND instalment <= instalments", name="instalment"),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("0 <= open AND open <= amount", name="open"),
        CheckConstraint("0 <= disputed AND disputed <= open", name="disputed"),
        Index("ix_item_open_by_customer", "tenant_id", "customer_id", "due_on", "id", postgresql_where=STILL_OPEN,
              postgresql_include=["currency", "open", "effective_on"]),
        Index("ix_item_open_by_due", "tenant_id", "due_on", "id", postgresql_where=STILL_OPEN,
              postgresql_include=["currency"]),
        Index("ix_item_untold", "tenant_id", "standing_due_on", "id", postgresql_where=UNTOLD),
        Index(None, "tenant_id", "invoice_id"),
        Index("ix_item_claim", "tenant_id", "claim_item_id", postgresql_where=text("claim_item_id IS NOT NULL")),
        Index(None, "tenant_id", "customer_id", "id"),
    )
