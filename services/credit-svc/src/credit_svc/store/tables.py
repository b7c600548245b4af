"""Tables of credit: customers as heard, limits, exposures, authorisations with their heads, decisions and alerts."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKeyConstraint, Index, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from credit_svc.store.rows import Row


class CustomerRow(Row, table=True):
    """A customer as customer-svc told of it; `sequence` is the place in its stream of what was told last."""

    __tablename__ = "customer"
    tenant_id: UUID = Field(primary_key=True, sa_type=Uuid)
    customer_id: UUID = Field(primary_key=True, sa_type=Uuid)
    number: str = Field(sa_type=Text)
    name: str | None = Field(sa_type=Text)
    status: str = Field(sa_type=Text)
    sequence: int = Field(sa_type=BigInteger)
    prepayment_bps: int
    cash_on_delivery: bool
    __table_args__ = (Index(None, "tenant_id", "number"),)


class CustomerMergerRow(Row, table=True):
    """That a customer was merged, as customer-svc told it, and into which."""

    __tablename__ = "customer_merger"
    tenant_id: UUID = Field(primary_key=True, sa_type=Uuid)
    customer_id: UUID = Field(primary_key=True, sa_type=Uuid)
    into_id: UUID = Field(sa_type=Uuid)
    into_number: str = Field(sa_type=Text)
    __table_args__ = (Index(None, "tenant_id", "into_id"),)


class CreditLimitRow(Row, table=True):
    """A limit as it was set; only ever added. `amount` null is not rated, zero is no credit."""

    __tablename__ = "credit_limit"
    tenant_id: UUID = Field(primary_key=True, sa_type=Uuid)
    customer_id: UUID = Field(primary_key=True, sa_type=Uuid)
    currency: str = Field(primary_key=True, sa_type=Text)
    version: int = Field(primary_key=True)
    limit_id: UUID = Field(sa_type=Uuid)
    amount: int | None = Field(sa_type=BigInteger)
    source: str = Field(sa_type=Text)
    valid_from: date
    valid_until: date | None
    reason: str = Field(sa_type=Text)
    set_by: str = Field(sa_type=Text)
    set_at: datetime = Field(sa_type=DateTime(timezone=True))
    kind: str = Field(sa_type=Text)
    approved_by: str | None = Field(sa_type=Text)
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "customer_id"], ["customer.tenant_id", "customer.customer_id"]),
        CheckConstraint("amount >= 0", name="amount"),
        CheckConstraint("kind IN ('base', 'temporary')", name="kind"),
        CheckConstraint("kind = 'base' OR (amount IS NOT NULL AND valid_until IS NOT NULL)", name="temporary"),
        CheckConstraint("approved_by <> set_by", name="second_person"),
        CheckConstraint("valid_until >= valid_from", name="validity"),
        CheckConstraint("version >= 1", name="version"),
    )


class ExposureRow(Row, table=True):
    """Our copy of a customer's account at billing in one currency, as it stood at `sequence` of billing's stream."""

    __tablename__ = "exposure"
    tenant_id: UUID = Field(primary_key=True, sa_type=Uuid)
    customer_id: UUID = Field(primary_key=True, sa_type=Uuid)
    currency: str = Field(primary_key=True, sa_type=Text)
    open: int = Field(sa_type=BigInteger)
    disputed: int = Field(sa_type=BigInteger)
    unapplied: int = Field(sa_type=BigInteger)
    sequence: int = Field(sa_type=BigInteger)
    delivered: int = Field(sa_type=BigInteger)
    accrued: int = Field(sa_type=BigInteger)
    kept: int = Field(sa_type=BigInteger)
    __table_args__ = (
        CheckConstraint("delivered >= 0", name="delivered"), CheckConstraint("accrued >= 0", name="accrued"),
        CheckConstraint("kept >= 0", name="kept"))


class DeliveryRow(Row, table=True):
    """Something that was delivered to a customer, as billing told of it; `open` is what is not billed of it.

    One that went on at another customer has a row there too.
    """

    __tablename__ = "delivery"
    tenant_id: UUID = Field(primary_key=True, sa_type=Uuid)
    delivery_id: UUID = Field(primary_key=True, sa_type=Uuid)
    customer_id: UUID = Field(primary_key=True, sa_type=Uuid)
    authorization_id: UUID | None = Field(sa_type=Uuid)
    reference: str = Field(sa_type=Text)
    delivered_on: date
    currency: str = Field(sa_type=Text)
    amount: int = Field(sa_type=BigInteger)
    open: int = Field(sa_type=BigInteger)
    __table_args__ = (Index("ix_delivery_not_billed", "tenant_id", "customer_id", postgresql_where=text("open > 0")),)


class ExposureMismatchRow(Row, table=True):
    """At this sequence what was reckoned from the fact differed from what billing told; only ever added."""

    __tablename__ = "exposure_mismatch"
    tenant_id: UUID = Field(primary_key=True, sa_type=Uuid)
    customer_id: UUID = Field(primary_key=True, sa_type=Uuid)
    currency: str = Field(primary_key=True, sa_type=Text)
    sequence: int = Field(primary_key=True, sa_type=BigInteger)
    reckoned_open: int = Field(sa_type=BigInteger)
    reckoned_disputed: int = Field(sa_type=BigInteger)
    reckoned_unapplied: int = Field(sa_type=BigInteger)
    told_open: int = Field(sa_type=BigInteger)
    told_disputed: int = Field(sa_type=BigInteger)
    told_unapplied: int = Field(sa_type=BigInteger)


class AuthorizationHeadRow(Row, table=True):
    """Where decisions on one customer in one currency wait in line: the sum of what is reserved, and limits counted."""

    __tablename__ = "authorization_head"
    tenant_id: UUID = Field(primary_key=True, sa_type=Uuid)
    customer_id: UUID = Field(primary_key=True, sa_type=Uuid)
    currency: str = Field(primary_key=True, sa_type=Text)
    reserved: int = Field(sa_type=BigInteger)
    limits: int
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "customer_id"], ["customer.tenant_id", "customer.customer_id"]),
        CheckConstraint("reserved >= 0", name="reserved"),
    )


class AuthorizationRow(Row, table=True):
    """Credit asked for an order, and what became of it."""

    __tablename__ = "credit_authorization"
    tenant_id: UUID = Field(primary_key=True, sa_type=Uuid)
    authorization_id: UUID = Field(primary_key=True, sa_type=Uuid)
    customer_id: UUID = Field(sa_type=Uuid)
    reference: str = Field(sa_type=Text)
    status: str = Field(sa_type=Text)
    currency: str = Field(sa_type=Text)
    asked: int = Field(sa_type=BigInteger)
    reserved: int = Field(sa_type=BigInteger)
    captured: int = Field(sa_type=BigInteger)
    released: int = Field(sa_type=BigInteger)
    expired: int = Field(sa_type=BigInteger)
    over_captured: int = Field(sa_type=BigInteger)
    expires_at: datetime = Field(sa_type=DateTime(timezone=True))
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "customer_id", "currency"],
            ["authorization_head.tenant_id", "authorization_head.customer_id", "authorization_head.currency"]),
        CheckConstraint("status IN ('approved', 'denied', 'captured', 'released', 'expired')", name="status"),
        CheckConstraint("asked > 0", name="asked"),
        CheckConstraint("least(reserved, captured, released, expired, over_captured) >= 0", name="parts"),
        CheckConstraint(
            "reserved + captured + released + expired = CASE status WHEN 'denied' THEN 0 ELSE asked END", name="sum"),
        CheckConstraint("(status = 'approved') = (reserved > 0)", name="reserved"),
        Index(None, "tenant_id", "customer_id", "authorization_id"),
    )


class AuthorizationMovementRow(Row, table=True):
    """What moved an authorisation after its decision: captured, over_captured, released, expired; only ever added."""

    __tablename__ = "authorization_movement"
    tenant_id: UUID = Field(primary_key=True, sa_type=Uuid)
    movement_id: UUID = Field(primary_key=True, sa_type=Uuid)
    authorization_id: UUID = Field(sa_type=Uuid)
    kind: str = Field(sa_type=Text)
    amount: int = Field(sa_type=BigInteger)
    invoice_id: UUID | None = Field(sa_type=Uuid)
    delivery_id: UUID | None = Field(sa_type=Uuid)
    moved_by: str = Field(sa_type=Text)
    moved_at: datetime = Field(sa_type=DateTime(timezone=True))
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "authorization_id"],
            ["credit_authorization.tenant_id", "credit_authorization.authorization_id"]),
        CheckConstraint("kind IN ('captured', 'over_captured', 'released', 'expired')", name="kind"),
        CheckConstraint("amount > 0", name="amount"),
        Index(None, "tenant_id", "authorization_id"),
    )


class CreditDecisionRow(Row, table=True):
    """Why an order was approved or denied: all inputs as read under the lock, so that the rule can be replayed."""

    __tablename__ = "credit_decision"
    tenant_id: UUID = Field(primary_key=True, sa_type=Uuid)
    authorization_id: UUID = Field(primary_key=True, sa_type=Uuid)
    approved: bool
    reasons: str = Field(sa_type=JSONB)
    inputs: str = Field(sa_type=JSONB)
    decided_by: str = Field(sa_type=Text)
    decided_at: datetime = Field(sa_type=DateTime(timezone=True))
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "authorization_id"],
            ["credit_authorization.tenant_id", "credit_authorization.authorization_id"]),
    )


class CreditPolicyRow(Row, table=True):
    """A version of the tenant's credit policy; the last one counts, and before the first row the built-in version 1.
    `told`: by a fact; those of old were not."""

    __tablename__ = "credit_policy"
    tenant_id: UUID = Field(primary_key=True, sa_type=Uuid)
    version: int = Field(primary_key=True)
    disputed_weight_bps: int
    delivered_weight_bps: int
    over_capture_tolerance_bps: int
    authorization_days: int
    adopted_by: str = Field(sa_type=Text)
    adopted_at: datetime = Field(sa_type=DateTime(timezone=True))
    effective_from: date
    reason: str = Field(sa_type=Text)
    rules: str = Field(sa_type=JSONB)
    told: bool = Field(sa_column_kwargs={"server_default": text("true")})
    __table_args__ = (CheckConstraint("version >= 2", name="version"),)


class RiskAlertRow(Row, table=True):
    """An alert that a rule raised; only ever added."""

    __tablename__ = "risk_alert"
    tenant_id: UUID = Field(primary_key=True, sa_type=Uuid)
    alert_id: UUID = Field(primary_key=True, sa_type=Uuid)
    customer_id: UUID = Field(sa_type=Uuid)
    rule: str = Field(sa_type=Text)
    authorization_id: UUID | None = Field(sa_type=Uuid)
    invoice_id: UUID | None = Field(sa_type=Uuid)
    currency: str = Field(sa_type=Text)
    amount: int = Field(sa_type=BigInteger)
    tolerated: int = Field(sa_type=BigInteger)
    raised_at: datetime = Field(sa_type=DateTime(timezone=True))
    level: int
    cover_id: UUID | None = Field(sa_type=Uuid)
    __table_args__ = (
        Index(None, "tenant_id", "customer_id", "alert_id"),
        Index("ix_risk_alert_cover", "tenant_id", "cover_id", unique=True,
              postgresql_where=text("cover_id IS NOT NULL")),
    )
