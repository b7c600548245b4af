"""Routes that read invoices and items."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response

from billing_svc.api.invoice_shapes import InvoicePage, InvoiceRead, InvoiceSummaryRead
from billing_svc.api.invoices import NOT_FOUND
from billing_svc.api.shapes import Code, ItemPage, OwedItemRead
from billing_svc.domain.invoice import InvoiceStatus
from billing_svc.domain.pending_payment import pending_by_item
from billing_svc.store import (
    accounts,
    arrangements,
    customers,
    document_lists,
    invoices,
    items,
    pending_payments,
    voids,
)
from billing_svc.store.document_lists import InvoiceSort
from billing_svc.usecases.issue_invoice import InvoiceView
from dunlin_events.contracts.base import Amount
from dunlin_kit import pages
from dunlin_kit.auth import requires
from dunlin_kit.pages import Limit, Paging
from dunlin_kit.problems import refuses
from dunlin_kit.told_headers import Tagged
from dunlin_kit.versions import set_etag
from dunlin_kit.wire import Day
from dunlin_kit.write_route import ReadRoute, Tx

router = APIRouter(prefix="/billing/v1", route_class=ReadRoute, tags=["invoices"])


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


@router.get("/items", dependencies=[requires("items:read")],
            responses=pages.RESPONSES | refuses("customer_not_known_yet", status=409))
async def list_items(
    tx: Tx, response: Response, cursor: Paging, customer_id: UUID,
    is_open: Annotated[bool | None, Query(alias="open", description="Whether anything is owed of it.")] = None,
    limit: Limit = pages.DEFAULT_LIMIT,
) -> ItemPage:
    """What a customer owes, by due date, and beside it the credit that is not applied, on one snapshot."""
    await customers.assert_heard_of(tx, customer_id)
    filters: dict[str, Any] = {"customer_id": customer_id} | ({} if is_open is None else {"open": is_open})
    ids = await document_lists.page_of_items(tx, filters, cursor.after, limit)
    by_id = await items.by_id(tx, ids)
    held = await accounts.of_customer(tx, customer_id)
    announced = await pending_payments.announced(tx, customer_id)
    pending = pending_by_item(announced, await items.open_of(tx, [customer_id])) if announced else {}
    parts = await arrangements.schedules_of(tx, by_id.values())
    page = cursor.page(
        response, [by_id[one] for one in ids], limit, lambda item: [item.due_on, item.id],
        lambda item: OwedItemRead.with_pending(item, pending.get(item.id), parts.get(item.id, ())))
    return ItemPage(**page, unapplied=[Amount.of(account.unapplied) for account in held])
