"""The route that takes an existing archive over, up to 1000 rows a call."""

from typing import Annotated, Any

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import Field

from customer_svc import usecases
from customer_svc.api.terms_shapes import (
    CustomerDiscountUpdate,
    Instalments,
    Sent,
    discount_of,
    instalments_of,
)
from customer_svc.domain.customer import CustomerKind, CustomerStatus, Particulars
from customer_svc.domain.customer_number import checked_number
from customer_svc.domain.labels import MAX_KEYS, MAX_TAGS
from customer_svc.domain.registration import Registration, Row
from customer_svc.domain.terms import TermsOfTrade
from customer_svc.usecases.import_customers import Imported
from dunlin_kernel.errors import DomainError, RuleBroken
from dunlin_kernel.ids import CustomerId, new_id
from dunlin_kit import operations
from dunlin_kit.auth import requires
from dunlin_kit.operations import OperationRead
from dunlin_kit.problems import refuses
from dunlin_kit.write_route import Tx, WriteRoute

MAX_ROWS = 1000
FIRST_STATUSES = {status.value: status for status in (CustomerStatus.PROSPECT, CustomerStatus.ACTIVE)}
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

    def to_row(self) -> Row:
        try:
            return Row(self.line, self._registration())
        except DomainError as wrong:
            return Row(self.line, wrong)

    def _registration(self) -> Registration:
        kind, status = self.kind or CustomerKind.ORGANIZATION.value, self.status or CustomerStatus.ACTIVE.value
        if kind not in set(CustomerKind):
            raise RuleBroken("bad_kind", "A customer is an organization or a person.")
        if status not in FIRST_STATUSES:
            raise RuleBroken("bad_first_status", "A customer begins as prospect or active.")
        terms = TermsOfTrade(
            self.due_days, self.end_of_month, instalments_of(self.instalments), discount_of(self.discount),
            self.prepayment_bps, self.cash_on_delivery)
        particulars = Particulars(
            CustomerKind(kind), self.name, terms, self.external_id or None, self.tax_id or None, self.region or None,
            self.industry or None, self.source or None, tuple(self.tags), self.metadata)
        number = checked_number(self.number) if self.number else None
        return Registration(CustomerId(new_id()), number, FIRST_STATUSES[status], particulars)


class CustomerImportCreate(Sent):
    """Up to 1000 rows; a longer file goes in several calls, each with an Idempotency-Key of its own."""

    rows: Annotated[list[CustomerImportRow], Field(min_length=1, max_length=MAX_ROWS)]


@writes.post("/customers:import", status_code=202, dependencies=[requires("customers:write")],
             responses=refuses("tenant_not_known_yet", status=409) | refuses("invalid_request"))
async def import_customers(body: CustomerImportCreate, tx: Tx, response: Response) -> OperationRead:
    """Take rows of an existing archive over, known again by their external id: a second run changes nothing.

    The operation's result: `registered`, `unchanged`, `refused` (line, code, detail) and `customers` (external_id, id,
    number) for every row that was not refused. All rows of a call are taken in one transaction.
    """
    operation_id = operations.start(tx, "import_customers", len(body.rows))
    imported = await usecases.import_customers(tx, [row.to_row() for row in body.rows])
    operations.succeed(tx, operation_id, len(body.rows), _result_of(imported))
    await tx.flush()
    response.headers["Location"] = operations.location_of("customer", operation_id)
    return await operations.get(tx, operation_id)


def _result_of(imported: Imported) -> dict[str, Any]:
    return {
        "registered": imported.registered, "unchanged": imported.unchanged,
        "refused": [{"line": r.line, "code": r.code, "detail": r.detail} for r in imported.refused],
        "customers": [{"external_id": key, "id": str(customer.id), "number": customer.number}
                      for key, customer in imported.customers.items()],
    }
