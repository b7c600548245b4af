"""Routes that take an older ledger over: begin, send rows, run, and read what came of it."""

from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, Field, StringConstraints

from billing_svc.api.shapes import Body, Code
from billing_svc.domain.ledger_import import LedgerImport, LedgerImportStatus
from billing_svc.domain.ledger_judgement import Refused
from billing_svc.domain.ledger_row import InvoiceTexts, LedgerPart, PaymentTexts, RowTexts
from billing_svc.store import ledger_import_rows, ledger_imports
from billing_svc.usecases.add_ledger_rows import add_ledger_rows as add
from billing_svc.usecases.cancel_ledger_import import cancel_ledger_import as cancel
from billing_svc.usecases.create_ledger_import import CreateLedgerImport
from billing_svc.usecases.create_ledger_import import create_ledger_import as create
from billing_svc.usecases.run_ledger_import import run_ledger_import as run
from dunlin_kit import operations, pages
from dunlin_kit.auth import requires
from dunlin_kit.operations import OperationRead
from dunlin_kit.pages import Limit, Page, Paging
from dunlin_kit.problems import refuses
from dunlin_kit.told_headers import Located
from dunlin_kit.write_route import ReadRoute, Tx, WriteRoute

writes = APIRouter(prefix="/billing/v1", route_class=WriteRoute, tags=["imports"])
router = APIRouter(prefix="/billing/v1", route_class=ReadRoute, tags=["imports"])
MAX_ROWS = 2000
MAY_WRITE, MAY_READ = requires("imports:write"), requires("imports:read")
NOT_FOUND = refuses("ledger_import_not_found", status=404)
Raw = Annotated[str, StringConstraints(max_length=1000)]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class LedgerImportCreate(Body):
    """A file to take over. `digest` (SHA-256, hex) says which file, read in which way: one under way goes on."""

    name: Code = Field(examples=["ledger-2019.csv"])
    digest: Digest


class LedgerInvoiceCreate(Body):
    """An invoice of the older ledger: its number there is its `external_id` here."""

    external_id: Raw
    amount: Raw = Field(description="Exactly the digits of the currency, as in 1234.50.")
    issued_on: Raw = Field(description="As in 2019-12-31.")
    due_on: Raw


class LedgerPaymentCreate(Body):
    """A confirmed payment, set against the invoice that it names; without one it is money on account."""

    external_id: Raw
    invoice_external_id: Raw | None = None
    amount: Raw
    received_on: Raw
    method: Raw


class LedgerRowCreate(Body):
    """A row of the file, as texts: what is wrong in it refuses this row only, and all of it."""

    line: int = Field(ge=1, description="Its line in the file: sent again, the row is passed over.")
    customer_external_id: Raw
    currency: Raw
    invoice: LedgerInvoiceCreate | None = None
    payment: LedgerPaymentCreate | None = None

    def to_texts(self) -> RowTexts:
        return RowTexts(
            self.line, self.customer_external_id, self.currency,
            InvoiceTexts(**self.invoice.model_dump()) if self.invoice else None,
            PaymentTexts(**self.payment.model_dump()) if self.payment else None)


class LedgerRowBatchCreate(Body):
    """Up to 2000 rows; a longer file goes in several calls, in the order of its lines."""

    rows: Annotated[list[LedgerRowCreate], Field(min_length=1, max_length=MAX_ROWS)]


class LedgerImportRead(BaseModel):
    """An import. Rows up to `last_line` were received; `operation_id` is null until it runs.

    Counted in parts of rows, `total` when it runs: `invoices` and `payments` were taken, `unchanged` there already.
    """

    id: UUID
    name: str
    digest: str
    status: LedgerImportStatus
    series: str
    last_line: int
    operation_id: UUID | None
    total: int
    invoices: int
    payments: int
    unchanged: int
    refused: int

    @classmethod
    def of(cls, one: LedgerImport) -> Self:
        return cls(
            id=one.id, name=one.name, digest=one.digest, status=one.status, series=one.series, last_line=one.last_line,
            operation_id=one.operation_id, total=one.total, invoices=one.tally.invoices, payments=one.tally.payments,
            unchanged=one.tally.unchanged, refused=one.tally.refused)


