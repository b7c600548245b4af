"""Tables of the credit that is kept for orders, as billing tells of it."""

from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, Text, Uuid, text
from sqlmodel import Field

from credit_svc.store.rows import Row


class DepositOrderRow(Row, table=True):
    """The order for which a deposit was asked."""

    __tablename__ = "deposit_order"
    tenant_id: UUID = Field(primary_key=True, sa_type=Uuid)
    request_id: UUID = Field(primary_key=True, sa_type=Uuid)
    customer_id: UUID = Field(primary_key=True, sa_type=Uuid)
    order_reference: str = Field(sa_type=Text)
    authorization_id: UUID | None = Field(sa_type=Uuid)


class KeptCreditRow(Row, table=True):
    """What of a credit is kept for an order; one that went on at another customer has a row there too."""

    __tablename__ = "kept_credit"
    tenant_id: UUID = Field(primary_key=True, sa_type=Uuid)
    credit_id: UUID = Field(primary_key=True, sa_type=Uuid)
    customer_id: UUID = Field(primary_key=True, sa_type=Uuid)
    request_id: UUID = Field(sa_type=Uuid)
    currency: str = Field(sa_type=Text)
    kept: int = Field(sa_type=BigInteger)
    __table_args__ = (
        CheckConstraint("kept >= 0", name="kept"),
        Index("ix_kept_credit_customer", "tenant_id", "customer_id", postgresql_where=text("kept > 0")),
        Index("ix_kept_credit_request", "tenant_id", "request_id"))
