"""Invoices as documents: draft > issued > void. Issue takes a number, freezes both parties and makes the item owed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from uuid import UUID

from billing_svc.domain.customer import Customer
from billing_svc.domain.instalments import Instalment, as_agreed, by_terms, summing
from billing_svc.domain.invoice_totals import LineDraft, TaxRounding, Totals, totals_of
from billing_svc.domain.item import Item
from billing_svc.domain.journal import journal_of_invoice
from billing_svc.domain.ledger import Entry, Fact, FactKind, LedgerSide, Origin
from billing_svc.domain.numbering import DEFAULT_SERIES, series_named
from dunlin_kernel.calendar import due_on as due_by
from dunlin_kernel.errors import RuleBroken
from dunlin_kernel.frozen import replace
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
    """The wish for an invoice. `issued_on` None means the day of issue; without `due_on` and `instalments` the
    customer's terms decide."""

    id: UUID
    customer_id: UUID
    currency: str
    lines: tuple[LineDraft, ...]
    tax_rounding: TaxRounding = TaxRounding.RATE
    series: str = DEFAULT_SERIES
    issued_on: date | None = None
    due_on: date | None = None
    instalments: tuple[Instalment, ...] = ()
    external_id: str | None = None
    authorization_id: UUID | None = None
    order_reference: str | None = None
    final: bool = False
    origin: Origin = Origin.LIVE
    labels: Mapping[str, str] = field(default_factory=dict)
    delivery_ids: tuple[UUID, ...] = ()

    @property
    def agreed_before(self) -> bool:
        """Whether it bills what was authorised or delivered."""
        return self.authorization_id is not None or bool(self.delivery_ids)


@dataclass(frozen=True, slots=True)
class Parties:
    """Who invoices whom, as both were known at issue."""

    buyer: Customer
    seller: str


@dataclass(frozen=True, slots=True)
class Invoice:
    """An invoice; `number` is None until it is issued (and for ever in a draft that was discarded). `due_on` is the
    day by which all of it is due."""

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
    """A draft with its amounts.

    Refuses: malformed_series, due_before_issue, instalments_or_due_date, and what `totals_of` and `summing` refuse.
    """
    series_named(wish.series)
    if wish.issued_on and wish.due_on and wish.due_on < wish.issued_on:
        raise RuleBroken("due_before_issue", "An invoice is due no earlier than it is issued.")
    if wish.instalments and wish.due_on:
        raise RuleBroken("instalments_or_due_date", "Name one due date or instalments, not both.")
    totals = totals_of(wish.lines, wish.currency, wish.tax_rounding)
    if wish.instalments:
        summing(totals.total, wish.instalments)
    return Invoice(wish, InvoiceStatus.DRAFT, totals, None, wish.issued_on, wish.due_on, None, 1)


def issue(invoice: Invoice, *, number: str, issued_on: date, parties: Parties) -> Invoice:
    """The invoice as issued; nothing in it changes after this. Refuses: not_a_draft, and what `schedule_of` refuses."""
    due = schedule_of(_draft(invoice), issued_on, parties.buyer)[-1].due_on
    return replace(
        invoice, status=InvoiceStatus.ISSUED, number=number, issued_on=issued_on, due_on=due,
        parties=parties, version=invoice.version + 1)


def schedule_of(invoice: Invoice, issued_on: date, buyer: Customer) -> tuple[Instalment, ...]:
    """What falls due when: as the invoice says, else as the buyer's terms say.

    Refuses: due_before_issue, date_out_of_range.
    """
    wish, total = invoice.wish, invoice.totals.total
    if wish.instalments:
        return as_agreed(total, wish.instalments, issued_on)
    if buyer.instalments and wish.due_on is None:
        return by_terms(total, buyer.instalments, issued_on)
    return as_agreed(total, (Instalment(wish.due_on or due_by(issued_on, buyer.terms), total),), issued_on)


def items_of(invoice: Invoice, new_id: Callable[[], UUID]) -> tuple[Item, ...]:
    """What an issued invoice makes owed, by due date, before it is entered."""
    assert invoice.number is not None, "only an issued invoice is owed"
    assert invoice.issued_on is not None, "an issued invoice has a date"
    assert invoice.parties is not None, "an issued invoice has a buyer"
    nothing = Money.zero(invoice.wish.currency)
    schedule = schedule_of(invoice, invoice.issued_on, invoice.parties.buyer)
    return tuple(
        Item(new_id(), invoice.id, invoice.number, invoice.wish.customer_id, one.amount, nothing, nothing,
             invoice.issued_on, invoice.issued_on, one.due_on, 1, instalment=n, instalments=len(schedule))
        for n, one in enumerate(schedule, 1))


def fact_of_issue(invoice: Invoice, items: Sequence[Item]) -> Fact:
    """The customer owes the total from the issue date on."""
    first = items[0]
    return Fact(
        FactKind.INVOICE_ISSUED, invoice.id, first.customer_id, first.amount.currency, first.effective_on,
        tuple(Entry(LedgerSide.RECEIVABLE, item.id, item.amount) for item in items),
        journal_of_invoice(invoice.totals.net, invoice.totals.tax))


def _draft(invoice: Invoice) -> Invoice:
    if invoice.status is not InvoiceStatus.DRAFT:
        raise RuleBroken("not_a_draft", "Only a draft can be changed, issued or discarded.",
                         status=invoice.status.value)
    return invoice
