"""Tables of collecting by persons: the policy, cases with their entries, and call tasks."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKeyConstraint, Index, text
from sqlmodel import Field

from notify_svc.store.rows import Row


class CollectionPolicyRow(Row, table=True):
    """One version of the rules that open cases; `large` is minor units of the tenant's currency. Null: no such rule."""

    __tablename__ = "collection_policy"
    tenant_id: UUID = Field(primary_key=True)
    version: int = Field(primary_key=True)
    chronic_days: int | None
    large: int | None = Field(sa_type=BigInteger)
    call_again_days: int
    owner_digest: str = Field(sa_column_kwargs={"server_default": "daily"})
    reconcile_after_days: int = Field(sa_column_kwargs={"server_default": "10"})
    reconcile_times: int = Field(sa_column_kwargs={"server_default": "3"})
    broken_promise_days: int = Field(sa_column_kwargs={"server_default": "30"})
    statement_answer_days: int = Field(sa_column_kwargs={"server_default": "10"})
    limitation_months: int = Field(sa_column_kwargs={"server_default": "36"})
    set_by: str
    set_at: datetime = Field(sa_type=DateTime(timezone=True))


class CollectionCaseRow(Row, table=True):
    """A case of one customer: its stage, who works on it, and what is to be done next. One is open at a time."""

    __tablename__ = "collection_case"
    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    customer_id: UUID
    reason: str
    stage: str
    owner_code: str | None
    next_action: str | None
    next_action_on: date | None
    opened_on: date
    opened_by: str
    closed_on: date | None
    end_reason: str | None
    version: int
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "customer_id"], ["customer.tenant_id", "customer.customer_id"]),
        CheckConstraint("(stage = 'closed') = (closed_on IS NOT NULL)", name="closed_has_a_day"),
        Index(None, "tenant_id", "owner_code", "id"),
        Index(None, "tenant_id", "stage", "id"),
        Index("uq_collection_case_open_once", "tenant_id", "customer_id", unique=True,
              postgresql_where=text("closed_on IS NULL")),
        Index(None, "tenant_id", "customer_id", "id"),
    )


class CaseEntryRow(Row, table=True):
    """Something that happened in a case: a note, a visit, a talk, a stage. Only ever added to."""

    __tablename__ = "case_entry"
    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    case_id: UUID
    kind: str
    on: date
    by: str
    note: str | None
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "case_id"], ["collection_case.tenant_id", "collection_case.id"]),
        Index(None, "tenant_id", "case_id", "id"),
    )


class CallTaskRow(Row, table=True):
    """A call to be made, and, with an outcome, how it went. `message_id` is the ladder's message that asked for it."""

    __tablename__ = "call_task"
    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    customer_id: UUID
    reason: str
    due_on: date
    opened_on: date
    opened_by: str
    attempt: int
    message_id: UUID | None
    outcome: str | None
    called_on: date | None
    called_by: str | None
    note: str | None
    promise_id: UUID | None
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "customer_id"], ["customer.tenant_id", "customer.customer_id"]),
        CheckConstraint("(outcome IS NULL) = (called_on IS NULL)", name="outcome_has_a_day"),
        Index("ix_call_task_open", "tenant_id", "customer_id", "due_on", postgresql_where=text("outcome IS NULL")),
        Index(None, "tenant_id", "customer_id", "id"),
    )
