"""A statement of account: opening, movements, closing and ageing at a date, as a snapshot that is named by its digest.

Receivables and unapplied credit stand beside each other and are never netted; `net` is shown with them.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from billing_svc.domain.ageing import AgeingPolicy, bucket_for
from dunlin_kernel.errors import Conflict, RuleBroken
from dunlin_kernel.money import Money
from dunlin_kernel.periods import in_order


@dataclass(frozen=True, slots=True)
class Balance:
    """What is owed, and what is paid and not used, in one currency."""

    receivables: Money
    unapplied: Money

    @property
    def net(self) -> Money:
        return self.receivables - self.unapplied

    def plus(self, other: "Balance") -> "Balance":
        return Balance(self.receivables + other.receivables, self.unapplied + other.unapplied)


@dataclass(frozen=True, slots=True)
class Movement:
    """What one fact did to both; `number` is that of the document, `reference` the payer's word for the money."""

    effective_on: date
    fact_kind: str
    fact_id: UUID
    number: str | None
    reference: str | None
    moved: Balance


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One item that is open at the end: what the customer is asked to confirm."""

    item_id: UUID
    kind: str
    number: str
    issued_on: date
    due_on: date
    amount: Money
    open: Money


@dataclass(frozen=True, slots=True)
class ThirdPartyMove:
    """Money of an insurer or a guarantor for an item (below zero: it went back): the customer owes as before."""

    effective_on: date
    fact_kind: str
    fact_id: UUID
    number: str
    payer: str
    amount: Money


@dataclass(frozen=True, slots=True)
class CurrencyStatement:
    """One currency: `after` has the balance after each movement, `buckets` the closing receivables by age; what third
    parties paid stands beside it and moves nothing."""

    opening: Balance
    movements: tuple[Movement, ...]
    after: tuple[Balance, ...]
    closing: Balance
    buckets: tuple[tuple[str, Money], ...]
    lines: tuple[StatementLine, ...]
    third_parties: tuple[ThirdPartyMove, ...] = ()


@dataclass(frozen=True, slots=True)
class StatementHead:
    """Whose statement, over which days, as known when."""

    id: UUID
    customer_id: UUID
    number: str
    name: str | None
    seller: str
    period_from: date
    period_to: date
    known_at: datetime


@dataclass(frozen=True, slots=True)
class Statement:
    """The snapshot: nothing in it changes after this."""

    head: StatementHead
    currencies: tuple[CurrencyStatement, ...]

    @property
    def lines(self) -> dict[UUID, StatementLine]:
        return {line.item_id: line for one in self.currencies for line in one.lines}


def period_of_statement(period_from: date, period_to: date, today: date) -> None:
    """Refuses: period_reversed, period_in_future."""
    in_order(period_from, period_to)
    if period_to > today:
        raise RuleBroken("period_in_future", "A statement ends today at the latest.", today=today)


def currency_statement(
    opening: Balance, movements: Sequence[Movement], lines: Iterable[StatementLine], period_to: date,
    policy: AgeingPolicy,
) -> CurrencyStatement:
    """One currency of a statement. Refuses: report_does_not_tie."""
    after, balance = [], opening
    for movement in movements:
        balance = balance.plus(movement.moved)
        after.append(balance)
    by_due = tuple(sorted(lines, key=lambda line: (line.due_on, line.number, line.item_id)))
    currency = opening.receivables.currency
    aged = [0] * len(policy.names)
    for line in by_due:
        aged[bucket_for((period_to - line.due_on).days, policy)] += line.open.minor
    if sum(aged) != balance.receivables.minor:
        raise Conflict("report_does_not_tie", "The open items do not sum to the closing balance.", currency=currency,
                       items=sum(aged), closing=balance.receivables.minor)
    buckets = tuple((name, Money(minor, currency)) for name, minor in zip(policy.names, aged, strict=True))
    return CurrencyStatement(opening, tuple(movements), tuple(after), balance, buckets, by_due)


def snapshot_of(statement: Statement) -> dict[str, Any]:
    """The statement as it is kept: texts, whole numbers and nothing else, so that its digest is always the same."""
    head = statement.head
    return {
        "id": str(head.id), "customer": {"id": str(head.customer_id), "number": head.number, "name": head.name},
        "seller": head.seller, "period_from": str(head.period_from), "period_to": str(head.period_to),
        "known_at": head.known_at.isoformat(), "currencies": [_currency(one) for one in statement.currencies]}


def digest_of(snapshot: Mapping[str, Any]) -> str:
    """SHA-256 (hex) of the snapshot with its keys in order."""
    text = json.dumps(snapshot, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _currency(one: CurrencyStatement) -> dict[str, Any]:
    beside = {"third_parties": [{
        "effective_on": str(moved.effective_on), "fact_kind": moved.fact_kind, "fact_id": str(moved.fact_id),
        "number": moved.number, "payer": moved.payer, "amount": moved.amount.amount} for moved in one.third_parties]}
    return {
        **(beside if one.third_parties else {}),
        "currency": one.opening.receivables.currency, "opening": _balance(one.opening),
        "closing": _balance(one.closing), "buckets": [{"name": name, "amount": amount.amount}
                                                       for name, amount in one.buckets],
        "movements": [{
            "effective_on": str(moved.effective_on), "fact_kind": moved.fact_kind, "fact_id": str(moved.fact_id),
            "number": moved.number, "reference": moved.reference, "receivables": moved.moved.receivables.amount,
            "unapplied": moved.moved.unapplied.amount, "after": _balance(after)}
            for moved, after in zip(one.movements, one.after, strict=True)],
        "lines": [{
            "item_id": str(line.item_id), "kind": line.kind, "number": line.number, "issued_on": str(line.issued_on),
            "due_on": str(line.due_on), "amount": line.amount.amount, "open": line.open.amount} for line in one.lines]}


def _balance(balance: Balance) -> dict[str, str]:
    return {"receivables": balance.receivables.amount, "unapplied": balance.unapplied.amount,
            "net": balance.net.amount}
