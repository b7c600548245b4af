"""Routes of invoices that write: make, change, discard, issue."""

from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from billing_svc.api.invoice_shapes import (
    InvoiceBatchCreate,
    InvoiceBatchRead,
    InvoiceCreate,
    InvoiceIssue,
    InvoiceRead,
    InvoiceUpdate,
    InvoiceVoid,
)
from billing_svc.usecases.create_invoice import create_invoice as create
from billing_svc.usecases.discard_invoice import discard_invoice as discard
from billing_svc.usecases.issue_invoice import InvoiceView, IssueInvoice
from billing_svc.usecases.issue_invoice import issue_invoice as issue
from billing_svc.usecases.update_invoice import update_invoice as update
from billing_svc.usecases.void_invoice import void_invoice as void
from dunlin_kit import versions
from dunlin_kit.auth import requires
from dunlin_kit.problems import refuses
from dunlin_kit.told_headers import Made, Tagged
from dunlin_kit.versions import IfMatch, set_etag
from dunlin_kit.write_route import Tx, ValidateOnly, WriteRoute

writes = APIRouter(prefix="/billing/v1", route_class=WriteRoute, tags=["invoices"])
MAY_WRITE = requires("invoices:write")
NOT_FOUND = refuses("invoice_not_found", status=404)
CONTENT = (
    "no_lines", "too_many_lines", "bad_quantity", "bad_unit_price", "bad_tax_rate", "total_not_positive",
    "amount_too_large", "unknown_currency", "malformed_series", "due_before_issue", "date_out_of_range",
    "instalments_or_due_date", "instalments_do_not_sum", "amount_not_positive", "currency_mismatch",
    "malformed_amount", "wrong_precision")
DATES = ("effective_in_future", "period_locked", "issued_before_series", "exchange_rate_missing",
         "delivery_not_billable")
NOT_READY = ("customer_not_known_yet", "tenant_not_known_yet", "customer_suspended", "customer_merged")


@writes.post("/invoices", status_code=201, dependencies=[MAY_WRITE],
             responses=refuses(*CONTENT, *DATES) | refuses(*NOT_READY, "invoice_exists", status=409))
async def create_invoice(
    body: InvoiceCreate, tx: Tx, response: Made, validate_only: ValidateOnly = False,
) -> InvoiceRead:
    """Make an invoice: a draft, or with `issue` true issued at once, with a number and an item that is owed."""
    view = (await create(tx, [body.to_wish()]))[0]
    response.headers["Location"] = f"/billing/v1/invoices/{view.invoice.id}"
    return _answer(view, response)


@writes.post("/invoices:batch", status_code=201, dependencies=[MAY_WRITE],
             responses=refuses(*CONTENT, *DATES) | refuses(*NOT_READY, "invoice_exists", status=409))
async def create_invoices(body: InvoiceBatchCreate, tx: Tx, validate_only: ValidateOnly = False) -> InvoiceBatchRead:
    """Make up to 500 invoices together: all or none, numbered in the order in which they are sent."""
    views = await create(tx, [invoice.to_wish() for invoice in body.invoices])
    return InvoiceBatchRead(data=[InvoiceRead.of(view) for view in views])


@writes.put("/invoices/{invoice_id}", dependencies=[MAY_WRITE],
            responses=NOT_FOUND | refuses(*CONTENT, "not_a_draft") | versions.RESPONSES)
async def update_invoice(
    invoice_id: UUID, body: InvoiceUpdate, tx: Tx, response: Tagged, expected: IfMatch,
) -> InvoiceRead:
    """Give a draft other content; an issued invoice is never edited."""
    changed = await update(tx, body.to_draft(invoice_id), expected=expected)
    return _answer(InvoiceView(changed), response)


@writes.delete("/invoices/{invoice_id}", dependencies=[MAY_WRITE],
               responses=NOT_FOUND | refuses("not_a_draft") | versions.RESPONSES)
async def discard_invoice(invoice_id: UUID, tx: Tx, response: Tagged, expected: IfMatch) -> InvoiceRead:
    """Discard a draft: it will never be issued, and never had a number."""
    return _answer(InvoiceView(await discard(tx, invoice_id, expected=expected)), response)


@writes.post("/invoices/{invoice_id}:issue", dependencies=[MAY_WRITE],
             responses=NOT_FOUND | refuses(*DATES, "not_a_draft", "due_before_issue") | refuses(*NOT_READY, status=409))
async def issue_invoice(
    invoice_id: UUID, body: InvoiceIssue, tx: Tx, response: Tagged, validate_only: ValidateOnly = False,
) -> InvoiceRead:
    """Issue a draft: it takes the next number of its series, and from its issue date on its total is owed."""
    return _answer((await issue(tx, [IssueInvoice(invoice_id, body.issued_on)]))[0], response)


@writes.post("/invoices/{invoice_id}:void", dependencies=[MAY_WRITE], responses=(
    NOT_FOUND | refuses("not_issued", "effective_too_early", "effective_in_future", "period_locked")
    | refuses("invoice_delivered", "invoice_in_use", "tenant_not_known_yet", status=409)))
async def void_invoice(
    invoice_id: UUID, body: InvoiceVoid, tx: Tx, response: Tagged, validate_only: ValidateOnly = False,
) -> InvoiceRead:
    """Void an issued invoice of which nothing is paid: it keeps its number, and nothing is owed for it any more."""
    return _answer((await void(tx, [body.to_wish(invoice_id)]))[0], response)


def _answer(view: InvoiceView, response: Response) -> InvoiceRead:
    set_etag(response, view.invoice.version)
    return InvoiceRead.of(view)
