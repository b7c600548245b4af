"""What allocations paid of debts that had been written off or closed as small differences: facts, only ever added."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from billing_svc.domain.difference import Difference
from billing_svc.domain.write_off import Recovery
from billing_svc.store import differences
from billing_svc.store.write_off_tables import AllocatedLossRow, DebtRecoveryRow
from dunlin_kernel.money import Money
from dunlin_kit.transaction import Transaction

_t, _recovery = AllocatedLossRow.__table__.c, DebtRecoveryRow.__table__.c
BEHIND = (
    select(_t.allocation_id, _t.difference_id, _recovery.id, _recovery.write_off_id, _recovery.credit_id,
           _recovery.currency, _recovery.amount, _recovery.tax, _recovery.effective_on)
    .join_from(AllocatedLossRow.__table__, DebtRecoveryRow.__table__, _recovery.id == _t.recovery_id, isouter=True)
    .where(_t.allocation_id == func.any(bindparam("ids", type_=ARRAY(Uuid)))))


async def behind(tx: Transaction, allocation_ids: Collection[UUID]) -> dict[UUID, Recovery | Difference]:
    """By allocation, what it paid that had been lost before. Only after the lock of its account."""
    rows = await tx.rows(BEHIND, ids=list(allocation_ids))
    closed = {row["difference_id"] for row in rows if row["difference_id"] is not None}
    named = await differences.by_id(tx, closed) if closed else {}
    return {row["allocation_id"]: named.get(row["difference_id"]) or _recovered(row) for row in rows}


def add(tx: Transaction, allocation_id: UUID, paid: Recovery | Difference) -> None:
    tx.insert(AllocatedLossRow, {
        "allocation_id": allocation_id, "recovery_id": paid.id if isinstance(paid, Recovery) else None,
        "difference_id": paid.id if isinstance(paid, Difference) else None})


def _recovered(row: Any) -> Recovery:
    currency = row["currency"]
    return Recovery(row["id"], row["write_off_id"], row["credit_id"], Money(row["amount"], currency),
                    Money(row["tax"], currency), row["effective_on"])
