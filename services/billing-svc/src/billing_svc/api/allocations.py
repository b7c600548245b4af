"""The route that undoes one allocation."""

from datetime import date
from typing import Self
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel

from billing_svc.api.payments import DATES, MAY_WRITE
from billing_svc.api.shapes import Body
from billing_svc.domain.reversal import UndoReason, UndoWish
from billing_svc.usecases.reverse_allocation import ReversedAllocation
from billing_svc.usecases.reverse_allocation import reverse_allocation as reverse
from dunlin_events.contracts.base import Amount
from dunlin_kit.problems import refuses
from dunlin_kit.wire import Day
from dunlin_kit.write_route import Tx, ValidateOnly, WriteRoute

writes = APIRouter(prefix="/billing/v1", route_class=WriteRoute, tags=["payments"])


class AllocationReverse(Body):
    """Why it is undone. Without `effective_on`: today when reassigned, the allocation's own day for a correction."""

    reason: UndoReason
    effective_on: Day | None = None

    def to_wish(self, allocation_id: UUID) -> UndoWish:
        return UndoWish(allocation_id, self.reason, self.effective_on)


class AllocationReversalRead(BaseModel):
    """The undoing of one allocation: what the item owes and what the payment has unapplied right after it."""

    id: UUID
    allocation_id: UUID
    payment_id: UUID
    customer_id: UUID
    invoice_id: UUID | None
    item_id: UUID
    amount: Amount
    reason: UndoReason
    effective_on: date
    business_on: date
    open: Amount
    unapplied: Amount

    @classmethod
    def of(cls, made: ReversedAllocation, reason: UndoReason) -> Self:
        reversal, allocation = made.reversal, made.reversal.allocation
        return cls(
            id=reversal.id, allocation_id=allocation.id, payment_id=allocation.credit_id,
            customer_id=allocation.customer_id, invoice_id=made.item.invoice_id, item_id=allocation.item_id,
            amount=Amount.of(allocation.amount), reason=reason, effective_on=reversal.effective_on,
            business_on=reversal.business_on, open=Amount.of(made.item.open),
            unapplied=Amount.of(made.credit.unapplied))


@writes.post("/allocations/{allocation_id}:reverse", status_code=201, dependencies=[MAY_WRITE], responses=(
    refuses(*DATES) | refuses("allocation_not_found", status=404)
    | refuses("already_reversed", "tenant_not_known_yet", status=409)))
async def reverse_allocation(
    allocation_id: UUID, body: AllocationReverse, tx: Tx, validate_only: ValidateOnly = False,
) -> AllocationReversalRead:
    """Undo one allocation: the item owes that part again under its old due date, the payment has it unapplied."""
    return AllocationReversalRead.of((await reverse(tx, [body.to_wish(allocation_id)]))[0], body.reason)
