"""The table of contact policies."""

from datetime import datetime, time
from uuid import UUID

from sqlalchemy import DateTime
from sqlmodel import Field

from notify_svc.store.rows import Row


class ContactPolicyRow(Row, table=True):
    """One version of a tenant's contact policy; the highest is in force. Quiet hours are the recipient's."""

    __tablename__ = "contact_policy"
    tenant_id: UUID = Field(primary_key=True)
    version: int = Field(primary_key=True)
    min_days_between: int
    quiet_from: time | None
    quiet_until: time | None
    set_by: str
    set_at: datetime = Field(sa_type=DateTime(timezone=True))
