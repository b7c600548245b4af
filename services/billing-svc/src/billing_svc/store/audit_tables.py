"""The table of who did what."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, Index, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from billing_svc.store.rows import Row


class AuditLogRow(Row, table=True):
    """Who did what, when, with what before and after. Append-only."""

    __tablename__ = "audit_log"
    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    recorded_at: datetime = Field(sa_type=DateTime(timezone=True))
    actor: str = Field(sa_type=Text)
    action: str = Field(sa_type=Text)
    subject_id: UUID
    customer_id: UUID | None
    before: str | None = Field(sa_type=JSONB)
    after: str | None = Field(sa_type=JSONB)
    correlation_id: str = Field(sa_type=Text)
    __table_args__ = (Index(None, "tenant_id", "subject_id"),)
