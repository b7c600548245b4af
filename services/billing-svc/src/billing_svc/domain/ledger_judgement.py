"""Judging facts of an older ledger: which are new, which are there already, and which are refused, with the reason."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeVar
from uuid import UUID

from billing_svc.domain.customer import Customer, invoiceable
from billing_svc.domain.exchange_rate import Rates
from billing_svc.domain.ledger_row import LedgerPart, StagedFact
from billing_svc.domain.posting_dates import Books
from dunlin_kernel.errors import Conflict, DomainError, NotFound, RuleBroken
from dunlin_kernel.money import Money

Known = TypeVar("Known")


@dataclass(frozen=True, slots=True)
class Refused:
    """A part of a row that was not taken; `external_id` is its own, where one could be read."""

    line: int
    part: LedgerPart
    external_id: str | None
    code: str
    detail: str

    @classmethod
    def of(cls, fact: StagedFact, why: DomainError) -> "Refused":
        return cls(fact.line, fact.part, fact.external_id, why.code, why.detail)


@dataclass(frozen=True, slots=True)
class Judged:
    """Facts, each in one of the three."""

    new: tuple[StagedFact, ...]
    unchanged: tuple[StagedFact, ...]
    refused: tuple[Refused, ...]


@dataclass(frozen=True, slots=True)
class KnownInvoice:
    """An invoice that carries the external id already."""

    customer_id: UUID
    total: Money
    issued_on: date | None
    due_on: date | None


@dataclass(frozen=True, slots=True)
class KnownPayment:
    """A payment that carries the external id already; `reference` names the invoice it was taken over for."""

    customer_id: UUID
    amount: Money
    received_on: date
    reference: str | None


@dataclass(frozen=True, slots=True)
class OwedItem:
    """What is open for an invoice that a payment names; `id` None for one that is taken over together with it."""

    id: UUID | None
    customer_id: UUID
    open: Money


@dataclass(frozen=True, slots=True)
class Targets:
    """What payments may name, by the invoice's external id: what is owed, and the invoices that were refused."""

    items: Mapping[str, OwedItem]
    refused: Collection[str]

    def of(self, external_id: str) -> OwedItem:
        """Refuses: invoice_refused, invoice_not_found."""
        if external_id in self.items:
            return self.items[external_id]
        if external_id in self.refused:
            raise RuleBroken("invoice_refused", "The invoice that it pays was refused.")
        raise NotFound("invoice_not_found", "There is no such invoice.")


def judge_rates(facts: Iterable[StagedFact], rates: Rates) -> Judged:
    """Those that have a rate on their day are new, those in a foreign currency without one refused."""
    new: list[StagedFact] = []
    refused: list[Refused] = []
    for fact in facts:
        try:
            rates.based(fact.amount, fact.day)
            new.append(fact)
        except DomainError as why:
            refused.append(Refused.of(fact, why))
    return Judged(tuple(new), (), tuple(refused))


def judge_invoices(
    facts: Iterable[StagedFact], customers: Mapping[str, Customer], known: Mapping[str, KnownInvoice], books: Books,
) -> Judged:
    """Judge invoices in order; one that stands twice in a file is there already the second time."""
    def check(fact: StagedFact, said: KnownInvoice, there: KnownInvoice | None) -> None:
        if there is not None and there != said:
            raise Conflict("invoice_differs", "An invoice with this external id is there, with other content.")
        if there is None:
            invoiceable(customers[fact.customer_external_id])
            books.open_on(fact.day)
            books.open_on(fact.through_on)

    def said(fact: StagedFact) -> KnownInvoice:
        return KnownInvoice(customers[fact.customer_external_id].id, fact.amount, fact.day, fact.due_on)

    return _judged(facts, dict(known), said, check)


def judge_payments(
    facts: Iterable[StagedFact], customers: Mapping[str, Customer], known: Mapping[str, KnownPayment],
    targets: Targets, books: Books,
) -> Judged:
    """Judge payments in order: together they pay no more than is open, and none a stranger's invoice."""
    paid: dict[str, Money] = {}

    def check(fact: StagedFact, said: KnownPayment, there: KnownPayment | None) -> None:
        if there is not None and there != said:
            raise Conflict("payment_differs", "A payment with this external id is there, with other content.")
        if there is None:
            books.open_on(fact.day)
            if (number := fact.invoice_external_id) is not None:
                item = targets.of(number)
                paid[number] = _pays(fact, item, said.customer_id, paid.get(number, Money.zero(item.open.currency)))

    def said(fact: StagedFact) -> KnownPayment:
        return KnownPayment(
            customers[fact.customer_external_id].id, fact.amount, fact.day, fact.invoice_external_id)

    return _judged(facts, dict(known), said, check)


def _pays(fact: StagedFact, item: OwedItem, customer_id: UUID, paid: Money) -> Money:
    if item.customer_id != customer_id:
        raise RuleBroken("other_customer", "The invoice that it pays is another customer's.")
    if item.open.currency != fact.amount.currency:
        raise RuleBroken("currency_mismatch", "A credit pays items of its own currency only.")
    if item.open <= paid:
        raise RuleBroken("more_than_open", "Nothing is open on this invoice.")
    return paid + min(fact.amount, item.open - paid)


def _judged(
    facts: Iterable[StagedFact], there: dict[str, Known], said: Callable[[StagedFact], Known],
    check: Callable[[StagedFact, Known, Known | None], None],
) -> Judged:
    new: list[StagedFact] = []
    unchanged: list[StagedFact] = []
    refused: list[Refused] = []
    for fact in facts:
        try:
            check(fact, said(fact), there.get(fact.external_id))
        except DomainError as why:
            refused.append(Refused.of(fact, why))
            continue
        (unchanged if fact.external_id in there else new).append(fact)
        there.setdefault(fact.external_id, said(fact))
    return Judged(tuple(new), tuple(unchanged), tuple(refused))
