"""Give up a run of interest: what it charged stays, and a later run charges the rest."""

from uuid import UUID

from billing_svc.store import audit, interest_runs
from dunlin_kit import operations
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction


async def cancel_interest_run(tx: Transaction, operation_id: UUID) -> None:
    """A slice that is being taken comes to its end first.

    Refuses: interest_run_not_found, illegal_transition (it has ended), tenant_not_known_yet.
    """
    run = await interest_runs.hold_of(tx, operation_id)
    now = (await present(tx)).now
    await operations.cancel(tx, operation_id)
    audit.add(tx, "interest_run_cancelled", run.id, customer_id=None, recorded_at=now, after=run.result)
