"""Table of claims on covers."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKeyConstraint, Index, Text, Uuid
from sqlmodel import Field

from credit_svc.store.rows import Row


class CoverClaimRow(Row, table=True):
    """A claim on a cover, in the cover's currency."""

    __tablename__ = "cover_claim"
    tenant_id: UUID = Field(primary_key=True, sa_type=Uuid)
    claim_id: UUID = Field(primary_key=True, sa_type=Uuid)
    cover_id: UUID = Field(sa_type=Uuid)
    amount: int = Field(sa_type=BigInteger)
    paid: int = Field(sa_type=BigInteger)
    state: str = Field(sa_type=Text)
    reference: str = Field(sa_type=Text)
    filed_on: date
    filed_by: str = Field(sa_type=Text)
    filed_at: datetime = Field(sa_type=DateTime(timezone=True))
    settled_on: date | None
    settled_by: str | None = Field(sa_type=Text)
    note: str | None = Field(sa_type=Text)
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "cover_id"], ["cover.tenant_id", "cover.cover_id"]),
        CheckConstraint("0 < amount AND 0 <= paid AND paid <= amount", name="amounts"),
        CheckConstraint("state IN ('filed', 'settled', 'refused')", name="state"),
        CheckConstraint("(state = 'settled') = (paid > 0)", name="paid"),
        CheckConstraint("(state = 'filed') = (settled_on IS NULL)", name="settled"),
        Index(None, "tenant_id", "cover_id", "claim_id"),
    )
