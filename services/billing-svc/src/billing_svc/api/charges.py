"""Routes of fees: charged by hand, owed as items of their own."""

from uuid import UUID

from fastapi import APIRouter

from billing_svc.api.shapes import Body, ItemRead
from billing_svc.domain.charge import ChargeReason
from billing_svc.usecases.charge_fee import ChargeFee
from billing_svc.usecases.charge_fee import charge_fee as charge
from dunlin_events.contracts.base import Amount
from dunlin_kit.auth import requires
from dunlin_kit.problems import refuses
from dunlin_kit.wire import Day
from dunlin_kit.write_route import Tx, ValidateOnly, WriteRoute

writes = APIRouter(prefix="/billing/v1", route_class=WriteRoute, tags=["charges"])
AMOUNTS = ("amount_not_positive", "unknown_currency", "malformed_amount", "wrong_precision", "amount_too_large")


class FeeCreate(Body):
    """A fee. Without `due_on` it is due at once; `claim_item_id` names the item that it is charged on."""

    customer_id: UUID
    amount: Amount
    reason: ChargeReason
    due_on: Day | None = None
    claim_item_id: UUID | None = None

    def to_wish(self) -> ChargeFee:
        return ChargeFee(self.customer_id, self.amount.money, self.reason, self.due_on, self.claim_item_id)


@writes.post("/fees", status_code=201, dependencies=[requires("invoices:write")], responses=(
    refuses(*AMOUNTS, "due_before_issue", "period_locked") | refuses("item_not_found", status=404)
    | refuses("customer_not_known_yet", "tenant_not_known_yet", "customer_merged", status=409)))
async def charge_fee(body: FeeCreate, tx: Tx, validate_only: ValidateOnly = False) -> ItemRead:
    """Charge a fee: it takes a number and is owed as an item of its own, from today on."""
    return ItemRead.of(await charge(tx, body.to_wish()))
