"""Credit limits: facts that are only added, newest first when read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Text, Uuid, bindparam, literal_column, select
from sqlmodel import col

from credit_svc.domain.limit import LimitFact, LimitSource
from credit_svc.store.tables import CreditLimitRow
from dunlin_events.consuming import Tx
from dunlin_kernel.money import Money

_HISTORY = (
    select(*CreditLimitRow.__table__.c)
    .where(col(CreditLimitRow.customer_id) == bindparam("customer_id", type_=Uuid),
           col(CreditLimitRow.currency) == bindparam("currency", type_=Text))
    .order_by(col(CreditLimitRow.version).desc()).limit(literal_column("200")))


@dataclass(frozen=True, slots=True)
class SetLimit:
    """A limit with who set it, when and why; the reason is free text and stays here."""

    fact: LimitFact
    reason: str
    set_by: str
    set_at: datetime


def fact_of(row: Any) -> LimitFact:
    """A limit from a row with the columns of `credit_limit`."""
    amount = None if row["amount"] is None else Money(row["amount"], row["currency"])
    return LimitFact(
        row["limit_id"], row["version"], row["currency"], amount, LimitSource(row["source"]), row["valid_from"],
        row["valid_until"])


async def history(tx: Tx, customer_id: UUID, currency: str) -> Sequence[SetLimit]:
    """The last 200 limits set for a customer in a currency, newest first."""
    rows = await tx.rows(_HISTORY, customer_id=customer_id, currency=currency)
    return [SetLimit(fact_of(row), row["reason"], row["set_by"], row["set_at"]) for row in rows]


def add(tx: Tx, customer_id: UUID, limit: SetLimit) -> None:
    fact = limit.fact
    tx.insert(CreditLimitRow, {
        "customer_id": customer_id, "currency": fact.currency, "version": fact.version, "limit_id": fact.id,
        "amount": None if fact.amount is None else fact.amount.minor, "source": fact.source.value,
        "valid_from": fact.valid_from, "valid_until": fact.valid_until, "reason": limit.reason, "set_by": limit.set_by,
        "set_at": limit.set_at})
