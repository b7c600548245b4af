"""Tables of the log: every message and suppression, its items, and, apart from them, what it said and to whom."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKeyConstraint, Index, text
from sqlmodel import Field

from notify_svc.store.rows import Row


class MessageRow(Row, table=True):
    """One message to one customer, or, with status `suppressed`, why none left that day.

    `looked_at` and `handed_over_at` are the machine's time: they prove that the look was fresh. `job_id` is the run
    that wrote it; `code` the server's reply code; `bounce` says how it came back after it had left.
    """

    __tablename__ = "message"
    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    customer_id: UUID
    job_id: UUID
    judged_on: date
    status: str
    channel: str
    level: int
    policy_version: int
    language: str | None
    tone: str | None
    fee_code: str | None
    reason: str | None
    code: str | None
    looked_at: datetime = Field(sa_type=DateTime(timezone=True))
    handed_over_at: datetime | None = Field(sa_type=DateTime(timezone=True))
    recorded_at: datetime = Field(sa_type=DateTime(timezone=True))
    resolved_by: str | None
    delivered_at: datetime | None = Field(sa_type=DateTime(timezone=True))
    bounced_at: datetime | None = Field(sa_type=DateTime(timezone=True))
    bounce: str | None
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "customer_id"], ["customer.tenant_id", "customer.customer_id"]),
        Index(None, "tenant_id", "customer_id", "id"),
        Index(None, "tenant_id", "status", "id"),
        Index(None, "tenant_id", "judged_on", "id"),
        Index("ix_message_bounced", "tenant_id", "bounced_at", postgresql_where=text("bounced_at IS NOT NULL")),
        Index("ix_message_under_way", "tenant_id", "customer_id",
              postgresql_where=text("status IN ('queued', 'sending')")),
    )


class MessageItemRow(Row, table=True):
    """One item of a message: its level and amount, and how it ended. A level leaves once, whatever else happens."""

    __tablename__ = "message_item"
    tenant_id: UUID = Field(primary_key=True)
    message_id: UUID = Field(primary_key=True)
    item_id: UUID = Field(primary_key=True)
    invoice_id: UUID | None
    number: str
    due_on: date
    due_version: int
    policy_version: int
    level: int
    offset_days: int
    currency: str
    amount: int = Field(sa_type=BigInteger)
    outcome: str
    reason: str | None
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "message_id"], ["message.tenant_id", "message.id"]),
        ForeignKeyConstraint(["tenant_id", "item_id"], ["dunned_item.tenant_id", "dunned_item.id"]),
        CheckConstraint("outcome = 'suppressed' OR amount > 0", name="asks_for_money"),
        Index("uq_message_item_leaves_once", "tenant_id", "item_id", "due_version", "policy_version", "level",
              unique=True, postgresql_where=text("outcome IN ('sending', 'sent', 'unknown')")),
        Index(None, "tenant_id", "item_id", "message_id"),
        Index("ix_message_item_reason", "tenant_id", "reason", "message_id",
              postgresql_where=text("reason IS NOT NULL")),
    )


class MessageContentRow(Row, table=True):
    """What a message said and to whom: the only personal data in this service, in a table of its own."""

    __tablename__ = "message_content"
    tenant_id: UUID = Field(primary_key=True)
    message_id: UUID = Field(primary_key=True)
    customer_id: UUID
    recipient: str
    subject: str
    body: str
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "message_id"], ["message.tenant_id", "message.id"]),
        Index(None, "tenant_id", "customer_id"),
    )


class LetterTemplateRow(Row, table=True):
    """One version of a template of the tenant's own; the highest of a language and tone is in force."""

    __tablename__ = "letter_template"
    tenant_id: UUID = Field(primary_key=True)
    language: str = Field(primary_key=True)
    tone: str = Field(primary_key=True)
    version: int = Field(primary_key=True)
    subject: str
    body: str
    set_by: str
    set_at: datetime = Field(sa_type=DateTime(timezone=True))
