"""Routes that give statement and ageing as documents for people: XLSX or PDF."""

import asyncio
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import Response

from billing_svc.api.ageing_paper import ageing_paper
from billing_svc.api.paper import MEDIA_TYPES, Paper, PaperFormat
from billing_svc.api.shapes import Currency
from billing_svc.api.statement_paper import statement_paper
from billing_svc.domain.ageing import tied
from billing_svc.store import ageing, ageing_policies, periods, statements
from billing_svc.store.ageing import AgeingQuestion, Part
from billing_svc.store.statement_views import statement_of
from dunlin_kit.auth import requires
from dunlin_kit.problems import refuses
from dunlin_kit.wire import Day, Instant
from dunlin_kit.write_route import ReadRoute, Tx

router = APIRouter(prefix="/billing/v1", route_class=ReadRoute, tags=["documents"])
_FILE: dict[int | str, dict[str, Any]] = {200: {
    "description": "The document.",
    "content": {media: {"schema": {"type": "string", "format": "binary"}} for media in MEDIA_TYPES.values()}}}


@router.get("/statements/{statement_id}/document", dependencies=[requires("reports:read")], response_class=Response,
            responses=_FILE | refuses("statement_not_found", status=404) | refuses("document_too_large"))
async def get_statement_document(statement_id: UUID, tx: Tx, form: Annotated[
    PaperFormat, Query(alias="format")] = PaperFormat.PDF) -> Response:
    """A statement of account as a document that the customer can sign, in Chinese and English."""
    row = await statements.by_id(tx, statement_id)
    paper = statement_paper(statement_of(row["snapshot"]), row["digest"])
    return await _file(paper, form, f"statement-{statement_id}")


@router.get("/ageing/document", dependencies=[requires("reports:read")], response_class=Response, responses=(
    _FILE | refuses("document_too_large") | refuses("report_does_not_tie", "tenant_not_known_yet", status=409)))
async def get_ageing_document(
    tx: Tx, form: Annotated[PaperFormat, Query(alias="format")] = PaperFormat.XLSX,
    as_of: Annotated[Day | None, Query(description="End of this effective day; today when left out.")] = None,
    known_at: Annotated[Instant | None, Query(description="As recorded up to then; now when left out.")] = None,
    currency: Annotated[Currency | None, Query()] = None,
) -> Response:
    """Who owes and how old it is, all customers in one document, tied to the journal."""
    tenant = await periods.present_for(tx, known_at)
    policy = await ageing_policies.policy_at(tx, known_at or tenant.now)
    question = AgeingQuestion(as_of or tenant.today, known_at or tenant.now, None, currency,
                              latest=None if known_at else tenant.today)
    found = await ageing.report(tx, question, policy, Part())
    tied(found.totals, found.controls)
    debtors = await ageing.debtors(tx, question, list({key[0] for key, _ in found.rows}))
    paper = ageing_paper(dict(found.rows), found.totals, debtors, question, policy)
    return await _file(paper, form, f"ageing-{question.as_of}")


async def _file(paper: Paper, form: PaperFormat, name: str) -> Response:
    """Made beside the event loop, so that nobody else waits for it."""
    made = await asyncio.to_thread(_made, paper, form)
    named = {"Content-Disposition": f'attachment; filename="{name}.{form.value}"'}
    return Response(made, media_type=MEDIA_TYPES[form], headers=named)


def _made(paper: Paper, form: PaperFormat) -> bytes:
    """What writes documents is loaded with the first one: it takes 8 MB that most processes never need."""
    if form is PaperFormat.XLSX:
        from billing_svc.api.xlsx import xlsx_of
        return xlsx_of(paper)
    from billing_svc.api.pdf import pdf_of
    return pdf_of(paper)
