"""Tables of taking an older ledger over: the import, the facts that wait for their turn, and what was refused."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKeyConstraint, Index, Text, UniqueConstraint, text
from sqlmodel import Field

from billing_svc.store.rows import Row


class LedgerImportRow(Row, table=True):
    """One taking-over of a file. `round` counts the jobs that took slices, `turn_*` names the last fact judged."""

    __tablename__ = "ledger_import"
    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    name: str = Field(sa_type=Text)
    digest: str = Field(sa_type=Text)
    status: str = Field(sa_type=Text)
    series: str = Field(sa_type=Text)
    last_line: int = Field(sa_type=BigInteger)
    operation_id: UUID | None
    round: int
    turn_on: date
    turn_part: str = Field(sa_type=Text)
    turn_line: int = Field(sa_type=BigInteger)
    total: int = Field(sa_type=BigInteger)
    invoices: int = Field(sa_type=BigInteger)
    payments: int = Field(sa_type=BigInteger)
    unchanged: int = Field(sa_type=BigInteger)
    refused: int = Field(sa_type=BigInteger)
    started_by: str = Field(sa_type=Text)
    created_at: datetime = Field(sa_type=DateTime(timezone=True))
    __table_args__ = (
        UniqueConstraint("tenant_id", "series"),
        CheckConstraint("status IN ('receiving', 'running', 'ended')", name="status"),
        Index("uq_ledger_import_under_way", "tenant_id", "digest", unique=True,
              postgresql_where=text("status <> 'ended'")),
    )


class LedgerImportFactRow(Row, table=True):
    """One part of a row of the file, until the import has ended."""

    __tablename__ = "ledger_import_fact"
    tenant_id: UUID = Field(primary_key=True)
    ledger_import_id: UUID = Field(primary_key=True)
    line: int = Field(primary_key=True, sa_type=BigInteger)
    part: str = Field(primary_key=True, sa_type=Text)
    customer_external_id: str = Field(sa_type=Text)
    external_id: str = Field(sa_type=Text)
    currency: str = Field(sa_type=Text)
    amount: int = Field(sa_type=BigInteger)
    day: date
    order_on: date
    through_on: date
    due_on: date | None
    invoice_external_id: str | None = Field(sa_type=Text)
    method: str | None = Field(sa_type=Text)
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "ledger_import_id"], ["ledger_import.tenant_id", "ledger_import.id"]),
        CheckConstraint("part IN ('invoice', 'payment')", name="part"),
        Index("ix_ledger_import_fact_turn", "tenant_id", "ledger_import_id", "order_on", "part", "line"),
    )


class LedgerImportRefusalRow(Row, table=True):
    """A part of a row that was not taken, and why."""

    __tablename__ = "ledger_import_refusal"
    tenant_id: UUID = Field(primary_key=True)
    ledger_import_id: UUID = Field(primary_key=True)
    line: int = Field(primary_key=True, sa_type=BigInteger)
    part: str = Field(primary_key=True, sa_type=Text)
    external_id: str | None = Field(sa_type=Text)
    code: str = Field(sa_type=Text)
    detail: str = Field(sa_type=Text)
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "ledger_import_id"], ["ledger_import.tenant_id", "ledger_import.id"]),
    )
