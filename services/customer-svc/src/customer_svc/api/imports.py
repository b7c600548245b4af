"""The routes that take an existing archive over: as rows, up to 1000 a call, or as a spreadsheet."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import Base64Bytes, Field

from customer_svc import usecases
from customer_svc.api.terms_shapes import CustomerDiscountUpdate, Days, Instalments, Sent
from customer_svc.domain.import_row import RowTexts
from customer_svc.domain.labels import MAX_KEYS, MAX_TAGS
from dunlin_kit import operations
from dunlin_kit.auth import requires
from dunlin_kit.operations import OperationRead
from dunlin_kit.problems import refuses
from dunlin_kit.told_headers import Located
from dunlin_kit.write_route import Tx, WriteRoute

MAX_ROWS = 1000
Raw = Annotated[str, Field(max_length=1000)]
writes = APIRouter(prefix="/customer/v1", route_class=WriteRoute, tags=["customers"])


class CustomerImportRow(Sent):
    """A row of a file, as texts: what is wrong in it refuses this row only. An empty text is a missing one.

    `kind` is organization (when left out) or person; `status` is active (when left out) or prospect.
    """

    line: int = Field(ge=1, description="Its line in the file, for the report.")
    external_id: Raw
    name: Raw
    due_days: int
    end_of_month: bool = False
    number: Raw | None = None
    kind: Raw | None = None
    status: Raw | None = None
    tax_id: Raw | None = None
    region: Raw | None = None
    industry: Raw | None = None
    source: Raw | None = None
    instalments: Instalments = Field(default_factory=list)
    discount: CustomerDiscountUpdate | None = None
    prepayment_bps: int = 0
    cash_on_delivery: bool = False
    tags: Annotated[list[Raw], Field(max_length=MAX_TAGS)] = Field(default_factory=list)
    metadata: Annotated[dict[Raw, Raw], Field(max_length=MAX_KEYS)] = Field(default_factory=dict)

    def to_texts(self) -> RowTexts:
        return RowTexts(**self.model_dump())


class CustomerImportCreate(Sent):
    """Up to 1000 rows; a longer file goes in several calls, each with an Idempotency-Key of its own."""

    rows: Annotated[list[CustomerImportRow], Field(min_length=1, max_length=MAX_ROWS)]


class CustomerFileCreate(Sent):
    """A spreadsheet: a workbook (XLSX; its first sheet) or comma-separated text in UTF-8 or GB 18030.

    The first line names the columns, by the fields of a row of `import_customers` or in Chinese (客户名称, 税号, 账期);
    columns that an export adds are passed over, others refused. `due_days` are for rows that say none. A row without
    an external id is known by its number.
    """

    content: Base64Bytes = Field(description="The file, in base64.")
    due_days: Days | None = None


@writes.post("/customers:import", status_code=202, dependencies=[requires("customers:write")],
             responses=refuses("invalid_request"))
async def import_customers(body: CustomerImportCreate, tx: Tx, response: Located) -> OperationRead:
    """Take rows of an existing archive over, known again by their external id: a second run changes nothing.

    A worker takes them in slices, and `done` counts them. The operation's result: `registered`, `unchanged`, `refused`
    (line, code, detail), `customers` (external_id, id, number) for every row that was not refused, and `alike`: numbers
    of those that may be the same customer, by name or tax id.
    """
    return await _started(tx, response, await usecases.import_customers(tx, [row.to_texts() for row in body.rows]))


@writes.post("/customers:import-file", status_code=202, dependencies=[requires("customers:write")],
             responses=refuses("invalid_request", "bad_customer_file"))
async def import_customer_file(body: CustomerFileCreate, tx: Tx, response: Located) -> OperationRead:
    """Take a spreadsheet of customers over, cleaned: blanks, wide letters and digits, what cannot be seen, empty lines.

    A line that says the same again changes nothing; what is wrong in one refuses that line. The result is that of
    `import_customers`.
    """
    return await _started(tx, response, await usecases.import_customer_file(tx, body.content, body.due_days))


async def _started(tx: Tx, response: Response, operation_id: UUID) -> OperationRead:
    await tx.flush()
    response.headers["Location"] = operations.location_of("customer", operation_id)
    return await operations.get(tx, operation_id)
