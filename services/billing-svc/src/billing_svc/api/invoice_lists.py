"""Routes that read invoices."""

from datetime import date
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response
from pydantic import BaseModel

from billing_svc.api.invoice_shapes import InvoiceRead
from billing_svc.api.invoices import NOT_FOUND
from billing_svc.api.owned import OwnerCode, names_of
from billing_svc.api.shapes import Code
from billing_svc.domain.invoice import InvoiceStatus
from billing_svc.store import customers, document_lists, invoices, items, voids
from billing_svc.store.document_lists import InvoiceSort, ListedInvoice
from billing_svc.usecases.issue_invoice import InvoiceView
from dunlin_events.contracts.base import Amount
from dunlin_kit import pages
from dunlin_kit.auth import requires
from dunlin_kit.pages import Limit, Page, Paging
from dunlin_kit.problems import refuses
from dunlin_kit.told_headers import Tagged
from dunlin_kit.versions import set_etag
from dunlin_kit.wire import Day
from dunlin_kit.write_route import ReadRoute, Tx

router = APIRouter(prefix="/billing/v1", route_class=ReadRoute, tags=["invoices"])


class InvoiceSummaryRead(BaseModel):
    """An invoice in a list; `open` is what is still owed for it."""

    id: UUID
    customer_id: UUID
    customer_number: str | None
    customer_name: str | None
    owner_code: str | None = OwnerCode
    status: InvoiceStatus
    number: str | None
    external_id: str | None
    issued_on: date | None
    due_on: date | None
    total: Amount
    open: Amount

    @classmethod
    def of(cls, listed: ListedInvoice) -> Self:
        return cls(
            **names_of(listed.whose), id=listed.id, customer_id=listed.customer_id, status=listed.status,
            number=listed.number, external_id=listed.external_id, issued_on=listed.issued_on, due_on=listed.due_on,
            total=Amount.of(listed.total), open=Amount.of(listed.open))


class InvoicePage(Page[InvoiceSummaryRead]):
    """Invoices in the order that was asked for."""


async def _filters(
    status: InvoiceStatus | None = None, customer_id: UUID | None = None, number: Code | None = None,
    external_id: Code | None = None, due_from: Annotated[Day | None, Query(alias="due_on.gte")] = None,
    due_to: Annotated[Day | None, Query(alias="due_on.lte")] = None,
) -> dict[str, Any]:
    return pages.given({"status": status.value if status else None, "customer_id": customer_id, "number": number,
                        "external_id": external_id, "due_from": due_from, "due_to": due_to})


Filters = Annotated[dict[str, Any], Depends(_filters)]


@router.get("/invoices", dependencies=[requires("invoices:read")],
            responses=pages.RESPONSES | refuses("customer_not_known_yet", status=409))
async def list_invoices(
    tx: Tx, response: Response, cursor: Paging, filters: Filters, sort: InvoiceSort = InvoiceSort.CREATED,
    limit: Limit = pages.DEFAULT_LIMIT,
) -> InvoicePage:
    """Invoices with exactly these values, in this order."""
    await customers.assert_heard_of(tx, filters.get("customer_id"))
    found = await document_lists.page_of_invoices(tx, filters, sort, cursor.after, limit)
    return InvoicePage(**cursor.page(
        response, found, limit, lambda one: document_lists.key_of_invoice(one, sort), InvoiceSummaryRead.of))


@router.get("/invoices/{invoice_id}", dependencies=[requires("invoices:read")], responses=NOT_FOUND)
async def get_invoice(invoice_id: UUID, tx: Tx, response: Tagged) -> InvoiceRead:
    """One invoice with its lines and items."""
    invoice = (await invoices.by_id(tx, [invoice_id]))[invoice_id]
    set_etag(response, invoice.version)
    owed = tuple(await items.of_invoices(tx, [invoice_id]))
    return InvoiceRead.of(InvoiceView(invoice, owed, await voids.of_invoice(tx, invoice_id)))
