"""The table of the log of interactions."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import DateTime, ForeignKeyConstraint, Index, Text
from sqlmodel import Field

from customer_svc.store.rows import Row


class InteractionRow(Row, table=True):
    """A call, mail, chat or visit, by whom it was written down and when. Append-only."""

    __tablename__ = "interaction"
    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    customer_id: UUID
    contact_id: UUID | None
    kind: str = Field(sa_type=Text)
    happened_at: datetime = Field(sa_type=DateTime(timezone=True))
    summary: str = Field(sa_type=Text)
    outcome: str = Field(sa_type=Text)
    follow_up_on: date | None
    willingness: str | None = Field(sa_type=Text)
    condition: str | None = Field(sa_type=Text)
    difficulties: str | None = Field(sa_type=Text)
    actor: str = Field(sa_type=Text)
    recorded_at: datetime = Field(sa_type=DateTime(timezone=True))
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "customer_id"], ["customer.tenant_id", "customer.id"]),
        Index(None, "tenant_id", "customer_id", "happened_at", "id"),
        Index(None, "tenant_id", "follow_up_on"),
    )
