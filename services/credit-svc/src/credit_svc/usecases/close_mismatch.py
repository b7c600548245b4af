"""Close a mismatch of our copy: a person says why it is settled; the fact stays."""

from dataclasses import dataclass, replace
from uuid import UUID

from credit_svc.store import mismatches
from credit_svc.store.mismatches import KeptMismatch
from dunlin_kernel.errors import Conflict
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction


@dataclass(frozen=True, slots=True)
class CloseMismatch:
    customer_id: UUID
    currency: str
    sequence: int
    reason: str


async def close_mismatch(tx: Transaction, command: CloseMismatch) -> KeptMismatch:
    """Refuses: tenant_not_known_yet, mismatch_not_found, mismatch_closed."""
    tenant = await present(tx)
    found = await mismatches.get(tx, command.customer_id, command.currency, command.sequence)
    if found.closed_at is not None:
        raise Conflict("mismatch_closed", "This mismatch has been closed.")
    closed = replace(found, reason=command.reason, closed_by=tx.actor, closed_at=tenant.now)
    mismatches.close(tx, closed)
    return closed
