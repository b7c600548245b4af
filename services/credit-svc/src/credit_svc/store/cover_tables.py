"""Table of covers: insurance, guarantees and deposits that count in limits."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKeyConstraint, Index, Text, Uuid, text
from sqlmodel import Field

from credit_svc.store.rows import Row


class CoverRow(Row, table=True):
    """A cover; `counts` is what it adds to the limit inside its dates, while it is standing."""

    __tablename__ = "cover"
    tenant_id: UUID = Field(primary_key=True, sa_type=Uuid)
    cover_id: UUID = Field(primary_key=True, sa_type=Uuid)
    customer_id: UUID = Field(sa_type=Uuid)
    kind: str = Field(sa_type=Text)
    currency: str = Field(sa_type=Text)
    amount: int = Field(sa_type=BigInteger)
    share_bps: int
    retention: int = Field(sa_type=BigInteger)
    counts: int = Field(sa_type=BigInteger)
    used: int = Field(sa_type=BigInteger)
    valid_from: date
    valid_until: date | None
    provider: str = Field(sa_type=Text)
    reference: str = Field(sa_type=Text)
    reason: str = Field(sa_type=Text)
    state: str = Field(sa_type=Text)
    waited: bool
    registered_by: str = Field(sa_type=Text)
    registered_at: datetime = Field(sa_type=DateTime(timezone=True))
    approved_by: str | None = Field(sa_type=Text)
    approved_at: datetime | None = Field(sa_type=DateTime(timezone=True))
    ended_by: str | None = Field(sa_type=Text)
    ended_at: datetime | None = Field(sa_type=DateTime(timezone=True))
    end_reason: str | None = Field(sa_type=Text)
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "customer_id"], ["customer.tenant_id", "customer.customer_id"]),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("share_bps BETWEEN 1 AND 10000", name="share"),
        CheckConstraint("retention >= 0", name="retention"),
        CheckConstraint("0 <= counts AND counts <= amount", name="counts"),
        CheckConstraint("0 <= used AND used <= amount", name="used"),
        CheckConstraint("kind IN ('insurance', 'guarantee', 'deposit')", name="kind"),
        CheckConstraint("state IN ('waiting', 'standing', 'ended')", name="state"),
        CheckConstraint("valid_until >= valid_from", name="validity"),
        CheckConstraint("approved_by <> registered_by", name="second_person"),
        CheckConstraint("state <> 'standing' OR waited = (approved_by IS NOT NULL)", name="signed"),
        CheckConstraint("(state = 'ended') = (ended_by IS NOT NULL)", name="ended"),
        Index("ix_cover_standing", "tenant_id", "customer_id", "currency",
              postgresql_where=text("state = 'standing'")),
        Index("ix_cover_waiting", "tenant_id", "cover_id", postgresql_where=text("state = 'waiting'")),
        Index("ix_cover_ending", "tenant_id", "valid_until", postgresql_where=text("state = 'standing'")),
    )
