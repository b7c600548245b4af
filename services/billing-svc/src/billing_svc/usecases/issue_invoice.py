"""Issue drafts: take the number, freeze both parties, make the items owed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from billing_svc.domain.customer import heard_of, invoiceable
from billing_svc.domain.invoice import Invoice, Parties, fact_of_issue, issue, item_of
from billing_svc.domain.item import Item
from billing_svc.domain.overdue import told_before
from billing_svc.store import customers, invoices, items, number_series
from billing_svc.usecases.posting import Posting, open_posting
from dunlin_events.contracts.base import AccountFigures, Amount
from dunlin_events.contracts.billing import InvoicedItem, InvoicedLine, InvoiceIssued, Origin
from dunlin_kernel.ids import new_id
from dunlin_kit.transaction import Transaction


@dataclass(frozen=True, slots=True)
class IssueInvoice:
    """The wish to issue a draft; `issued_on` stands above the draft's own, and both None mean today."""

    invoice_id: UUID
    issued_on: date | None = None


@dataclass(frozen=True, slots=True)
class InvoiceView:
    """An invoice and what is owed for it; a draft has no items yet."""

    invoice: Invoice
    items: tuple[Item, ...] = ()


async def issue_invoice(tx: Transaction, wishes: Sequence[IssueInvoice]) -> list[InvoiceView]:
    """Issue drafts, in order. Refuses: invoice_not_found, and what `issue_drafts` refuses."""
    ids = [wish.invoice_id for wish in wishes]
    named = await invoices.by_id(tx, ids)
    posting = await open_posting(tx, [one.account for one in named.values()])
    held = await invoices.hold(tx, ids)
    drafts = [replace(held[wish.invoice_id], issued_on=wish.issued_on or held[wish.invoice_id].issued_on)
              for wish in wishes]
    issued = await issue_drafts(tx, posting, drafts)
    for view in issued:
        invoices.change(tx, view.invoice, recorded_at=posting.tenant.now)
    return issued


async def issue_drafts(tx: Transaction, posting: Posting, drafts: Sequence[Invoice]) -> list[InvoiceView]:
    """Issue drafts of accounts that are held; the caller stores the documents.

    Refuses: not_a_draft, customer_not_known_yet, customer_suspended, effective_in_future, period_locked,
    due_before_issue, issued_before_series.
    """
    known = await customers.known(tx, [one.wish.customer_id for one in drafts])
    buyers = [invoiceable(heard_of(known.get(one.wish.customer_id), one.wish.customer_id)) for one in drafts]
    days = [posting.books.open_on(one.issued_on or posting.tenant.today) for one in drafts]
    series = await number_series.lock(tx, {one.wish.series for one in drafts})
    issued = []
    for one, buyer, day in zip(drafts, buyers, days, strict=True):
        number, series[one.wish.series] = series[one.wish.series].take(day)
        parties = Parties(buyer, posting.tenant.name)
        issued.append(_issued(posting, issue(one, number=number, issued_on=day, parties=parties)))
    number_series.move(tx, *series.values())
    posting.save(fresh=[item.id for view in issued for item in view.items])
    return issued


def _issued(posting: Posting, invoice: Invoice) -> InvoiceView:
    unentered = item_of(invoice, new_id())
    posting.items[unentered.id] = unentered
    figures = posting.post(fact_of_issue(invoice, unentered))
    item = posting.items[unentered.id]
    told = told_before(invoice.wish.origin, item.due_on, item.due_version, posting.tenant.today)
    items.add(posting.tx, item, origin=invoice.wish.origin, told_version=told, recorded_at=posting.tenant.now)
    posting.tx.emit(_told(invoice, item, figures))
    return InvoiceView(invoice, (item,))


def _told(invoice: Invoice, item: Item, figures: AccountFigures) -> InvoiceIssued:
    wish, totals = invoice.wish, invoice.totals
    assert invoice.number is not None, "an issued invoice has a number"
    return InvoiceIssued(
        customer_id=wish.customer_id, origin=Origin(wish.origin.value), account=figures, invoice_id=invoice.id,
        number=invoice.number, external_id=wish.external_id, issued_on=item.effective_on, net=Amount.of(totals.net),
        tax=Amount.of(totals.tax), total=Amount.of(totals.total),
        lines=[InvoicedLine(product=line.sold.product, quantity=f"{line.sold.quantity:f}", net=Amount.of(line.net),
                            tax=Amount.of(line.tax)) for line in totals.lines],
        items=[InvoicedItem(item_id=item.id, due_on=item.due_on, amount=Amount.of(item.amount))],
        authorization_id=wish.authorization_id, final=wish.final)

