"""What the archive keeps of what other services told: money, credit, reminders. All of it can be built again."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from customer_svc.store.rows import Row


class HeardAccountRow(Row, table=True):
    """A customer's account in one currency, in minor units, right after the last fact of billing-svc."""

    __tablename__ = "heard_account"
    tenant_id: UUID = Field(primary_key=True)
    customer_id: UUID = Field(primary_key=True)
    currency: str = Field(primary_key=True, sa_type=Text)
    open: int = Field(sa_type=BigInteger)
    disputed: int = Field(sa_type=BigInteger)
    unapplied: int = Field(sa_type=BigInteger)
    last_invoiced_on: date | None
    last_paid_on: date | None
    last_paid: int | None = Field(sa_type=BigInteger)
    delivered: int = Field(sa_type=BigInteger)
    accrued: int = Field(sa_type=BigInteger)


class HeardItemRow(Row, table=True):
    """One amount owed on one due date, in minor units, by the customer in whose stream it was told.

    One that went on at another customer has a row there too.
    """

    __tablename__ = "heard_item"
    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    customer_id: UUID = Field(primary_key=True)
    number: str = Field(sa_type=Text)
    currency: str = Field(sa_type=Text)
    due_on: date
    amount: int = Field(sa_type=BigInteger)
    open: int = Field(sa_type=BigInteger)
    disputed: int = Field(sa_type=BigInteger)
    settled_on: date | None
    __table_args__ = (Index(None, "tenant_id", "customer_id", "due_on"),)


class HeardMonthRow(Row, table=True):
    """What was billed and what cash came in a month, which `month` names by its first day."""

    __tablename__ = "heard_month"
    tenant_id: UUID = Field(primary_key=True)
    customer_id: UUID = Field(primary_key=True)
    currency: str = Field(primary_key=True, sa_type=Text)
    month: date = Field(primary_key=True)
    billed: int = Field(sa_type=BigInteger)
    cash: int = Field(sa_type=BigInteger)
    invoices: int


class HeardCreditRow(Row, table=True):
    """Limits and reservations of a customer in one currency; `base_from` null: no limit was ever told."""

    __tablename__ = "heard_credit"
    tenant_id: UUID = Field(primary_key=True)
    customer_id: UUID = Field(primary_key=True)
    currency: str = Field(primary_key=True, sa_type=Text)
    reserved: int = Field(sa_type=BigInteger)
    base: int | None = Field(sa_type=BigInteger)
    base_from: date | None
    base_until: date | None
    temporary: int | None = Field(sa_type=BigInteger)
    temporary_from: date | None
    temporary_until: date | None
    covers: str = Field(sa_type=JSONB)


class HeardGradeRow(Row, table=True):
    """The grade of a customer as credit-svc told of it last."""

    __tablename__ = "heard_grade"
    tenant_id: UUID = Field(primary_key=True)
    customer_id: UUID = Field(primary_key=True)
    grade: str = Field(sa_type=Text)
    score: int
    rated_on: date


class HeardHoldRow(Row, table=True):
    """A hold of credit-svc on a customer."""

    __tablename__ = "heard_hold"
    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    customer_id: UUID
    rule: str = Field(sa_type=Text)
    placed_at: datetime = Field(sa_type=DateTime(timezone=True))
    released_at: datetime | None = Field(sa_type=DateTime(timezone=True))
    __table_args__ = (Index(None, "tenant_id", "customer_id"),)


class HeardReminderRow(Row, table=True):
    """The last reminder that left for a customer, and how many did."""

    __tablename__ = "heard_reminder"
    tenant_id: UUID = Field(primary_key=True)
    customer_id: UUID = Field(primary_key=True)
    reminders: int
    last_on: date
    last_level: int


class HeardPromiseRow(Row, table=True):
    """A promise to pay as notify-svc told of it last."""

    __tablename__ = "heard_promise"
    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    customer_id: UUID
    currency: str = Field(sa_type=Text)
    amount: int = Field(sa_type=BigInteger)
    promised_on: date
    status: str = Field(sa_type=Text)
    __table_args__ = (Index(None, "tenant_id", "customer_id"),)


class HeardCreditPolicyRow(Row, table=True):
    """The weights of a version of the credit policy, in basis points, from a day on."""

    __tablename__ = "heard_credit_policy"
    tenant_id: UUID = Field(primary_key=True)
    version: int = Field(primary_key=True)
    effective_from: date
    disputed_weight_bps: int
    delivered_weight_bps: int
    accrued_interest: bool


class HeardAgeingPolicyRow(Row, table=True):
    """A version of a tenant's buckets of ageing: the last day past due of each but the open one."""

    __tablename__ = "heard_ageing_policy"
    tenant_id: UUID = Field(primary_key=True)
    version: int = Field(primary_key=True)
    edges: str = Field(sa_type=JSONB)


class MatterColumns(SQLModel):
    """Something that stands open, as the stream of one customer told of it last; `amount` counts minor units.

    What went on at another customer has a row there too, of what that stream said: of a write-off, what it moved.
    """

    tenant_id: UUID = Field(primary_key=True)
    customer_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    kind: str = Field(sa_type=Text)
    on: date
    until_on: date | None
    said: str = Field(sa_type=Text)
    more: str | None = Field(sa_type=Text)
    amount: int | None = Field(sa_type=BigInteger)
    currency: str | None = Field(sa_type=Text)
    stands: bool


class HeardClaimRow(MatterColumns, Row, table=True):
    """Arrangements, write-offs and pending payments, as billing-svc tells of them."""

    __tablename__ = "heard_claim"
    __table_args__ = (Index("ix_heard_claim_standing", "tenant_id", "customer_id", postgresql_where=text("stands")),)


class HeardAlertRow(MatterColumns, Row, table=True):
    """Alerts, as credit-svc tells of them."""

    __tablename__ = "heard_alert"
    __table_args__ = (Index("ix_heard_alert_standing", "tenant_id", "customer_id", postgresql_where=text("stands")),)


class HeardCaseRow(MatterColumns, Row, table=True):
    """Collection cases, as notify-svc tells of them."""

    __tablename__ = "heard_case"
    __table_args__ = (Index("ix_heard_case_standing", "tenant_id", "customer_id", postgresql_where=text("stands")),)
