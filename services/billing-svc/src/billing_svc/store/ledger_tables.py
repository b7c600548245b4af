"""Tables of money: accounts, credits, allocations, and the append-only ledger, journal and locks behind them."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKeyConstraint,
    Identity,
    Index,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field

from billing_svc.store.rows import Row


class AccountRow(Row, table=True):
    """A customer's account in one currency: the row on which all writing for that customer waits in line.

    `open` is receivables control, `unapplied` customer-credit control; `entries` counts its ledger entries. `aged` and
    `aged_items` are what is open by age, as of `aged_on` and up to the day before `turns_on`.
    `merged_into` closes it: what is in it goes on at that customer.
    """

    __tablename__ = "account"
    tenant_id: UUID = Field(primary_key=True)
    customer_id: UUID = Field(primary_key=True)
    currency: str = Field(primary_key=True, sa_type=Text)
    open: int = Field(sa_type=BigInteger)
    disputed: int = Field(sa_type=BigInteger)
    unapplied: int = Field(sa_type=BigInteger)
    entries: int = Field(sa_type=BigInteger)
    version: int = Field(sa_type=BigInteger)
    merged_into: UUID | None
    base_open: int | None = Field(sa_type=BigInteger)
    base_unapplied: int | None = Field(sa_type=BigInteger)
    aged_on: date = Field(sa_column_kwargs={"server_default": text("CURRENT_DATE")})
    turns_on: date | None
    aged: list[int] = Field(sa_type=ARRAY(BigInteger), sa_column_kwargs={"server_default": text("'{0,0,0,0,0}'")})
    aged_items: list[int] = Field(sa_type=ARRAY(BigInteger), sa_column_kwargs={"server_default": text("'{0,0,0,0,0}'")})
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "customer_id"], ["customer.tenant_id", "customer.customer_id"]),
        CheckConstraint("open >= 0", name="open"),
        CheckConstraint("0 <= disputed AND disputed <= open", name="disputed"),
        CheckConstraint("unapplied >= 0", name="unapplied"),
        Index("ix_account_turns", "tenant_id", "turns_on", postgresql_where=text("turns_on IS NOT NULL")),
    )


class CreditRow(Row, table=True):
    """Money or value received; one that was pending has the last day for its confirmation, and its payer's choice."""

    __tablename__ = "credit"
    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    customer_id: UUID
    kind: str = Field(sa_type=Text)
    state: str = Field(sa_type=Text)
    method: str | None = Field(sa_type=Text)
    payer: str | None = Field(sa_type=Text)
    reference: str | None = Field(sa_type=Text)
    external_id: str | None = Field(sa_type=Text)
    currency: str = Field(sa_type=Text)
    amount: int = Field(sa_type=BigInteger)
    unapplied: int = Field(sa_type=BigInteger)
    received_on: date
    business_on: date
    effective_on: date
    raised_on: date
    expires_on: date | None
    choice: str | None = Field(sa_type=JSONB)
    second_person: str | None = Field(sa_type=Text)
    unmatched: str = Field(sa_type=JSONB)
    kept_for: UUID | None
    origin: str = Field(sa_type=Text)
    actor: str = Field(sa_type=Text)
    labels: str = Field(sa_type=JSONB)
    version: int
    recorded_at: datetime = Field(sa_type=DateTime(timezone=True))
    __table_args__ = (
        UniqueConstraint("tenant_id", "external_id"),
        CheckConstraint("state IN ('pending', 'confirmed', 'reversed', 'rejected', 'expired')", name="state"),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("kind <> 'payment' OR method IS NOT NULL", name="method"),
        CheckConstraint("0 <= unapplied AND unapplied <= amount", name="unapplied"),
        CheckConstraint("state = 'confirmed' OR unapplied = 0", name="only_confirmed_frees_credit"),
        Index(None, "tenant_id", "customer_id", "id"),
        Index(None, "tenant_id", "received_on", "id"),
        Index("ix_credit_unapplied", "tenant_id", "customer_id", "id", postgresql_where=text("unapplied > 0")),
        Index("ix_credit_paid", "tenant_id", "customer_id", "received_on", postgresql_where=text("kind = 'payment'")),
        Index("ix_credit_not_confirmed", "tenant_id", "state", "received_on", "id",
              postgresql_where=text("state <> 'confirmed'")),
        Index("ix_credit_pending", "tenant_id", "customer_id", "id", postgresql_where=text("state = 'pending'")),
    )


class AllocationRow(Row, table=True):
    """Part of a credit set against an item. A fact: undone only by an allocation reversal."""

    __tablename__ = "allocation"
    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    customer_id: UUID
    credit_id: UUID
    item_id: UUID
    currency: str = Field(sa_type=Text)
    amount: int = Field(sa_type=BigInteger)
    effective_on: date
    business_on: date
    discount: int = Field(sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    discount_tax: int = Field(sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    recorded_at: datetime = Field(sa_type=DateTime(timezone=True))
    actor: str = Field(sa_type=Text)
    reason: str = Field(sa_type=Text)
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "credit_id"], ["credit.tenant_id", "credit.id"]),
        ForeignKeyConstraint(["tenant_id", "item_id"], ["item.tenant_id", "item.id"]),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("0 <= discount_tax AND discount_tax <= discount", name="discount"),
        Index(None, "tenant_id", "credit_id"),
        Index(None, "tenant_id", "item_id"),
    )


