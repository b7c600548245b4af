"""Routes of credit notes: issue, apply later, cancel; and the reads."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from billing_svc.api.credit_note_shapes import CreditNoteCancel, CreditNoteCreate, CreditNotePage, CreditNoteRead
from billing_svc.api.payment_shapes import CreditApply
from billing_svc.api.payments import ALLOCATING, AMOUNTS, DATES
from billing_svc.api.shapes import Code
from billing_svc.store import credit_note_views, document_lists
from billing_svc.usecases.apply_credit_note import apply_credit_note as apply
from billing_svc.usecases.cancel_credit_note import cancel_credit_note as cancel
from billing_svc.usecases.issue_credit_note import issue_credit_note as issue
from dunlin_kit import pages
from dunlin_kit.auth import requires
from dunlin_kit.pages import Limit, Paging
from dunlin_kit.problems import refuses
from dunlin_kit.told_headers import Made, Tagged
from dunlin_kit.versions import set_etag
from dunlin_kit.write_route import ReadRoute, Tx, ValidateOnly, WriteRoute

writes = APIRouter(prefix="/billing/v1", route_class=WriteRoute, tags=["credit notes"])
router = APIRouter(prefix="/billing/v1", route_class=ReadRoute, tags=["credit notes"])
MAY_WRITE = requires("invoices:write")
MAY_READ = requires("invoices:read")
NOT_FOUND = refuses("credit_note_not_found", status=404)


@writes.post("/credit-notes", status_code=201, dependencies=[MAY_WRITE], responses=(
    refuses(*AMOUNTS, *DATES, "not_issued", "line_named_twice", "more_than_line", "nothing_to_credit",
            "currency_mismatch", "issued_before_series")
    | refuses("invoice_not_found", "line_not_found", status=404)
    | refuses("second_person_needed", status=403)
    | refuses("tenant_not_known_yet", "payment_exists", status=409)))
async def issue_credit_note(
    body: CreditNoteCreate, tx: Tx, response: Made, validate_only: ValidateOnly = False,
) -> CreditNoteRead:
    """Credit lines of an invoice, never more than is left of each; it pays the invoice first."""
    issued = (await issue(tx, [body.to_wish()]))[0]
    response.headers["Location"] = f"/billing/v1/credit-notes/{issued.note.id}"
    return await _written(tx, issued.note.id, response)


@writes.post("/credit-notes/{credit_note_id}:apply", dependencies=[requires("payments:write")], responses=(
    refuses(*AMOUNTS, *ALLOCATING, *DATES, "nothing_unapplied")
    | refuses("credit_note_not_found", "item_not_found", status=404)
    | refuses("tenant_not_known_yet", status=409)))
async def apply_credit_note(
    credit_note_id: UUID, body: CreditApply, tx: Tx, response: Tagged, validate_only: ValidateOnly = False,
) -> CreditNoteRead:
    """Set what a credit note has left against items of its customer."""
    await apply(tx, [body.to_wish(credit_note_id)])
    return await _written(tx, credit_note_id, response)


@writes.post("/credit-notes/{credit_note_id}:cancel", dependencies=[MAY_WRITE], responses=(
    NOT_FOUND | refuses(*DATES)
    | refuses("credit_note_cancelled", "credit_refunded", "tenant_not_known_yet", status=409)))
async def cancel_credit_note(
    credit_note_id: UUID, body: CreditNoteCancel, tx: Tx, response: Tagged, validate_only: ValidateOnly = False,
) -> CreditNoteRead:
    """Cancel a credit note: what it paid is owed again, and its lines can be credited again. Money that it freed of a
    payment with a discount pays its part again."""
    await cancel(tx, [body.to_wish(credit_note_id)])
    return await _written(tx, credit_note_id, response)


async def _filters(
    customer_id: UUID | None = None, invoice_id: UUID | None = None, number: Code | None = None,
) -> dict[str, Any]:
    return pages.given({"customer_id": customer_id, "invoice_id": invoice_id, "number": number})


Filters = Annotated[dict[str, Any], Depends(_filters)]


@router.get("/credit-notes", dependencies=[MAY_READ], responses=pages.RESPONSES)
async def list_credit_notes(
    tx: Tx, response: Response, cursor: Paging, filters: Filters, limit: Limit = pages.DEFAULT_LIMIT,
) -> CreditNotePage:
    """Credit notes with exactly these values, by the day of issue."""
    ids = await document_lists.page_of_credit_notes(tx, filters, cursor.after, limit)
    found = await credit_note_views.view(tx, ids)
    return CreditNotePage(
        **cursor.page(response, found, limit, lambda one: [one.note.effective_on, one.note.id], CreditNoteRead.of))


@router.get("/credit-notes/{credit_note_id}", dependencies=[MAY_READ], responses=NOT_FOUND)
async def get_credit_note(credit_note_id: UUID, tx: Tx, response: Tagged) -> CreditNoteRead:
    """One credit note with its lines and what it paid."""
    return await _answer(tx, credit_note_id, response)


async def _written(tx: Tx, credit_note_id: UUID, response: Response) -> CreditNoteRead:
    await tx.flush()
    return await _answer(tx, credit_note_id, response)


async def _answer(tx: Tx, credit_note_id: UUID, response: Response) -> CreditNoteRead:
    view = (await credit_note_views.view(tx, [credit_note_id]))[0]
    set_etag(response, view.note.version)
    return CreditNoteRead.of(view)
