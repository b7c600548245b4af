"""Tables of foreign currency: rates as they were set, and what items and credits in it are carried for."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKeyConstraint, Identity, Index, Numeric, Text, text
from sqlmodel import Field

from billing_svc.domain.exchange_rate import RATE_SCALE
from billing_svc.store.rows import Row


class ExchangeRateRow(Row, table=True):
    """A rate as a fact: of several of one pair and day the last one counts."""

    __tablename__ = "exchange_rate"
    tenant_id: UUID = Field(primary_key=True)
    sequence: int = Field(primary_key=True, sa_type=BigInteger, sa_column_args=(Identity(always=True),))
    id: UUID
    currency: str = Field(sa_type=Text)
    base_currency: str = Field(sa_type=Text)
    rate: Decimal = Field(sa_type=Numeric(20, RATE_SCALE))
    valid_on: date
    source: str = Field(sa_type=Text)
    actor: str = Field(sa_type=Text)
    recorded_at: datetime = Field(sa_type=DateTime(timezone=True))
    __table_args__ = (
        CheckConstraint("rate > 0", name="rate"),
        CheckConstraint("currency <> base_currency", name="pair"),
        Index(None, "tenant_id", "currency", "valid_on"),
    )


class CarriedAmountRow(Row, table=True):
    """What is left of an item or credit in foreign currency, and what that is carried for in base currency.

    `base` always equals the sum of the base amounts of its ledger entries.
    """

    __tablename__ = "carried_amount"
    tenant_id: UUID = Field(primary_key=True)
    ref_id: UUID = Field(primary_key=True)
    customer_id: UUID
    currency: str = Field(sa_type=Text)
    side: str = Field(sa_type=Text)
    open: int = Field(sa_type=BigInteger)
    base: int = Field(sa_type=BigInteger)
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "customer_id"], ["customer.tenant_id", "customer.customer_id"]),
        CheckConstraint("side IN ('receivable', 'credit')", name="side"),
        CheckConstraint("open >= 0 AND base >= 0 AND (open > 0 OR base = 0)", name="carried"),
        Index("ix_carried_amount_left", "tenant_id", "customer_id", "currency", postgresql_where=text("open > 0")),
    )
