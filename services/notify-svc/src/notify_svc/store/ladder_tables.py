"""Tables of the ladder: policies in versions, customers as heard, and what each item owes and has been reminded of."""

from datetime import date, datetime, time
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKeyConstraint, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from notify_svc.store.rows import Row


class LadderPolicyRow(Row, table=True):
    """One version of one of a tenant's ladders; the highest of each is in force. `levels` is a JSON array.

    Versions are numbered on over all ladders of the tenant, so that a version names its ladder.
    """

    __tablename__ = "ladder_policy"
    tenant_id: UUID = Field(primary_key=True)
    version: int = Field(primary_key=True)
    ladder: str = Field(sa_column_kwargs={"server_default": "standard"})
    levels: str = Field(sa_type=JSONB)
    gap_days: int
    run_at: time
    set_by: str
    set_at: datetime = Field(sa_type=DateTime(timezone=True))
    __table_args__ = (Index(None, "tenant_id", "ladder", "version"),)


class LadderSelectionRow(Row, table=True):
    """One version of the rules that choose among ladders; the highest is in force. `rules` is a JSON array."""

    __tablename__ = "ladder_selection"
    tenant_id: UUID = Field(primary_key=True)
    version: int = Field(primary_key=True)
    rules: str = Field(sa_type=JSONB)
    set_by: str
    set_at: datetime = Field(sa_type=DateTime(timezone=True))


class CustomerRow(Row, table=True):
    """What this service keeps of a customer; `known` is false for a stub that customer-svc has not told of yet.

    `refused_on`: its address was refused for good on that day; silence until its contacts change. `opted_out_on`: a
    person there does not want reminders by e-mail since that day. `grade` follows from what credit-svc told; it stands
    here too because this row is locked by whoever chooses a ladder.
    """

    __tablename__ = "customer"
    tenant_id: UUID = Field(primary_key=True)
    customer_id: UUID = Field(primary_key=True)
    known: bool
    number: str | None
    name: str | None
    status: str | None
    refused_on: date | None
    opted_out_on: date | None
    grade: str | None
    classes: str = Field(sa_type=JSONB, sa_column_kwargs={"server_default": "{}"})
    owner_id: UUID | None
    owner_code: str | None


class CustomerGradeRow(Row, table=True):
    """The grade that credit-svc told last of a customer."""

    __tablename__ = "customer_grade"
    tenant_id: UUID = Field(primary_key=True)
    customer_id: UUID = Field(primary_key=True)
    grade: str


class DunnedItemRow(Row, table=True):
    """An item as billing-svc tells it, its place on the ladder, and its next reminder; `next_on` null: none comes.

    `came_at` and `came_by` are of the fact with which it came from a customer that was merged.
    """

    __tablename__ = "dunned_item"
    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    customer_id: UUID
    invoice_id: UUID | None
    number: str
    currency: str
    open: int = Field(sa_type=BigInteger)
    disputed: int = Field(sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    issued_on: date
    due_on: date
    due_version: int
    active: bool
    passed_offset_days: int | None
    last_sent_on: date | None
    next_level: int | None
    next_on: date | None
    came_at: datetime | None = Field(sa_type=DateTime(timezone=True))
    came_by: UUID | None
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "customer_id"], ["customer.tenant_id", "customer.customer_id"]),
        CheckConstraint("open >= 0", name="owes_nothing_or_more"),
        CheckConstraint("disputed >= 0 AND disputed <= open", name="disputes_no_more_than_is_open"),
        CheckConstraint("(next_on IS NULL) = (next_level IS NULL)", name="next_is_whole"),
        CheckConstraint("(came_at IS NULL) = (came_by IS NULL)", name="coming_is_whole"),
        CheckConstraint("next_on IS NULL OR (active AND open > 0)", name="plans_only_what_is_owed"),
        Index(None, "tenant_id", "next_on", "customer_id", postgresql_where=text("next_on IS NOT NULL")),
        Index(None, "tenant_id", "customer_id"),
        Index("ix_dunned_item_owed", "tenant_id", "due_on", "customer_id", postgresql_where=text("open > 0")),
        Index("ix_dunned_item_switched_off", "tenant_id", "id", postgresql_where=text("NOT active")),
    )


class LeftItemRow(Row, table=True):
    """What the stream of one customer told of an item that stands at another one, to whom it came later."""

    __tablename__ = "left_item"
    tenant_id: UUID = Field(primary_key=True)
    item_id: UUID = Field(primary_key=True)
    customer_id: UUID = Field(primary_key=True)
    currency: str
    open: int = Field(sa_type=BigInteger)
    disputed: int = Field(sa_type=BigInteger)
    due_on: date
    due_version: int
    came_at: datetime | None = Field(sa_type=DateTime(timezone=True))
    came_by: UUID | None
    __table_args__ = (
        CheckConstraint("disputed >= 0 AND disputed <= open", name="disputes_no_more_than_is_open"),
        CheckConstraint("(came_at IS NULL) = (came_by IS NULL)", name="coming_is_whole"),
    )
