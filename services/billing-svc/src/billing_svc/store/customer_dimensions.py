"""Under what customers counted and since when: who answered for them, their group, region, industry and classes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Text
from sqlmodel import Field

from billing_svc.store.rows import Row
from dunlin_events.subscription import Tx


class CustomerDimensionRow(Row, table=True):
    """From a fact of the customer's stream on, it counts under this value of a dimension; null: under none.

    `effective_on` is null where the fact names no day: it then counts from the day on which it was recorded.
    """

    __tablename__ = "customer_dimension"
    tenant_id: UUID = Field(primary_key=True)
    dimension: str = Field(primary_key=True, sa_type=Text)
    customer_id: UUID = Field(primary_key=True)
    sequence: int = Field(primary_key=True, sa_type=BigInteger)
    value: str | None = Field(sa_type=Text)
    effective_on: date | None
    recorded_at: datetime = Field(sa_type=DateTime(timezone=True))


@dataclass(frozen=True, slots=True)
class DimensionChange:
    """What one fact changed; `sequence` is its own in the customer's stream."""

    dimension: str
    value: str | None
    sequence: int
    recorded_at: datetime
    effective_on: date | None = None


def add(tx: Tx, customer_id: UUID, changes: Iterable[DimensionChange]) -> None:
    tx.insert(CustomerDimensionRow, *(
        {"dimension": one.dimension, "customer_id": customer_id, "sequence": one.sequence, "value": one.value,
         "effective_on": one.effective_on, "recorded_at": one.recorded_at} for one in changes))


def counted_under(dimension: str, day: str) -> str:
    """A subquery: by `customer_id` the `value` on that day, as known at `known_at` (both binds); the last told counts.

    A customer of whom nothing was told by then has no row.
    """
    return f"""(SELECT DISTINCT ON (d.customer_id) d.customer_id, d.value FROM customer_dimension d
  WHERE {_in_force(dimension, day)} ORDER BY d.customer_id, d.sequence DESC)"""  # noqa: S608  constants


def value_for(customer_id: str, dimension: str, day: str) -> str:
    """The same of one customer, as an expression."""
    return f"""(SELECT d.value FROM customer_dimension d
  WHERE d.customer_id = {customer_id} AND {_in_force(dimension, day)}
  ORDER BY d.sequence DESC LIMIT 1)"""  # noqa: S608  constants


def _in_force(dimension: str, day: str) -> str:
    began = "coalesce(d.effective_on, CAST(d.recorded_at AT TIME ZONE (SELECT zone FROM tenant) AS date))"
    return f"d.dimension = '{dimension}' AND d.recorded_at <= :known_at AND {began} <= :{day}"