class LedgerRefusalRead(BaseModel):
    """A part of a row that was not taken: `row` where none of it was, and why."""

    line: int
    part: LedgerPart
    external_id: str | None
    code: str
    detail: str

    @classmethod
    def of(cls, refused: Refused) -> Self:
        return cls(line=refused.line, part=refused.part, external_id=refused.external_id, code=refused.code,
                   detail=refused.detail)


class LedgerRefusalPage(Page[LedgerRefusalRead]):
    """What was refused, by line."""


@writes.post("/ledger-imports", status_code=201, dependencies=[MAY_WRITE],
             responses={200: {"model": LedgerImportRead, "description": "The same file is under way: this is how far."}}
             | refuses("tenant_not_known_yet", status=409) | refuses("invalid_request"))
async def create_ledger_import(body: LedgerImportCreate, tx: Tx, response: Located) -> LedgerImportRead:
    """Begin to take an older ledger over. Send its rows, then run it: nothing is in the books before that."""
    begun = await create(tx, CreateLedgerImport(body.name, body.digest))
    response.status_code = 201 if begun.is_new else 200
    response.headers["Location"] = f"/billing/v1/ledger-imports/{begun.ledger_import.id}"
    return LedgerImportRead.of(begun.ledger_import)


@writes.post("/ledger-imports/{ledger_import_id}/rows", dependencies=[MAY_WRITE],
             responses=NOT_FOUND | refuses("ledger_import_closed", status=409) | refuses("invalid_request"))
async def add_ledger_rows(ledger_import_id: UUID, body: LedgerRowBatchCreate, tx: Tx) -> LedgerImportRead:
    """Send rows. They wait: also for customers that are not known here yet, by their external id."""
    return LedgerImportRead.of(await add(tx, ledger_import_id, [row.to_texts() for row in body.rows]))


@writes.post("/ledger-imports/{ledger_import_id}:run", status_code=202, dependencies=[MAY_WRITE],
             responses=NOT_FOUND | refuses("tenant_not_known_yet", status=409))
async def run_ledger_import(ledger_import_id: UUID, tx: Tx, response: Located) -> OperationRead:
    """Take the rows over, in order of time; run again, it goes on where it has come to a stand, or says how it ended.

    The operation's result: `invoices`, `payments`, `unchanged` and `refused`, counted in parts of rows.
    """
    running = await run(tx, ledger_import_id)
    assert running.operation_id is not None, "what runs has an operation"
    await tx.flush()
    response.headers["Location"] = operations.location_of("billing", running.operation_id)
    return await operations.get(tx, running.operation_id)


@writes.post("/ledger-imports/{ledger_import_id}:cancel", dependencies=[MAY_WRITE],
             responses=NOT_FOUND | refuses("illegal_transition", "tenant_not_known_yet", status=409))
async def cancel_ledger_import(ledger_import_id: UUID, tx: Tx) -> LedgerImportRead:
    """Give it up, such as one that waits for a customer who will never come. What was taken stays; the rest is refused,
    each part with `ledger_import_cancelled`, and the operation fails. The same file can be sent anew."""
    return LedgerImportRead.of(await cancel(tx, ledger_import_id))


@router.get("/ledger-imports/{ledger_import_id}", dependencies=[MAY_READ], responses=NOT_FOUND)
async def get_ledger_import(ledger_import_id: UUID, tx: Tx) -> LedgerImportRead:
    """How far an import is."""
    return LedgerImportRead.of(await ledger_imports.by_id(tx, ledger_import_id))


@router.get("/ledger-imports/{ledger_import_id}/refusals", dependencies=[MAY_READ],
            responses=NOT_FOUND | pages.RESPONSES)
async def list_ledger_refusals(
    ledger_import_id: UUID, tx: Tx, response: Response, cursor: Paging, limit: Limit = pages.DEFAULT_LIMIT,
) -> LedgerRefusalPage:
    """What was refused so far, by line, with the reason."""
    await ledger_imports.by_id(tx, ledger_import_id)
    found = await ledger_import_rows.page_of_refused(tx, ledger_import_id, cursor.after, limit)
    return LedgerRefusalPage(
        **cursor.page(response, found, limit, lambda one: [one.line, one.part.value], LedgerRefusalRead.of))
