"""Issue drafts: take the number, freeze both parties, make the items owed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from billing_svc.domain.customer import Customer
from billing_svc.domain.invoice import Invoice
from billing_svc.domain.item import Item
from billing_svc.domain.voiding import InvoiceVoid
from billing_svc.store import customers, invoices
from billing_svc.usecases.apply_deposits import apply_deposits
from billing_svc.usecases.issuing import Issuing
from billing_svc.usecases.posting import Posting, open_posting
from dunlin_kit.database import ReadStale
from dunlin_kit.transaction import Transaction


@dataclass(frozen=True, slots=True)
class IssueInvoice:
    """The wish to issue a draft; `issued_on` stands above the draft's own, and both None mean today."""

    invoice_id: UUID
    issued_on: date | None = None


@dataclass(frozen=True, slots=True)
class InvoiceView:
    """An invoice, what is owed for it, and its void; a draft has no items yet."""

    invoice: Invoice
    items: tuple[Item, ...] = ()
    void: InvoiceVoid | None = None


async def issue_invoice(tx: Transaction, wishes: Sequence[IssueInvoice]) -> list[InvoiceView]:
    """Issue drafts, in order. Refuses: invoice_not_found, and what `issue_drafts` refuses."""
    ids = [wish.invoice_id for wish in wishes]
    named = await invoices.by_id(tx, ids)
    buyers = customers.known_too([one.wish.customer_id for one in named.values()])
    posting = await open_posting(tx, [one.account for one in named.values()], also=buyers)
    held = await invoices.hold(tx, ids)
    if any(one.account not in posting.accounts for one in held.values()):
        raise ReadStale
    drafts = [replace(held[wish.invoice_id], issued_on=wish.issued_on or held[wish.invoice_id].issued_on)
              for wish in wishes]
    issued = await issue_drafts(posting, drafts, customers.of_rows(posting.beside))
    for view in issued:
        invoices.change(tx, view.invoice, recorded_at=posting.tenant.now)
    return await paid_ahead(posting, issued)


async def paid_ahead(posting: Posting, issued: Sequence[InvoiceView]) -> list[InvoiceView]:
    """These invoices, once their documents are gathered, with what was paid ahead of their orders set against them."""
    paid = await apply_deposits(posting, [(one.invoice, one.items) for one in issued])
    return [replace(one, items=paid.get(one.invoice.id, one.items)) for one in issued]


async def issue_drafts(
    posting: Posting, drafts: Sequence[Invoice], buyers: Mapping[UUID, Customer],
) -> list[InvoiceView]:
    """Issue drafts of accounts that are held to `buyers` that were heard of; the caller stores the documents.

    Refuses: not_a_draft, customer_not_known_yet, customer_suspended, effective_in_future, period_locked,
    due_before_issue, date_out_of_range, issued_before_series, delivery_not_billable.
    """
    issuing = await Issuing.begin(posting, drafts, buyers)
    issued = [issuing.issue(one) for one in drafts]
    posting.save(fresh=issuing.save())
    return [InvoiceView(invoice, owed) for invoice, owed in issued]
