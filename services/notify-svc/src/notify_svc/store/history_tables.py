"""Tables of what billing-svc told of items and payments, fact by fact, only ever added to, and of exchange rates."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Index, Numeric, Text, text
from sqlmodel import Field

from notify_svc.store.rows import Row


class ItemMoveRow(Row, table=True):
    """One fact about one item; `open_after` and `disputed_after` stand as they are right after it.

    `sequence` is the place of the fact in billing's stream of the customer.
    """

    __tablename__ = "item_move"
    tenant_id: UUID = Field(primary_key=True)
    event_id: UUID = Field(primary_key=True)
    item_id: UUID = Field(primary_key=True)
    customer_id: UUID
    sequence: int = Field(sa_type=BigInteger)
    recorded_at: datetime = Field(sa_type=DateTime(timezone=True))
    fact: str
    currency: str
    amount: int = Field(sa_type=BigInteger)
    open_after: int = Field(sa_type=BigInteger)
    disputed_after: int = Field(sa_type=BigInteger)
    cash: bool
    allocation_id: UUID | None
    business_on: date | None
    __table_args__ = (
        Index(None, "tenant_id", "customer_id", "sequence"),
        Index(None, "tenant_id", "item_id", "sequence"),
        Index("ix_item_move_lost", "tenant_id", "item_id", postgresql_where=text(
            "fact IN ('DebtWrittenOff', 'DebtRecovered', 'RecoveryReversed', 'WriteOffReversed')")),
    )


class ItemDueRow(Row, table=True):
    """A due date that stood for an item from `recorded_at` on (null: from its issue on).

    An item whose due date never changed has no row.
    """

    __tablename__ = "item_due"
    tenant_id: UUID = Field(primary_key=True)
    item_id: UUID = Field(primary_key=True)
    due_version: int = Field(primary_key=True)
    customer_id: UUID
    due_on: date
    recorded_at: datetime | None = Field(sa_type=DateTime(timezone=True))


class PaymentMoveRow(Row, table=True):
    """A payment that came, or, with a negative amount and no `received_on`, that turned out not to have come, and why.

    `unmatched`: so many references of its payer named nothing that was open.
    """

    __tablename__ = "payment_move"
    tenant_id: UUID = Field(primary_key=True)
    event_id: UUID = Field(primary_key=True)
    customer_id: UUID
    sequence: int = Field(sa_type=BigInteger)
    recorded_at: datetime = Field(sa_type=DateTime(timezone=True))
    payment_id: UUID
    currency: str
    amount: int = Field(sa_type=BigInteger)
    received_on: date | None
    reason: str | None = Field(sa_type=Text)
    unmatched: int = Field(sa_column_kwargs={"server_default": "0"})
    __table_args__ = (
        Index(None, "tenant_id", "customer_id", "sequence"),
        Index("ix_payment_move_unmatched", "tenant_id", "recorded_at", postgresql_where=text("unmatched > 0")),
        Index("ix_payment_move_gone", "tenant_id", "recorded_at", postgresql_where=text("amount < 0")),
    )


class ExchangeRateRow(Row, table=True):
    """The tenant's currency per unit of another one from a day on; a later word for the same day counts."""

    __tablename__ = "exchange_rate"
    tenant_id: UUID = Field(primary_key=True)
    currency: str = Field(primary_key=True, sa_type=Text)
    valid_on: date = Field(primary_key=True)
    rate: Decimal = Field(sa_type=Numeric)
