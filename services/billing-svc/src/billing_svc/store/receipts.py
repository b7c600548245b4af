"""What came in since a day and what is not applied, whenever it came: credits with their customer, newest first."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Date, Integer, Text, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

from billing_svc.domain.credit import CreditKind
from billing_svc.domain.payment import PaymentState
from dunlin_kernel.money import Money
from dunlin_kit.transaction import Transaction

_CAME = """
FROM credit c JOIN customer k ON k.tenant_id = c.tenant_id AND k.customer_id = c.customer_id
LEFT JOIN payment_reversal r ON r.tenant_id = c.tenant_id AND r.credit_id = c.id
WHERE ((c.kind = 'payment' AND c.received_on >= :since AND c.state <> 'rejected') OR c.unapplied > 0)"""
_FILTERS = {
    "unapplied": " AND c.unapplied > 0",
    "owners": " AND k.owner_code = ANY(:owners)",
    "after": " AND (c.received_on, c.id) < (:after_on, :after_id)",
}
_BINDS = {
    "owners": [bindparam("owners", type_=ARRAY(Text))],
    "after": [bindparam("after_on", type_=Date), bindparam("after_id", type_=Uuid)],
}


@dataclass(frozen=True, slots=True)
class Receipt:
    """A payment that came in, or any credit of which something is not applied."""

    id: UUID
    kind: CreditKind
    state: PaymentState
    customer_id: UUID
    number: str | None
    name: str | None
    owner_code: str | None
    amount: Money
    unapplied: Money
    received_on: date
    method: str | None
    payer: str | None
    reference: str | None
    unmatched: tuple[str, ...]
    reversed_on: date | None


@dataclass(frozen=True, slots=True)
class Received:
    """In one currency: confirmed payments since the day, and all that is not applied."""

    came_in: Money
    unapplied: Money


async def listed(tx: Transaction, since: date, filters: Mapping[str, Any], limit: int) -> list[Receipt]:
    """Up to `limit` + 1. Filters, left out where there is none: unapplied (True), owners, after (day, id)."""
    values = {name: value for name, value in filters.items() if name == "owners"}
    if "after" in filters:
        values |= dict(zip(("after_on", "after_id"), filters["after"], strict=True))
    rows = await tx.rows(_rows(frozenset(filters)), since=since, wanted=limit + 1, **values)
    return [_receipt(row) for row in rows]


async def totals(tx: Transaction, since: date, filters: Mapping[str, Any]) -> dict[str, Received]:
    """By currency, of all rows; filters as in `listed`, but for `after`."""
    named = {name: value for name, value in filters.items() if name != "after"}
    values = {name: value for name, value in named.items() if name == "owners"}
    return {row["currency"]: Received(Money(int(row["came_in"]), row["currency"]),
                                      Money(int(row["unapplied"]), row["currency"]))
            for row in await tx.rows(_sums(frozenset(named)), since=since, **values)}


@cache
def _rows(filters: frozenset[str]) -> Any:
    """One text per combination of filters."""
    wanted = bindparam("wanted", type_=Integer)
    return _bound(filters, "SELECT c.*, k.number, k.name, k.owner_code, r.effective_on AS reversed_on"
                           f"{_where(filters)} ORDER BY c.received_on DESC, c.id DESC LIMIT :wanted", wanted)


@cache
def _sums(filters: frozenset[str]) -> Any:
    return _bound(filters, "SELECT c.currency, sum(c.unapplied) AS unapplied, coalesce(sum(c.amount) FILTER (WHERE "
                           "c.kind = 'payment' AND c.state = 'confirmed' AND c.received_on >= :since), 0) AS came_in "
                           f"{_where(filters)} GROUP BY 1")


def _where(filters: frozenset[str]) -> str:
    return _CAME + "".join(condition for name, condition in _FILTERS.items() if name in filters)


def _bound(filters: frozenset[str], statement: str, *more: Any) -> Any:
    own = [bind for name in sorted(filters) for bind in _BINDS.get(name, ())]
    return text(statement).bindparams(bindparam("since", type_=Date), *own, *more)


def _receipt(row: Any) -> Receipt:
    currency = row["currency"]
    return Receipt(
        row["id"], CreditKind(row["kind"]), PaymentState(row["state"]), row["customer_id"], row["number"], row["name"],
        row["owner_code"], Money(row["amount"], currency), Money(row["unapplied"], currency), row["received_on"],
        row["method"], row["payer"], row["reference"], tuple(row["unmatched"]), row["reversed_on"])
