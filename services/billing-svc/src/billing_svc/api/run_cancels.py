"""Routes that give up a long run: it ends where it has come to, and what it did stays."""

from uuid import UUID

from fastapi import APIRouter

from billing_svc.usecases.cancel_interest_run import cancel_interest_run as cancel_interest
from billing_svc.usecases.cancel_statement_run import cancel_statement_run as cancel_statements
from dunlin_kit import operations
from dunlin_kit.auth import requires
from dunlin_kit.operations import OperationRead
from dunlin_kit.problems import refuses
from dunlin_kit.write_route import Tx, WriteRoute

router = APIRouter(prefix="/billing/v1", route_class=WriteRoute)
ENDED = refuses("illegal_transition", "tenant_not_known_yet", status=409)


@router.post("/statement-runs/{operation_id}:cancel", tags=["statements"], dependencies=[requires("items:write")],
             responses=refuses("statement_run_not_found", status=404) | ENDED)
async def cancel_statement_run(operation_id: UUID, tx: Tx) -> OperationRead:
    """Give up a run, named by its operation: it fails with `operation_cancelled`. The statements it made stay."""
    await cancel_statements(tx, operation_id)
    await tx.flush()
    return await operations.get(tx, operation_id)


@router.post("/interest-runs/{operation_id}:cancel", tags=["interest"], dependencies=[requires("invoices:write")],
             responses=refuses("interest_run_not_found", status=404) | ENDED)
async def cancel_interest_run(operation_id: UUID, tx: Tx) -> OperationRead:
    """Give up a run, named by its operation: it fails with `operation_cancelled`. What was charged stays; a later run
    charges the rest."""
    await cancel_interest(tx, operation_id)
    await tx.flush()
    return await operations.get(tx, operation_id)
