"""Close a search task: somebody says what was found."""

from uuid import UUID

from billing_svc.store import audit, statements
from dunlin_kernel.errors import Conflict
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction


async def close_search_task(tx: Transaction, task_id: UUID, finding: str) -> None:
    """Refuses: search_task_not_found, search_task_closed, tenant_not_known_yet."""
    held = await statements.hold_task(tx, task_id)
    if held["closed_at"] is not None:
        raise Conflict("search_task_closed", "This task was closed already.", closed_by=held["closed_by"])
    tenant = await present(tx)
    statements.close_task(tx, task_id, finding, closed_at=tenant.now)
    audit.add(tx, "search_task_closed", task_id, customer_id=held["customer_id"], recorded_at=tenant.now,
              after={"finding": finding})
