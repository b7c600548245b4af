"""The route that takes an existing archive over, up to 1000 rows a call."""

from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import Field

from customer_svc import usecases
from customer_svc.api.terms_shapes import CustomerDiscountUpdate, Instalments, Sent
from customer_svc.domain.import_row import RowTexts
from customer_svc.domain.labels import MAX_KEYS, MAX_TAGS
from dunlin_kit import operations
from dunlin_kit.auth import requires
from dunlin_kit.operations import OperationRead
from dunlin_kit.problems import refuses
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


@writes.post("/customers:import", status_code=202, dependencies=[requires("customers:write")],
             responses=refuses("tenant_not_known_yet", status=409) | refuses("invalid_request"))
async def import_customers(body: CustomerImportCreate, tx: Tx, response: Response) -> OperationRead:
    """Take rows of an existing archive over, known again by their external id: a second run changes nothing.

    A worker takes them in slices, and `done` counts them. The operation's result: `registered`, `unchanged`, `refused`
    (line, code, detail) and `customers` (external_id, id, number) for every row that was not refused.
    """
    operation_id = await usecases.import_customers(tx, [row.to_texts() for row in body.rows])
    await tx.flush()
    response.headers["Location"] = operations.location_of("customer", operation_id)
    return await operations.get(tx, operation_id)
