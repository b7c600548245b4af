"""Charge interest up to a day on all items that are overdue or were paid late, as an operation."""

from datetime import date
from uuid import UUID

from billing_svc.store import audit, interest_runs
from billing_svc.store.interest_runs import InterestRun
from dunlin_kernel.errors import RuleBroken
from dunlin_kernel.ids import new_id
from dunlin_kit import jobs, operations
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction

CHARGE_INTEREST = "charge_interest"


async def run_interest(tx: Transaction, to_on: date | None) -> UUID:
    """Begin a run; returns its operation. `to_on` None means today. Refuses: day_in_future, tenant_not_known_yet."""
    tenant = await present(tx)
    day = to_on or tenant.today
    if day > tenant.today:
        raise RuleBroken("day_in_future", "Interest is charged up to today at most.", today=tenant.today)
    operation_id = operations.start(tx, "run_interest", None)
    run = InterestRun(new_id(), day, operation_id)
    interest_runs.add(tx, run, recorded_at=tenant.now)
    jobs.schedule(tx, CHARGE_INTEREST, str(run.id), tenant.now, {"run_id": str(run.id)})
    audit.add(tx, "interest_run", run.id, customer_id=None, recorded_at=tenant.now, after={"to_on": str(day)})
    return operation_id
