"""Routes that decide on pending payments."""

from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from billing_svc.api.payment_shapes import PaymentConfirm, PaymentRead, PaymentReject
from billing_svc.api.payments import ALLOCATING, AMOUNTS, DATES, NOT_FOUND, written
from billing_svc.usecases.confirm_payment import confirm_payment as confirm
from billing_svc.usecases.reject_payment import reject_payment as reject
from dunlin_kit.auth import requires
from dunlin_kit.problems import refuses
from dunlin_kit.write_route import Tx, ValidateOnly, WriteRoute

writes = APIRouter(prefix="/billing/v1", route_class=WriteRoute, tags=["payments"])
MAY_CONFIRM = requires("payments:confirm")


@writes.post("/payments/{payment_id}:confirm", dependencies=[MAY_CONFIRM], responses=(
    refuses(*AMOUNTS, *ALLOCATING, *DATES) | refuses("payment_not_found", "item_not_found", status=404)
    | refuses("second_person_needed", status=403)
    | refuses("illegal_transition", "payment_expired", "credit_kept_for_order", "tenant_not_known_yet", status=409)))
async def confirm_payment(
    payment_id: UUID, body: PaymentConfirm, tx: Tx, response: Response, validate_only: ValidateOnly = False,
) -> PaymentRead:
    """Take a pending payment for certain: it is the customer's credit now, and pays what was chosen."""
    await confirm(tx, [body.to_wish(payment_id)])
    return await written(tx, payment_id, response)


@writes.post("/payments/{payment_id}:reject", dependencies=[MAY_CONFIRM], responses=(
    NOT_FOUND | refuses("illegal_transition", "tenant_not_known_yet", status=409)))
async def reject_payment(
    payment_id: UUID, body: PaymentReject, tx: Tx, response: Response, validate_only: ValidateOnly = False,
) -> PaymentRead:
    """Say that a pending payment did not arrive; nothing was moved by it."""
    await reject(tx, [body.to_wish(payment_id)])
    return await written(tx, payment_id, response)