class AllocationReversalRow(Row, table=True):
    """The undoing of one allocation, with its own dates; an allocation has at most one."""

    __tablename__ = "allocation_reversal"
    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    allocation_id: UUID
    customer_id: UUID
    currency: str = Field(sa_type=Text)
    amount: int = Field(sa_type=BigInteger)
    effective_on: date
    business_on: date
    recorded_at: datetime = Field(sa_type=DateTime(timezone=True))
    actor: str = Field(sa_type=Text)
    reason: str = Field(sa_type=Text)
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "allocation_id"], ["allocation.tenant_id", "allocation.id"]),
        UniqueConstraint("tenant_id", "allocation_id"),
    )


class PaymentReversalRow(Row, table=True):
    """The return or correction of one payment; a payment has at most one."""

    __tablename__ = "payment_reversal"
    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    credit_id: UUID
    customer_id: UUID
    currency: str = Field(sa_type=Text)
    amount: int = Field(sa_type=BigInteger)
    effective_on: date
    business_on: date
    recorded_at: datetime = Field(sa_type=DateTime(timezone=True))
    actor: str = Field(sa_type=Text)
    reason: str = Field(sa_type=Text)
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "credit_id"], ["credit.tenant_id", "credit.id"]),
        UniqueConstraint("tenant_id", "credit_id"),
    )


class LedgerEntryRow(Row, table=True):
    """What one fact did to one item or credit. `position` counts 1..n in its account, in the order of recording.

    `amount` is signed: a receivable rises with an invoice, a credit rises with a payment. `base_amount` is what it is
    in the tenant's own currency; null where it is in that anyhow.
    """

    __tablename__ = "ledger_entry"
    tenant_id: UUID = Field(primary_key=True)
    customer_id: UUID = Field(primary_key=True)
    currency: str = Field(primary_key=True, sa_type=Text)
    position: int = Field(primary_key=True, sa_type=BigInteger)
    side: str = Field(sa_type=Text)
    item_id: UUID | None
    credit_id: UUID | None
    fact_kind: str = Field(sa_type=Text)
    fact_id: UUID
    amount: int = Field(sa_type=BigInteger)
    base_amount: int | None = Field(sa_type=BigInteger)
    effective_on: date
    recorded_at: datetime = Field(sa_type=DateTime(timezone=True))
    __table_args__ = (
        CheckConstraint(
            "(side = 'receivable' AND item_id IS NOT NULL AND credit_id IS NULL) "
            "OR (side = 'credit' AND credit_id IS NOT NULL AND item_id IS NULL)", name="one_side"),
        CheckConstraint("amount <> 0", name="amount"),
        Index(None, "tenant_id", "effective_on"),
        Index(None, "tenant_id", "recorded_at"),
        Index(None, "tenant_id", "item_id", postgresql_where=text("item_id IS NOT NULL")),
        Index(None, "tenant_id", "credit_id", postgresql_where=text("credit_id IS NOT NULL")),
    )


class JournalEntryRow(Row, table=True):
    """The double entry of one fact."""

    __tablename__ = "journal_entry"
    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    fact_kind: str = Field(sa_type=Text)
    fact_id: UUID
    customer_id: UUID
    effective_on: date
    recorded_at: datetime = Field(sa_type=DateTime(timezone=True))
    __table_args__ = (UniqueConstraint("tenant_id", "fact_id"), Index(None, "tenant_id", "effective_on"))


class JournalLineRow(Row, table=True):
    """One side of a double entry: debit +, credit -. The lines of an entry sum to 0, in base currency too."""

    __tablename__ = "journal_line"
    tenant_id: UUID = Field(primary_key=True)
    journal_entry_id: UUID = Field(primary_key=True)
    account: str = Field(primary_key=True, sa_type=Text)
    currency: str = Field(primary_key=True, sa_type=Text)
    amount: int = Field(sa_type=BigInteger)
    base_amount: int | None = Field(sa_type=BigInteger)
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "journal_entry_id"], ["journal_entry.tenant_id", "journal_entry.id"]),
        CheckConstraint("amount <> 0 OR coalesce(base_amount, 0) <> 0", name="amount"),
    )


class PeriodLockRow(Row, table=True):
    """A lock of the books as a fact: the latest counts, and never less than the last hard one."""

    __tablename__ = "period_lock"
    tenant_id: UUID = Field(primary_key=True)
    sequence: int = Field(primary_key=True, sa_type=BigInteger, sa_column_args=(Identity(always=True),))
    id: UUID
    closed_until: date
    hard: bool
    actor: str = Field(sa_type=Text)
    reason: str = Field(sa_type=Text)
    recorded_at: datetime = Field(sa_type=DateTime(timezone=True))
