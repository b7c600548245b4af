"""Begin a run of statements over every customer that owes, has unapplied credit, or moved in the period."""

from datetime import date
from uuid import UUID

from billing_svc.domain.statement import period_of_statement
from billing_svc.store import statement_sources, statements
from billing_svc.store.statements import StatementRun
from dunlin_kernel.ids import new_id
from dunlin_kit import jobs, operations
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction

ISSUE_STATEMENTS = "issue_statements"


async def run_statements(tx: Transaction, period_from: date, period_to: date) -> UUID:
    """The operation. Refuses: tenant_not_known_yet, period_reversed, period_in_future."""
    tenant = await present(tx)
    period_of_statement(period_from, period_to, tenant.today)
    total = await statement_sources.counted(tx, period_from, period_to)
    operation_id = operations.start(tx, "run_statements", total)
    run = StatementRun(new_id(), operation_id, period_from, period_to, total, 0, None, tx.actor)
    statements.add_run(tx, run, created_at=tenant.now)
    jobs.schedule(tx, ISSUE_STATEMENTS, str(run.id), tenant.now, {"run_id": str(run.id)})
    return operation_id
