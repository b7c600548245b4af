"""Tables of promises to pay, and of the items that they are for."""

from datetime import date
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, text
from sqlmodel import Field

from notify_svc.store.rows import Row


class PromiseRow(Row, table=True):
    """A promise, and how it was judged. `required` is what must come for it to be kept, frozen at the judgement.

    What billing told after `heard_sequence` of the customer's stream is judged; without items it is for all that the
    customer owes in the currency.
    """

    __tablename__ = "promise"
    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    customer_id: UUID
    currency: str
    amount: int = Field(sa_type=BigInteger)
    promised_on: date
    grace_days: int
    made_on: date
    made_by: str
    note: str | None
    open_when_made: int = Field(sa_type=BigInteger)
    heard_sequence: int = Field(sa_type=BigInteger)
    status: str
    received: int = Field(sa_type=BigInteger)
    required: int = Field(sa_type=BigInteger)
    judged_on: date | None
    end_reason: str | None
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "customer_id"], ["customer.tenant_id", "customer.customer_id"]),
        CheckConstraint("amount > 0 AND amount <= open_when_made", name="promises_no_more_than_is_open"),
        Index("ix_promise_running", "tenant_id", "customer_id", postgresql_where=text("status = 'running'")),
        Index("ix_promise_broken", "tenant_id", "judged_on", postgresql_where=text("status = 'broken'")),
        Index(None, "tenant_id", "customer_id", "id"),
    )


class PromiseItemRow(Row, table=True):
    """An item that a promise is for."""

    __tablename__ = "promise_item"
    tenant_id: UUID = Field(primary_key=True)
    promise_id: UUID = Field(primary_key=True)
    item_id: UUID = Field(primary_key=True)
    __table_args__ = (
        Index(None, "tenant_id", "item_id", "promise_id"),
        ForeignKeyConstraint(["tenant_id", "promise_id"], ["promise.tenant_id", "promise.id"]),
        ForeignKeyConstraint(["tenant_id", "item_id"], ["dunned_item.tenant_id", "dunned_item.id"]),
    )
