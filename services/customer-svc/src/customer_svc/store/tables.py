"""The tables of the archive: customers, their number series, their contacts, and the history of changes."""

from datetime import datetime
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

from customer_svc.store.rows import Row


class CustomerRow(Row, table=True):
    """An entry of the archive. `name_folded` and `name_grams` follow from `name`: they are what a search looks at."""

    __tablename__ = "customer"
    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    number: str = Field(sa_type=Text)
    kind: str = Field(sa_type=Text)
    status: str = Field(sa_type=Text)
    name: str = Field(sa_type=Text)
    name_folded: str = Field(sa_type=Text)
    name_grams: list[str] = Field(sa_type=ARRAY(Text))
    external_id: str | None = Field(sa_type=Text)
    tax_id: str | None = Field(sa_type=Text)
    region: str | None = Field(sa_type=Text)
    industry: str | None = Field(sa_type=Text)
    due_days: int
    end_of_month: bool
    instalments: str = Field(sa_type=JSONB)
    discount_bps: int | None
    discount_within_days: int | None
    prepayment_bps: int
    cash_on_delivery: bool
    source: str | None = Field(sa_type=Text)
    tags: list[str] = Field(sa_type=ARRAY(Text))
    labels: str = Field(sa_type=JSONB)
    version: int
    registered_at: datetime = Field(sa_type=DateTime(timezone=True))
    group_id: UUID | None
    owner_id: UUID | None
    merged_into: UUID | None
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "merged_into"], ["customer.tenant_id", "customer.id"]),
        CheckConstraint("merged_into IS NULL OR (merged_into <> id AND status = 'closed')", name="merged_into"),
        ForeignKeyConstraint(["tenant_id", "group_id"], ["customer_group.tenant_id", "customer_group.id"]),
        ForeignKeyConstraint(["tenant_id", "owner_id"], ["staff.tenant_id", "staff.id"]),
        Index("ix_customer_merged_into", "tenant_id", "merged_into",
              postgresql_where=text("merged_into IS NOT NULL")),
        UniqueConstraint("tenant_id", "number"),
        UniqueConstraint("tenant_id", "external_id"),
        CheckConstraint("kind IN ('organization', 'person')", name="kind"),
        CheckConstraint("status IN ('prospect', 'active', 'suspended', 'closed')", name="status"),
        CheckConstraint("due_days >= 0", name="due_days"),
        CheckConstraint("prepayment_bps BETWEEN 0 AND 10000", name="prepayment_bps"),
        CheckConstraint("(discount_bps IS NULL) = (discount_within_days IS NULL)", name="discount"),
        CheckConstraint("version >= 1", name="version"),
        Index(None, "name_grams", postgresql_using="gin"),
        Index(None, "tenant_id", "name", "id"),
        Index(None, "tenant_id", "region", "number"),
        Index(None, "tenant_id", "industry", "number"),
        Index(None, "tenant_id", "source", "number"),
        Index(None, "tenant_id", "status", "number"),
        Index(None, "tenant_id", "registered_at", "id"),
        Index(None, "tenant_id", "group_id", "number"),
        Index(None, "tenant_id", "owner_id", "number"),
        Index("ix_customer_name_folded", "tenant_id", "name_folded"),
        Index("ix_customer_tax_id", "tenant_id", "tax_id", postgresql_where=text("tax_id IS NOT NULL")),
    )


class NumberSeriesRow(Row, table=True):
    """Where the tenant's series of customer numbers stands."""

    __tablename__ = "customer_number_series"
    tenant_id: UUID = Field(primary_key=True)
    next_position: int = Field(sa_type=BigInteger)


class ContactRow(Row, table=True):
    """A person who is reached for a customer. `consents` are texts `purpose:channel`, `opted_out` channels."""

    __tablename__ = "contact"
    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    customer_id: UUID
    name: str = Field(sa_type=Text)
    language: str = Field(sa_type=Text)
    email: str | None = Field(sa_type=Text)
    phone: str | None = Field(sa_type=Text)
    role: str | None = Field(sa_type=Text)
    purposes: list[str] = Field(sa_type=ARRAY(Text))
    consents: list[str] = Field(sa_type=ARRAY(Text))
    opted_out: list[str] = Field(sa_type=ARRAY(Text))
    zone: str | None = Field(sa_type=Text)
    version: int
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "customer_id"], ["customer.tenant_id", "customer.id"]),
        CheckConstraint("language IN ('zh', 'en')", name="language"),
        Index(None, "tenant_id", "customer_id", "id"),
    )


class CustomerChangeRow(Row, table=True):
    """One field before and after, by whom and when; of a contact or address where one is named. Append-only."""

    __tablename__ = "customer_change"
    tenant_id: UUID = Field(primary_key=True)
    id: int = Field(
        primary_key=True, sa_type=BigInteger, sa_column_kwargs={"server_default": Identity(always=True)}
    )
    customer_id: UUID
    contact_id: UUID | None
    address_id: UUID | None
    field: str = Field(sa_type=Text)
    before: str | None = Field(sa_type=Text)
    after: str | None = Field(sa_type=Text)
    actor: str = Field(sa_type=Text)
    changed_at: datetime = Field(sa_type=DateTime(timezone=True))
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "customer_id"], ["customer.tenant_id", "customer.id"]),
        Index(None, "tenant_id", "customer_id", "id"),
    )
