"""Table of limits that wait for a second person, and of what came of them."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKeyConstraint, Index, Text, Uuid, text
from sqlmodel import Field

from credit_svc.store.rows import Row


class LimitProposalRow(Row, table=True):
    """A limit that somebody proposed; `limit_id` is the limit it became."""

    __tablename__ = "limit_proposal"
    tenant_id: UUID = Field(primary_key=True, sa_type=Uuid)
    proposal_id: UUID = Field(primary_key=True, sa_type=Uuid)
    customer_id: UUID = Field(sa_type=Uuid)
    currency: str = Field(sa_type=Text)
    kind: str = Field(sa_type=Text)
    amount: int | None = Field(sa_type=BigInteger)
    valid_from: date
    valid_until: date | None
    reason: str = Field(sa_type=Text)
    proposed_by: str = Field(sa_type=Text)
    proposed_at: datetime = Field(sa_type=DateTime(timezone=True))
    status: str = Field(sa_type=Text)
    decided_by: str | None = Field(sa_type=Text)
    decided_at: datetime | None = Field(sa_type=DateTime(timezone=True))
    decision_reason: str | None = Field(sa_type=Text)
    limit_id: UUID | None = Field(sa_type=Uuid)
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "customer_id"], ["customer.tenant_id", "customer.customer_id"]),
        CheckConstraint("status IN ('waiting', 'approved', 'rejected')", name="status"),
        CheckConstraint("(status = 'waiting') = (decided_by IS NULL)", name="decided"),
        CheckConstraint("status <> 'approved' OR decided_by <> proposed_by", name="second_person"),
        CheckConstraint("(status = 'approved') = (limit_id IS NOT NULL)", name="limit"),
        Index("ix_limit_proposal_waiting", "tenant_id", "proposal_id", postgresql_where=text("status = 'waiting'")),
    )
