"""Tables of credit across currencies: exchanges, and their undoing."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKeyConstraint, Index, Text, UniqueConstraint
from sqlmodel import Field

from billing_svc.store.rows import Row


class CreditExchangeRow(Row, table=True):
    """So much of a payment became so much credit in another currency, which has the same id."""

    __tablename__ = "credit_exchange"
    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    leg_id: UUID
    customer_id: UUID
    payment_id: UUID
    given_currency: str = Field(sa_type=Text)
    given: int = Field(sa_type=BigInteger)
    taken_currency: str = Field(sa_type=Text)
    taken: int = Field(sa_type=BigInteger)
    effective_on: date
    business_on: date
    actor: str = Field(sa_type=Text)
    recorded_at: datetime = Field(sa_type=DateTime(timezone=True))
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "payment_id"], ["credit.tenant_id", "credit.id"]),
        CheckConstraint("given > 0 AND taken > 0 AND given_currency <> taken_currency", name="both_sides"),
        Index(None, "tenant_id", "payment_id"),
    )


class CreditExchangeReversalRow(Row, table=True):
    """The undoing of one exchange; it has at most one."""

    __tablename__ = "credit_exchange_reversal"
    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    credit_exchange_id: UUID
    effective_on: date
    reason: str = Field(sa_type=Text)
    actor: str = Field(sa_type=Text)
    recorded_at: datetime = Field(sa_type=DateTime(timezone=True))
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "credit_exchange_id"], ["credit_exchange.tenant_id", "credit_exchange.id"]),
        UniqueConstraint("tenant_id", "credit_exchange_id"),
    )
