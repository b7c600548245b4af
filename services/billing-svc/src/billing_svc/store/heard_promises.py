"""Promises to pay, as notify-svc tells of them: what they are for, and whether they run."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import BigInteger, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from billing_svc.store.rows import Row
from dunlin_events.subscription import Tx
from dunlin_kernel.money import Money


class HeardPromiseRow(Row, table=True):
    """A promise by the customer in whose stream it was told; no `items`: all that the customer owes."""

    __tablename__ = "heard_promise"
    tenant_id: UUID = Field(primary_key=True)
    promise_id: UUID = Field(primary_key=True)
    customer_id: UUID = Field(primary_key=True)
    currency: str = Field(sa_type=Text)
    amount: int = Field(sa_type=BigInteger)
    promised_on: date
    items: str = Field(sa_type=JSONB)
    running: bool
    __table_args__ = (
        Index("ix_heard_promise_running", "tenant_id", "customer_id", postgresql_where=text("running")),)


@dataclass(frozen=True, slots=True)
class HeardPromise:
    """One of them as it stands."""

    id: UUID
    amount: Money
    promised_on: date
    items: tuple[UUID, ...]
    running: bool


def keep(tx: Tx, customer_id: UUID, promises: Iterable[HeardPromise]) -> None:
    """Gather them as they stand now."""
    tx.put(HeardPromiseRow, *(
        {"promise_id": one.id, "customer_id": customer_id, "currency": one.amount.currency, "amount": one.amount.minor,
         "promised_on": one.promised_on, "items": json.dumps([str(item) for item in one.items]),
         "running": one.running} for one in promises), key=("promise_id", "customer_id"))
