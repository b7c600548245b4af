"""Make the next statements of a run; the operation says how far it is."""

from dataclasses import replace
from uuid import UUID

from billing_svc.store import statement_sources, statements
from billing_svc.usecases.issue_statement import StatementWish, at_rest, issue_at
from dunlin_kernel.ids import new_id
from dunlin_kit import operations
from dunlin_kit.transaction import Transaction


async def take_statement_slice(tx: Transaction, run_id: UUID, size: int) -> bool:
    """Whether the run is over, also by being cancelled. Rows are written before any customer's stream is taken: they
    may be long.

    Refuses: what `issue_statement` refuses.
    """
    run = await statements.hold_run(tx, run_id)
    if not await operations.goes_on(tx, run.operation_id):
        return True
    tx.actor = run.started_by
    customers = await statement_sources.next_of(tx, run.period_from, run.period_to, run.last_customer_id, size)
    tenant, moment = await at_rest(tx, customers)
    for customer_id in customers:
        await issue_at(tx, tenant, moment, StatementWish(
            new_id(), customer_id, run.period_from, run.period_to, run.id))
    last = customers[-1] if customers else run.last_customer_id
    after = replace(run, done=run.done + len(customers), last_customer_id=last)
    statements.move_run(tx, after)
    await tx.flush()
    if len(customers) == size:
        operations.progress(tx, run.operation_id, after.done, max(run.total, after.done))
        return False
    operations.succeed(tx, run.operation_id, after.done, {"run_id": str(run.id), "statements": after.done})
    return True
