"""Tables of deciding about payments: the policy in its versions, and what became of pending ones."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, ForeignKeyConstraint, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from billing_svc.store.rows import Row


class PaymentPolicyRow(Row, table=True):
    """A version of the tenant's payment policy; the highest is in force."""

    __tablename__ = "payment_policy"
    tenant_id: UUID = Field(primary_key=True)
    version: int = Field(primary_key=True)
    pending_days: int
    second_person_above: str = Field(sa_type=JSONB)
    second_person_for_new_payer: bool
    actor: str = Field(sa_type=Text)
    recorded_at: datetime = Field(sa_type=DateTime(timezone=True))


class PaymentDecisionRow(Row, table=True):
    """What became of a pending payment, by whom; a payment has at most one."""

    __tablename__ = "payment_decision"
    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    credit_id: UUID
    decision: str = Field(sa_type=Text)
    reason: str | None = Field(sa_type=Text)
    actor: str = Field(sa_type=Text)
    recorded_at: datetime = Field(sa_type=DateTime(timezone=True))
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "credit_id"], ["credit.tenant_id", "credit.id"]),
        UniqueConstraint("tenant_id", "credit_id"),
        CheckConstraint("decision IN ('confirmed', 'rejected', 'expired')", name="decision"),
    )
