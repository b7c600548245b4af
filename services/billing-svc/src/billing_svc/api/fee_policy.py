"""Routes of the fees for reminders: by the code that a level of a ladder names."""

from typing import Annotated, Self

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, Field

from billing_svc.api.charges import AMOUNTS
from billing_svc.api.shapes import Body
from billing_svc.domain.reminder_fee import FeePolicy, fee_policy_of
from billing_svc.store import fee_policies
from billing_svc.usecases.set_fee_policy import set_fee_policy as set_policy
from dunlin_events.contracts.base import Amount
from dunlin_kit import versions
from dunlin_kit.auth import requires
from dunlin_kit.problems import refuses
from dunlin_kit.told_headers import Tagged
from dunlin_kit.versions import IfMatch, set_etag
from dunlin_kit.write_route import ReadRoute, Tx, WriteRoute

writes = APIRouter(prefix="/billing/v1", route_class=WriteRoute, tags=["charges"])
router = APIRouter(prefix="/billing/v1", route_class=ReadRoute, tags=["charges"])
FeeCode = Annotated[str, Field(pattern=r"^[A-Z0-9][A-Z0-9-]{0,31}$", examples=["REMINDER-1"])]


class ReminderFeeUpdate(Body):
    """What a reminder of a level with this code costs, in the currency of the debt."""

    code: FeeCode
    amount: Amount


class FeePolicyUpdate(Body):
    """All fees for reminders; a code that is not named in the currency of a debt costs nothing there."""

    fees: list[ReminderFeeUpdate] = Field(max_length=200)

    def to_policy(self) -> FeePolicy:
        """Refuses: bad_fee_policy, amount_not_positive, unknown_currency, malformed_amount, wrong_precision,
        amount_too_large."""
        return fee_policy_of([(one.code, one.amount.money) for one in self.fees])


class ReminderFeeRead(BaseModel):
    """What a reminder of a level with this code costs."""

    code: str
    amount: Amount


class FeePolicyRead(BaseModel):
    """The fees in force; version 0, by which every tenant begins, has none."""

    version: int
    fees: list[ReminderFeeRead]

    @classmethod
    def of(cls, policy: FeePolicy) -> Self:
        return cls(version=policy.version, fees=[
            ReminderFeeRead(code=code, amount=Amount.of(amount)) for (code, _), amount in sorted(policy.fees.items())])


@router.get("/fee-policy", dependencies=[requires("invoices:read")])
async def get_fee_policy(tx: Tx, response: Tagged) -> FeePolicyRead:
    """The fees for reminders that are in force."""
    return _answer(await fee_policies.policy_in_force(tx), response)


@writes.put("/fee-policy", dependencies=[requires("policies:write")], responses=(
    refuses("bad_fee_policy", *AMOUNTS) | refuses("tenant_not_known_yet", status=409) | versions.RESPONSES))
async def set_fee_policy(body: FeePolicyUpdate, expected: IfMatch, tx: Tx, response: Tagged) -> FeePolicyRead:
    """Set the fees as a new version; they count for reminders that are sent from now on."""
    return _answer(await set_policy(tx, body.to_policy(), expected=expected), response)


def _answer(policy: FeePolicy, response: Response) -> FeePolicyRead:
    set_etag(response, policy.version)
    return FeePolicyRead.of(policy)
