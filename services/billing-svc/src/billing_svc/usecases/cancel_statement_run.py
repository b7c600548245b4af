"""Give up a run of statements: what it made stays, and a later run begins anew."""

from uuid import UUID

from billing_svc.store import audit, statements
from dunlin_kit import operations
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction


async def cancel_statement_run(tx: Transaction, operation_id: UUID) -> None:
    """A slice that is being taken comes to its end first.

    Refuses: statement_run_not_found, illegal_transition (it has ended), tenant_not_known_yet.
    """
    run = await statements.hold_run_of(tx, operation_id)
    now = (await present(tx)).now
    await operations.cancel(tx, operation_id)
    audit.add(tx, "statement_run_cancelled", run.id, customer_id=None, recorded_at=now, after={
        "statements": run.done, "period_from": str(run.period_from), "period_to": str(run.period_to)})
