"""Credit limits: facts that are only added, newest first when read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Text, Uuid, bindparam, literal_column, select
from sqlmodel import col

from credit_svc.domain.limit import LimitFact, LimitKind, LimitSource
from credit_svc.store.tables import CreditLimitRow
from dunlin_events.consuming import Tx
from dunlin_kernel.money import Money

_ALL = (
    select(*CreditLimitRow.__table__.c)
    .where(col(CreditLimitRow.customer_id) == bindparam("customer_id", type_=Uuid),
           col(CreditLimitRow.currency) == bindparam("currency", type_=Text))
    .order_by(col(CreditLimitRow.version).desc()))
_HISTORY = _ALL.limit(literal_column("200"))
_BEFORE = _ALL.where(col(CreditLimitRow.version) < bindparam("before", type_=BigInteger)).limit(
    bindparam("most", type_=BigInteger))
_NEWEST = 2**31


@dataclass(frozen=True, slots=True)
class SetLimit:
    """A limit with who set it, when and why; the reason is free text and stays here."""

    fact: LimitFact
    reason: str
    set_by: str
    set_at: datetime
    approved_by: str | None


COLUMNS = ("limit_id", "version", "amount", "source", "valid_from", "valid_until", "kind")
"""What a limit is read from; beside others of the kind they carry a prefix."""


def fact_of(row: Any, currency: str, prefix: str = "") -> LimitFact | None:
    """A limit from a row with these columns; None where there is none."""
    limit_id, version, minor, source, begins, ends, kind = (row[f"{prefix}{name}"] for name in COLUMNS)
    if limit_id is None:
        return None
    amount = None if minor is None else Money(minor, currency)
    return LimitFact(limit_id, version, currency, amount, LimitSource(source), begins, ends, LimitKind(kind))


def facts_of(row: Any, currency: str) -> tuple[LimitFact, ...]:
    """Base and temporary of a row that has both, the second with the prefix `temporary_`."""
    both = (fact_of(row, currency), fact_of(row, currency, "temporary_"))
    return tuple(fact for fact in both if fact is not None)


async def history(tx: Tx, customer_id: UUID, currency: str) -> Sequence[SetLimit]:
    """The last 200 limits set for a customer in a currency, newest first."""
    return _limits_of(await tx.rows(_HISTORY, customer_id=customer_id, currency=currency), currency)


async def before(tx: Tx, customer_id: UUID, currency: str, version: int | None, most: int) -> Sequence[SetLimit]:
    """At most so many of the limits set before this version (None: the last too), newest first."""
    return _limits_of(await tx.rows(
        _BEFORE, customer_id=customer_id, currency=currency, before=_NEWEST if version is None else version,
        most=most), currency)


def _limits_of(rows: Sequence[Any], currency: str) -> list[SetLimit]:
    found = ((fact_of(row, currency), row) for row in rows)
    return [SetLimit(fact, row["reason"], row["set_by"], row["set_at"], row["approved_by"])
            for fact, row in found if fact is not None]


def add(tx: Tx, customer_id: UUID, limit: SetLimit) -> None:
    fact = limit.fact
    tx.insert(CreditLimitRow, {
        "customer_id": customer_id, "currency": fact.currency, "version": fact.version, "limit_id": fact.id,
        "amount": None if fact.amount is None else fact.amount.minor, "source": fact.source.value,
        "valid_from": fact.valid_from, "valid_until": fact.valid_until, "reason": limit.reason, "set_by": limit.set_by,
        "set_at": limit.set_at, "kind": fact.kind.value, "approved_by": limit.approved_by})
