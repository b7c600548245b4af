"""Ageing for any two times: who owes and how old it is, and the controls out of the journal; both on one snapshot."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from billing_svc.domain.ageing import Aged, AgeingBasis, AgeingPolicy, Controls
from billing_svc.domain.kept_ageing import KEPT
from billing_svc.store.ageing_statements import DEBTORS, GATHERING, PAST_DEBTORS, Form, report_of
from dunlin_kernel.money import Money
from dunlin_kit.transaction import Transaction

Key = tuple[UUID, str]
EVERYONE = 1_000_000_000


class AgeingOrder(StrEnum):
    """The largest amount first, or by id of the customer."""

    OVERDUE = "overdue"
    RECEIVABLES = "receivables"
    CUSTOMER = "customer_id"


@dataclass(frozen=True, slots=True)
class AgeingQuestion:
    """As of the end of which day, as known when, of whom (None: all), in which currency (None: each), and only of those
    for whom one of `owners` answered on that day.

    `latest` is today where all that is known counts; None for what was known at a time that was named.
    """

    as_of: date
    known_at: datetime
    customer_id: UUID | None
    currency: str | None
    basis: AgeingBasis = AgeingBasis.DUE_DATE
    latest: date | None = None
    owners: tuple[str, ...] | None = None

    @property
    def is_present(self) -> bool:
        return self.as_of == self.latest

    @property
    def filters(self) -> tuple[str, ...]:
        named = {"customer_id": self.customer_id, "currency": self.currency,
                 "owners" if self.is_present else "past_owners": self.owners}
        return tuple(name for name, value in named.items() if value is not None)

    def binds(self) -> dict[str, object]:
        return {"as_of": self.as_of, "known_at": self.known_at, "customer_id": self.customer_id,
                "currency": self.currency, "owners": None if self.owners is None else list(self.owners)}


@dataclass(frozen=True, slots=True)
class Part:
    """Which rows: so many at most, in this order, after the row at this place (amount turned, currency, customer)."""

    wanted: int = EVERYONE
    order: AgeingOrder = AgeingOrder.OVERDUE
    after: tuple[int, str, UUID] | None = None

    def binds(self) -> dict[str, object]:
        by, currency, customer_id = self.after or (None, None, None)
        return {"wanted": self.wanted, "after_by": by, "after_currency": currency, "after_id": customer_id}


@dataclass(frozen=True, slots=True)
class AgeingReport:
    """The rows asked for, and by currency the sum of all rows and both controls."""

    rows: Sequence[tuple[Key, Aged]]
    totals: Mapping[str, Aged]
    controls: Mapping[str, Controls]


@dataclass(frozen=True, slots=True)
class Debtor:
    """What a row of a report says of a customer; nulls where only the ledger has heard of it."""

    id: UUID
    number: str | None
    name: str | None
    last_paid_on: date | None
    owner_code: str | None


async def report(tx: Transaction, question: AgeingQuestion, policy: AgeingPolicy, part: Part) -> AgeingReport:
    """Whoever owes or has unapplied credit. For the present and the usual buckets it is what accounts keep."""
    kept = question.is_present and policy == KEPT and question.basis is AgeingBasis.DUE_DATE
    form = Form((1, *(edge + 1 for edge in policy.edges)), None if kept else question.basis, question.latest is None,
                question.filters, part.order.value, part.after is not None)
    if not kept:
        await tx.row(GATHERING)
    found = await tx.rows(report_of(form), **question.binds(), **part.binds())
    totals = [row for row in found if row["customer_id"] is None]
    return AgeingReport(
        [((row["customer_id"], row["currency"]), aged_of(row, question.as_of)) for row in found[len(totals):]],
        {row["currency"]: aged_of(row, question.as_of) for row in totals},
        {row["currency"]: controls_of(row) for row in totals})


async def debtors(tx: Transaction, question: AgeingQuestion, ids: list[UUID]) -> Mapping[UUID, Debtor]:
    """Who they are; the last payment and who answers for them as of the same two times."""
    statement = DEBTORS if question.is_present else PAST_DEBTORS
    return {row["customer_id"]: Debtor(row["customer_id"], row["number"], row["name"], row["last_paid_on"],
                                      row["owner_code"])
            for row in await tx.rows(statement, ids=ids, as_of=question.as_of, known_at=question.known_at)}


def aged_of(row: Any, as_of: date) -> Aged:
    currency, oldest = row["currency"], row["oldest"]
    return Aged(tuple(Money(int(minor), currency) for minor in row["aged"]), tuple(row["items"]),
                Money(int(row["unapplied"]), currency), (as_of - oldest).days if oldest else 0)


def controls_of(row: Any) -> Controls:
    currency, base = row["currency"], row["base_currency"]
    return Controls(Money(int(row["owed"]), currency), Money(int(row["unapplied"]), currency),
                    (Money(int(row["base_owed"]), base), Money(int(row["base_unapplied"]), base)))
