"""Routes of letting a fee go: by one person up to the threshold; above it as a proposal."""

from datetime import date, datetime
from typing import Self
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel

from billing_svc.api.payments import AMOUNTS
from billing_svc.api.shapes import Body
from billing_svc.domain.fee_waiver import FeeWaiverReason, WaiveFee
from billing_svc.store import fee_waivers
from billing_svc.store.fee_waivers import FeeWaiverView
from billing_svc.usecases.waive_fee import waive_fee as waive
from dunlin_events.contracts.base import Amount
from dunlin_kernel.ids import new_id
from dunlin_kit.auth import requires
from dunlin_kit.problems import refuses
from dunlin_kit.write_route import ReadRoute, Tx, ValidateOnly, WriteRoute

writes = APIRouter(prefix="/billing/v1", route_class=WriteRoute, tags=["charges"])
router = APIRouter(prefix="/billing/v1", route_class=ReadRoute, tags=["charges"])
OPEN = ("not_fee", "nothing_open", "more_than_undisputed", "currency_mismatch")


class FeeWaiverCreate(Body):
    """Which fee is let go. Without `amount`: all that is open of it and not in dispute; a larger one also gives back
    what was paid of it."""

    id: UUID | None = None
    item_id: UUID
    reason: FeeWaiverReason
    amount: Amount | None = None

    def to_wish(self) -> WaiveFee:
        """Refuses: unknown_currency, malformed_amount, wrong_precision, amount_too_large."""
        return WaiveFee(self.id or new_id(), self.item_id, self.reason, self.amount.money if self.amount else None)


class FeeWaiverRead(BaseModel):
    """What was let go of a fee, which has the number `fee_number`. `checker` is null where one person was enough."""

    id: UUID
    item_id: UUID
    fee_number: str
    customer_id: UUID
    customer_number: str
    customer_name: str | None
    amount: Amount
    reason: FeeWaiverReason
    waived_on: date
    maker: str
    checker: str | None
    recorded_at: datetime

    @classmethod
    def of(cls, view: FeeWaiverView) -> Self:
        one = view.waiver
        return cls(
            id=one.id, item_id=one.item_id, fee_number=view.number, customer_id=one.customer_id,
            customer_number=view.customer_number, customer_name=view.customer_name, amount=Amount.of(one.amount),
            reason=one.reason, waived_on=one.effective_on, maker=one.maker, checker=one.checker,
            recorded_at=view.recorded_at)


@writes.post("/fee-waivers", status_code=201, dependencies=[requires("items:write")], responses=(
    refuses(*OPEN, *AMOUNTS, "period_locked") | refuses("item_not_found", status=404)
    | refuses("second_person_needed", status=403) | refuses("waiver_exists", "tenant_not_known_yet", status=409)))
async def waive_fee(body: FeeWaiverCreate, tx: Tx, validate_only: ValidateOnly = False) -> FeeWaiverRead:
    """Let a fee go, from today on; a large one is proposed."""
    made = await waive(tx, body.to_wish())
    await tx.flush()
    return FeeWaiverRead.of(await fee_waivers.view(tx, made.id))


@router.get("/fee-waivers/{waiver_id}", dependencies=[requires("items:read")],
            responses=refuses("waiver_not_found", status=404))
async def get_fee_waiver(waiver_id: UUID, tx: Tx) -> FeeWaiverRead:
    """One waiver of a fee."""
    return FeeWaiverRead.of(await fee_waivers.view(tx, waiver_id))
