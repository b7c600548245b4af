"""Routes that decide on pending payments, and the policy by which they wait."""

from typing import Self
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, Field

from billing_svc.api.payment_shapes import PaymentConfirm, PaymentRead, PaymentReject
from billing_svc.api.payments import ALLOCATING, AMOUNTS, DATES, MAY_READ, NOT_FOUND, written
from billing_svc.api.shapes import Body
from billing_svc.domain.pending_payment import MAX_PENDING_DAYS, PaymentPolicy
from billing_svc.store import pending_payments
from billing_svc.usecases.confirm_payment import confirm_payment as confirm
from billing_svc.usecases.reject_payment import reject_payment as reject
from billing_svc.usecases.set_payment_policy import set_payment_policy as set_policy
from dunlin_kit import versions
from dunlin_kit.auth import requires
from dunlin_kit.problems import refuses
from dunlin_kit.versions import IfMatch, set_etag
from dunlin_kit.write_route import ReadRoute, Tx, ValidateOnly, WriteRoute

writes = APIRouter(prefix="/billing/v1", route_class=WriteRoute, tags=["payments"])
router = APIRouter(prefix="/billing/v1", route_class=ReadRoute, tags=["payments"])
MAY_CONFIRM = requires("payments:confirm")


class PaymentPolicyUpdate(Body):
    """How many days after its recording a pending payment can still be confirmed."""

    pending_days: int = Field(strict=True, ge=1, le=MAX_PENDING_DAYS)

    def to_policy(self) -> PaymentPolicy:
        return PaymentPolicy(0, self.pending_days)


class PaymentPolicyRead(BaseModel):
    """The policy in force; version 0 is the one by which every tenant begins."""

    version: int
    pending_days: int

    @classmethod
    def of(cls, policy: PaymentPolicy) -> Self:
        return cls(version=policy.version, pending_days=policy.pending_days)


@writes.post("/payments/{payment_id}:confirm", dependencies=[MAY_CONFIRM], responses=(
    refuses(*AMOUNTS, *ALLOCATING, *DATES) | refuses("payment_not_found", "item_not_found", status=404)
    | refuses("illegal_transition", "payment_expired", "tenant_not_known_yet", status=409)))
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


@router.get("/payment-policy", dependencies=[MAY_READ])
async def get_payment_policy(tx: Tx, response: Response) -> PaymentPolicyRead:
    """The policy in force."""
    return _policy(await pending_payments.policy_in_force(tx), response)


@writes.put("/payment-policy", dependencies=[requires("policies:write")],
            responses=refuses("tenant_not_known_yet", status=409) | versions.RESPONSES)
async def set_payment_policy(
    body: PaymentPolicyUpdate, expected: IfMatch, tx: Tx, response: Response,
) -> PaymentPolicyRead:
    """Set the policy as a new version; it counts for payments that are recorded from now on."""
    return _policy(await set_policy(tx, body.to_policy(), expected=expected), response)


def _policy(policy: PaymentPolicy, response: Response) -> PaymentPolicyRead:
    set_etag(response, policy.version)
    return PaymentPolicyRead.of(policy)
