"""Tables of credit notes: the document, its lines, and its cancellation; each only ever added to."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKeyConstraint, Index, Text, UniqueConstraint
from sqlmodel import Field

from billing_svc.store.rows import Row


class CreditNoteRow(Row, table=True):
    """A credit note as a document; as a credit it is the row of `credit` with the same id."""

    __tablename__ = "credit_note"
    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    invoice_id: UUID
    series: str = Field(sa_type=Text)
    number: str = Field(sa_type=Text)
    issued_on: date
    reason: str = Field(sa_type=Text)
    currency: str = Field(sa_type=Text)
    net: int = Field(sa_type=BigInteger)
    tax: int = Field(sa_type=BigInteger)
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "id"], ["credit.tenant_id", "credit.id"]),
        ForeignKeyConstraint(["tenant_id", "invoice_id"], ["invoice.tenant_id", "invoice.id"]),
        UniqueConstraint("tenant_id", "number"),
        Index(None, "tenant_id", "invoice_id"),
        Index(None, "tenant_id", "issued_on", "id"),
    )


class CreditNoteLineRow(Row, table=True):
    """What is credited of the invoice line at this position."""

    __tablename__ = "credit_note_line"
    tenant_id: UUID = Field(primary_key=True)
    credit_note_id: UUID = Field(primary_key=True)
    position: int = Field(primary_key=True)
    invoice_id: UUID
    currency: str = Field(sa_type=Text)
    net: int = Field(sa_type=BigInteger)
    tax: int = Field(sa_type=BigInteger)
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "credit_note_id"], ["credit_note.tenant_id", "credit_note.id"]),
        ForeignKeyConstraint(
            ["tenant_id", "invoice_id", "position"],
            ["invoice_line.tenant_id", "invoice_line.invoice_id", "invoice_line.position"]),
        CheckConstraint("net >= 0 AND tax >= 0 AND net + tax > 0", name="something"),
        Index(None, "tenant_id", "invoice_id", "position"),
    )


class CreditNoteCancellationRow(Row, table=True):
    """That a credit note was cancelled: at most once, and never taken back."""

    __tablename__ = "credit_note_cancellation"
    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    credit_note_id: UUID
    effective_on: date
    business_on: date
    recorded_at: datetime = Field(sa_type=DateTime(timezone=True))
    actor: str = Field(sa_type=Text)
    reason: str = Field(sa_type=Text)
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "credit_note_id"], ["credit_note.tenant_id", "credit_note.id"]),
        UniqueConstraint("tenant_id", "credit_note_id"),
    )


class CreditedDiscountRow(Row, table=True):
    """What a note took back of money that had paid with a discount; `reversal_id` undid that allocation. A fact."""

    __tablename__ = "credited_discount"
    tenant_id: UUID = Field(primary_key=True)
    reversal_id: UUID = Field(primary_key=True)
    credit_note_id: UUID
    credit_id: UUID
    item_id: UUID
    currency: str = Field(sa_type=Text)
    amount: int = Field(sa_type=BigInteger)
    discount: int = Field(sa_type=BigInteger)
    discount_tax: int = Field(sa_type=BigInteger)
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "reversal_id"], ["allocation_reversal.tenant_id", "allocation_reversal.id"]),
        ForeignKeyConstraint(["tenant_id", "credit_note_id"], ["credit_note.tenant_id", "credit_note.id"]),
        ForeignKeyConstraint(["tenant_id", "credit_id"], ["credit.tenant_id", "credit.id"]),
        ForeignKeyConstraint(["tenant_id", "item_id"], ["item.tenant_id", "item.id"]),
        CheckConstraint("amount >= 0 AND 0 <= discount_tax AND discount_tax <= discount", name="amounts"),
        Index(None, "tenant_id", "credit_note_id"),
    )
