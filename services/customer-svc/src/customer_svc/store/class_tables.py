"""The tables of classification: the versions of its rules, and the class of each customer in each dimension."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, DateTime, ForeignKeyConstraint, Index, Text
from sqlmodel import Field

from customer_svc.store.rows import Row


class ClassificationRuleRow(Row, table=True):
    """One version of a dimension's rule. Append-only."""

    __tablename__ = "classification_rule"
    tenant_id: UUID = Field(primary_key=True)
    dimension: str = Field(primary_key=True, sa_type=Text)
    version: int = Field(primary_key=True)
    edges: list[int] = Field(sa_type=ARRAY(BigInteger))
    hysteresis_bps: int
    window_months: int
    effective_from: date
    actor: str = Field(sa_type=Text)
    recorded_at: datetime = Field(sa_type=DateTime(timezone=True))


class CustomerClassRow(Row, table=True):
    """The class of a customer in one dimension; `rule_version` null says that a person set it."""

    __tablename__ = "customer_class"
    tenant_id: UUID = Field(primary_key=True)
    customer_id: UUID = Field(primary_key=True)
    dimension: str = Field(primary_key=True, sa_type=Text)
    value: str = Field(sa_type=Text)
    metric: int | None = Field(sa_type=BigInteger)
    rule_version: int | None
    effective_on: date
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "customer_id"], ["customer.tenant_id", "customer.id"]),
        Index(None, "tenant_id", "dimension", "value"),
    )
