"""Invoices as documents: draft > issued > void. Issue takes a number, freezes both parties and makes the item owed."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from uuid import UUID

from billing_svc.domain.customer import Customer
from billing_svc.domain.invoice_totals import LineDraft, TaxRounding, Totals, totals_of
from billing_svc.domain.item import Item
from billing_svc.domain.journal import journal_of_invoice
from billing_svc.domain.ledger import Entry, Fact, FactKind, LedgerSide, Origin
from billing_svc.domain.numbering import DEFAULT_SERIES, series_named
from dunlin_kernel.calendar import due_on as due_by
from dunlin_kernel.errors import RuleBroken
from dunlin_kernel.lifecycle import Lifecycle
from dunlin_kernel.money import Money


class InvoiceStatus(StrEnum):
    DRAFT = "draft"
    ISSUED = "issued"
    VOID = "void"


INVOICE_LIFECYCLE = Lifecycle("invoice", {
    InvoiceStatus.DRAFT: {InvoiceStatus.ISSUED, InvoiceStatus.VOID},
    InvoiceStatus.ISSUED: {InvoiceStatus.VOID},
    InvoiceStatus.VOID: set(),
})


@dataclass(frozen=True, slots=True)
class DraftInvoice:
    """The wish for an invoice. `issued_on` None means the day of issue, `due_on` None by the customer's terms."""

    id: UUID
    customer_id: UUID
    currency: str
    lines: tuple[LineDraft, ...]
    tax_rounding: TaxRounding = TaxRounding.RATE
    series: str = DEFAULT_SERIES
    issued_on: date | None = None
    due_on: date | None = None
    external_id: str | None = None
    authorization_id: UUID | None = None
    final: bool = False
    origin: Origin = Origin.LIVE
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Parties:
    """Who invoices whom, as both were known at issue."""

    buyer: Customer
    seller: str


@dataclass(frozen=True, slots=True)
class Invoice:
    """An invoice; `number` is None until it is issued (and for ever in a draft that was discarded)."""

    wish: DraftInvoice
    status: InvoiceStatus
    totals: Totals
    number: str | None
    issued_on: date | None
    due_on: date | None
    parties: Parties | None
    version: int

    @property
    def id(self) -> UUID:
        return self.wish.id

    @property
    def account(self) -> tuple[UUID, str]:
        return self.wish.customer_id, self.wish.currency

    def discarded(self) -> "Invoice":
        """A draft that will never be issued. Refuses: not_a_draft."""
        return replace(_draft(self), status=InvoiceStatus.VOID, version=self.version + 1)

    def voided(self) -> "Invoice":
        """The same document, cancelled; it keeps its number. `voiding.voidable` says whether it may be."""
        assert self.number is not None, "only what has a number is voided"
        return replace(self, status=INVOICE_LIFECYCLE.advance(self.status, InvoiceStatus.VOID),
                       version=self.version + 1)

    def redrafted(self, wish: DraftInvoice) -> "Invoice":
        """The same draft with other content. Refuses: not_a_draft, and what `draft` refuses."""
        return replace(draft(wish), version=_draft(self).version + 1)


def draft(wish: DraftInvoice) -> Invoice:
    """A draft with its amounts. Refuses: malformed_series, due_before_issue, and what `totals_of` refuses."""
    series_named(wish.series)
    if wish.issued_on and wish.due_on and wish.due_on < wish.issued_on:
        raise RuleBroken("due_before_issue", "An invoice is due no earlier than it is issued.")
    totals = totals_of(wish.lines, wish.currency, wish.tax_rounding)
    return Invoice(wish, InvoiceStatus.DRAFT, totals, None, wish.issued_on, wish.due_on, None, 1)


def issue(invoice: Invoice, *, number: str, issued_on: date, parties: Parties) -> Invoice:
    """The invoice as issued; nothing in it changes after this. Refuses: not_a_draft, due_before_issue."""
    due = invoice.due_on or due_by(issued_on, parties.buyer.terms)
    if due < issued_on:
        raise RuleBroken("due_before_issue", "An invoice is due no earlier than it is issued.")
    return replace(
        _draft(invoice), status=InvoiceStatus.ISSUED, number=number, issued_on=issued_on, due_on=due,
        parties=parties, version=invoice.version + 1)


def item_of(invoice: Invoice, item_id: UUID) -> Item:
    """The one amount that an issued invoice makes owed, before it is entered."""
    assert invoice.number is not None, "only an issued invoice is owed"
    assert invoice.issued_on is not None, "an issued invoice has a date"
    assert invoice.due_on is not None, "an issued invoice has a due date"
    total = invoice.totals.total
    return Item(item_id, invoice.id, invoice.number, invoice.wish.customer_id, total, Money.zero(total.currency),
                Money.zero(total.currency), invoice.issued_on, invoice.issued_on, invoice.due_on, 1)


def fact_of_issue(invoice: Invoice, item: Item) -> Fact:
    """The customer owes the total from the issue date on."""
    return Fact(
        FactKind.INVOICE_ISSUED, invoice.id, item.customer_id, item.amount.currency, item.effective_on,
        (Entry(LedgerSide.RECEIVABLE, item.id, item.amount),),
        journal_of_invoice(invoice.totals.net, invoice.totals.tax))


def _draft(invoice: Invoice) -> Invoice:
    if invoice.status is not InvoiceStatus.DRAFT:
        raise RuleBroken("not_a_draft", "Only a draft can be changed, issued or discarded.",
                         status=invoice.status.value)
    return invoice
