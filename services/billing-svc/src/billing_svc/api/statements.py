"""Routes of statements of account: make one or many, read them, and take the customer's answer."""

from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from billing_svc.api.statement_answer_shapes import (
    SearchTaskClose,
    SearchTaskPage,
    SearchTaskRead,
    StatementAnswerCreate,
)
from billing_svc.api.statement_shapes import (
    StatementCreate,
    StatementPage,
    StatementRead,
    StatementRunCreate,
    StatementSummaryRead,
)
from billing_svc.store import statements
from billing_svc.usecases.answer_statement import answer_statement as answer
from billing_svc.usecases.close_search_task import close_search_task as close_task
from billing_svc.usecases.issue_statement import issue_statement as issue
from billing_svc.usecases.run_statements import run_statements as run
from dunlin_kit import operations, pages
from dunlin_kit.auth import requires
from dunlin_kit.operations import OperationRead
from dunlin_kit.pages import Limit, Paging
from dunlin_kit.problems import refuses
from dunlin_kit.told_headers import Located
from dunlin_kit.write_route import ReadRoute, Tx, WriteRoute

writes = APIRouter(prefix="/billing/v1", route_class=WriteRoute, tags=["statements"])
router = APIRouter(prefix="/billing/v1", route_class=ReadRoute, tags=["statements"])
MAY_READ, MAY_WRITE = requires("reports:read"), requires("items:write")
NOT_FOUND = refuses("statement_not_found", status=404)
PERIOD = ("period_reversed", "period_in_future")
ANSWER = ("line_named_twice", "line_not_answered", "amount_missing", "amount_does_not_differ", "amount_not_positive",
          "currency_mismatch", "unknown_currency", "malformed_amount", "wrong_precision", "amount_too_large")


@writes.post("/statements", status_code=201, dependencies=[MAY_WRITE], responses=(
    refuses(*PERIOD) | refuses("customer_not_known_yet", "tenant_not_known_yet", "report_does_not_tie",
                               "statement_exists", status=409)))
async def issue_statement(body: StatementCreate, tx: Tx, response: Located) -> StatementRead:
    """Make a statement: opening, movements, closing and ageing, kept as a snapshot with its digest."""
    made = await issue(tx, body.to_wish())
    response.headers["Location"] = f"/billing/v1/statements/{made.head.id}"
    return await _written(tx, made.head.id)


@writes.post("/statement-runs", status_code=202, dependencies=[MAY_WRITE],
             responses=refuses(*PERIOD) | refuses("tenant_not_known_yet", status=409))
async def run_statements(body: StatementRunCreate, tx: Tx, response: Located) -> OperationRead:
    """Make statements for all customers as an operation; its result: `run_id` and how many `statements`."""
    operation_id = await run(tx, body.period_from, body.period_to)
    await tx.flush()
    response.headers["Location"] = operations.location_of("billing", operation_id)
    return await operations.get(tx, operation_id)


@writes.post("/statements/{statement_id}:answer", status_code=201, dependencies=[MAY_WRITE], responses=(
    refuses(*ANSWER) | refuses("statement_not_found", "line_not_found", status=404)
    | refuses("statement_answered", "tenant_not_known_yet", status=409)))
async def answer_statement(statement_id: UUID, body: StatementAnswerCreate, tx: Tx) -> StatementRead:
    """Take the customer's answer, line by line: what differs is disputed or searched for, agreement is evidence."""
    await answer(tx, body.to_wish(statement_id))
    return await _written(tx, statement_id)


@router.get("/statements", dependencies=[MAY_READ], responses=pages.RESPONSES)
async def list_statements(
    tx: Tx, response: Response, cursor: Paging, customer_id: UUID | None = None, limit: Limit = pages.DEFAULT_LIMIT,
) -> StatementPage:
    """Statements, the last one first."""
    before = UUID(cursor.after[0]) if cursor.after else None
    found = await statements.page(tx, customer_id, before, limit)
    return StatementPage(**cursor.page(response, found, limit, lambda row: [row["id"]], StatementSummaryRead.of))


@router.get("/statements/{statement_id}", dependencies=[MAY_READ], responses=NOT_FOUND)
async def get_statement(statement_id: UUID, tx: Tx) -> StatementRead:
    """A statement as it was made, with the customer's answer."""
    return StatementRead.whole(await statements.by_id(tx, statement_id), await statements.tasks_of(tx, statement_id))


@router.get("/search-tasks", dependencies=[MAY_READ], responses=pages.RESPONSES)
async def list_search_tasks(
    tx: Tx, response: Response, cursor: Paging, limit: Limit = pages.DEFAULT_LIMIT,
) -> SearchTaskPage:
    """What customers' books have and ours do not, still to be looked for."""
    found = await statements.open_tasks(tx, UUID(cursor.after[0]) if cursor.after else None, limit)
    return SearchTaskPage(**cursor.page(response, found, limit, lambda row: [row["id"]], SearchTaskRead.of))


@writes.post("/search-tasks/{search_task_id}:close", dependencies=[MAY_WRITE], responses=(
    refuses("search_task_not_found", status=404)
    | refuses("search_task_closed", "tenant_not_known_yet", status=409)))
async def close_search_task(search_task_id: UUID, body: SearchTaskClose, tx: Tx) -> SearchTaskRead:
    """Say what was found."""
    await close_task(tx, search_task_id, body.finding)
    await tx.flush()
    return SearchTaskRead.of(await statements.hold_task(tx, search_task_id))


async def _written(tx: Tx, statement_id: UUID) -> StatementRead:
    await tx.flush()
    return StatementRead.whole(await statements.by_id(tx, statement_id), await statements.tasks_of(tx, statement_id))
