"""The table of transfers between customers that were merged: facts, only ever added."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, Index, Text
from sqlmodel import Field

from billing_svc.store.rows import Row


class BalanceTransferRow(Row, table=True):
    """So much left one customer and came in at another, in one currency on one side: `id` is the fact by which it
    left, `in_id` the one by which it came."""

    __tablename__ = "balance_transfer"
    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    in_id: UUID
    side: str = Field(sa_type=Text)
    source_id: UUID
    into_id: UUID
    currency: str = Field(sa_type=Text)
    amount: int = Field(sa_type=BigInteger)
    effective_on: date
    recorded_at: datetime = Field(sa_type=DateTime(timezone=True))
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("source_id <> into_id", name="two_customers"),
        Index(None, "tenant_id", "source_id", "id"),
        Index(None, "tenant_id", "into_id", "id"),
    )
