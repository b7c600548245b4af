"""The tables of a relationship: groups, staff with their absences, and the addresses of customers."""

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from customer_svc.store.rows import Row


class CustomerGroupRow(Row, table=True):
    """Customers that belong together; a customer names its group."""

    __tablename__ = "customer_group"
    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    number: str = Field(sa_type=Text)
    name: str = Field(sa_type=Text)
    currency: str = Field(sa_type=Text)
    set_off: bool
    version: int
    __table_args__ = (UniqueConstraint("tenant_id", "number"), CheckConstraint("version >= 1", name="version"))


class StaffRow(Row, table=True):
    """A member of staff: how it is reached, and who stands in for it."""

    __tablename__ = "staff"
    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    code: str = Field(sa_type=Text)
    name: str = Field(sa_type=Text)
    language: str = Field(sa_type=Text)
    email: str | None = Field(sa_type=Text)
    phone: str | None = Field(sa_type=Text)
    deputy_id: UUID | None
    active: bool
    version: int
    __table_args__ = (
        UniqueConstraint("tenant_id", "code"),
        ForeignKeyConstraint(["tenant_id", "deputy_id"], ["staff.tenant_id", "staff.id"]),
        CheckConstraint("deputy_id <> id", name="deputy"),
        CheckConstraint("language IN ('zh', 'en')", name="language"),
    )


class AbsenceRow(Row, table=True):
    """Days, first and last one included, on which a member of staff is away."""

    __tablename__ = "absence"
    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    staff_id: UUID
    from_on: date
    until_on: date
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "staff_id"], ["staff.tenant_id", "staff.id"]),
        CheckConstraint("from_on <= until_on", name="days"),
        Index(None, "tenant_id", "staff_id", "from_on"),
    )


class AddressRow(Row, table=True):
    """Where post, goods or a writ reach a customer."""

    __tablename__ = "address"
    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    customer_id: UUID
    purposes: list[str] = Field(sa_type=ARRAY(Text))
    recipient: str | None = Field(sa_type=Text)
    street: str = Field(sa_type=Text)
    city: str = Field(sa_type=Text)
    postal_code: str | None = Field(sa_type=Text)
    region: str | None = Field(sa_type=Text)
    country: str = Field(sa_type=Text)
    version: int
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "customer_id"], ["customer.tenant_id", "customer.id"]),
        Index(None, "tenant_id", "customer_id", "id"),
    )
