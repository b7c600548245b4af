"""Tables of statements of account: snapshots, answers, what must be searched for, and runs over many customers."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKeyConstraint, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from billing_svc.store.rows import Row


class StatementRow(Row, table=True):
    """A statement as it was made: a fact, named by the digest of its snapshot."""

    __tablename__ = "statement"
    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    customer_id: UUID
    run_id: UUID | None
    period_from: date
    period_to: date
    known_at: datetime = Field(sa_type=DateTime(timezone=True))
    snapshot: str = Field(sa_type=JSONB)
    digest: str = Field(sa_type=Text)
    actor: str = Field(sa_type=Text)
    recorded_at: datetime = Field(sa_type=DateTime(timezone=True))
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "customer_id"], ["customer.tenant_id", "customer.customer_id"]),
        UniqueConstraint("tenant_id", "run_id", "customer_id"),
        Index(None, "tenant_id", "customer_id", "id"),
    )


class StatementAnswerRow(Row, table=True):
    """The customer's answer: a fact; a statement has at most one."""

    __tablename__ = "statement_answer"
    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    statement_id: UUID
    customer_id: UUID
    agreed: bool
    answer: str = Field(sa_type=JSONB)
    disputes: str = Field(sa_type=JSONB)
    digest: str = Field(sa_type=Text)
    actor: str = Field(sa_type=Text)
    recorded_at: datetime = Field(sa_type=DateTime(timezone=True))
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "statement_id"], ["statement.tenant_id", "statement.id"]),
        UniqueConstraint("tenant_id", "statement_id"),
    )


class SearchTaskRow(Row, table=True):
    """Something that a customer's books have and ours do not: open until somebody says what was found."""

    __tablename__ = "search_task"
    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    statement_id: UUID
    customer_id: UUID
    reason: str = Field(sa_type=Text)
    item_id: UUID | None
    kind: str | None = Field(sa_type=Text)
    reference: str | None = Field(sa_type=Text)
    on_day: date | None
    currency: str = Field(sa_type=Text)
    amount: int = Field(sa_type=BigInteger)
    opened_at: datetime = Field(sa_type=DateTime(timezone=True))
    closed_at: datetime | None = Field(sa_type=DateTime(timezone=True))
    closed_by: str | None = Field(sa_type=Text)
    finding: str | None = Field(sa_type=Text)
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "statement_id"], ["statement.tenant_id", "statement.id"]),
        CheckConstraint("(closed_at IS NULL) = (finding IS NULL)", name="closed_with_a_finding"),
        Index(None, "tenant_id", "statement_id"),
        Index("ix_search_task_open", "tenant_id", "id", postgresql_where=text("closed_at IS NULL")),
    )


class StatementRunRow(Row, table=True):
    """A run over many customers: it has got as far as `last_customer_id`."""

    __tablename__ = "statement_run"
    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    operation_id: UUID
    period_from: date
    period_to: date
    total: int
    done: int
    last_customer_id: UUID | None
    started_by: str = Field(sa_type=Text)
    created_at: datetime = Field(sa_type=DateTime(timezone=True))
