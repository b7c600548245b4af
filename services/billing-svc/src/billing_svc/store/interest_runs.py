"""Runs of interest: how far each is, and what it did."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Uuid, bindparam, select

from billing_svc.store.interest_tables import InterestRunRow
from dunlin_kernel.errors import NotFound
from dunlin_kernel.ids import NIL
from dunlin_kit.transaction import Transaction

_t = InterestRunRow.__table__.c
_LOCKED = select(_t.id, _t.to_on, _t.operation_id, _t.after_item_id, _t.looked_at, _t.charged, _t.corrected,
                 _t.without_rate).with_for_update(key_share=True)
HELD = _LOCKED.where(_t.id == bindparam("id", type_=Uuid))
HELD_OF = _LOCKED.where(_t.operation_id == bindparam("operation_id", type_=Uuid))


@dataclass(frozen=True, slots=True)
class InterestRun:
    """Items looked at so far, in order of their ids up to `after_item_id`; `without_rate` were left for later."""

    id: UUID
    to_on: date
    operation_id: UUID
    after_item_id: UUID = NIL
    looked_at: int = 0
    charged: int = 0
    corrected: int = 0
    without_rate: int = 0

    @property
    def result(self) -> dict[str, int]:
        """What came of it, as its operation says."""
        return {"charged": self.charged, "corrected": self.corrected, "without_rate": self.without_rate}

    def counting(self, *, charged: int, corrected: int, without_rate: int) -> "InterestRun":
        """After one more item."""
        return replace(self, looked_at=self.looked_at + 1, charged=self.charged + charged,
                       corrected=self.corrected + corrected, without_rate=self.without_rate + without_rate)


def add(tx: Transaction, run: InterestRun, *, recorded_at: datetime) -> None:
    tx.insert(InterestRunRow, {
        "id": run.id, "to_on": run.to_on, "operation_id": run.operation_id, "after_item_id": run.after_item_id,
        "looked_at": run.looked_at, "charged": run.charged, "corrected": run.corrected,
        "without_rate": run.without_rate, "actor": tx.actor, "recorded_at": recorded_at})


async def hold(tx: Transaction, run_id: UUID) -> InterestRun:
    """The run, locked."""
    return InterestRun(**await tx.row(HELD, id=run_id))


async def hold_of(tx: Transaction, operation_id: UUID) -> InterestRun:
    """The run that is this operation, locked: no slice of it is being taken. Refuses: interest_run_not_found."""
    row = await tx.row(HELD_OF, operation_id=operation_id)
    if row is None:
        raise NotFound("interest_run_not_found", "No run of interest is this operation.", operation_id=operation_id)
    return InterestRun(**row)


def move(tx: Transaction, run: InterestRun) -> None:
    tx.change(InterestRunRow, {
        "id": run.id, "after_item_id": run.after_item_id, "looked_at": run.looked_at, "charged": run.charged,
        "corrected": run.corrected, "without_rate": run.without_rate})
