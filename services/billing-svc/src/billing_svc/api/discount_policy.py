"""Routes of the discount policy: of which amount early payers keep a part, and whether its tax is corrected."""

from typing import Self

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel

from billing_svc.api.shapes import Body
from billing_svc.domain.discount import DiscountBase, DiscountPolicy, DiscountVat
from billing_svc.store import discounts
from billing_svc.usecases.set_discount_policy import set_discount_policy as set_policy
from dunlin_kit import versions
from dunlin_kit.auth import requires
from dunlin_kit.problems import refuses
from dunlin_kit.told_headers import Tagged
from dunlin_kit.versions import IfMatch, set_etag
from dunlin_kit.write_route import ReadRoute, Tx, WriteRoute

writes = APIRouter(prefix="/billing/v1", route_class=WriteRoute, tags=["invoices"])
router = APIRouter(prefix="/billing/v1", route_class=ReadRoute, tags=["invoices"])


class DiscountPolicyUpdate(Body):
    """A discount of the gross amount or of the net one; `discount_vat` says whether the output tax is corrected."""

    discount_base: DiscountBase
    discount_vat: DiscountVat

    def to_policy(self) -> DiscountPolicy:
        return DiscountPolicy(0, self.discount_base, self.discount_vat)


class DiscountPolicyRead(BaseModel):
    """The policy in force; version 0 is the one by which every tenant begins."""

    version: int
    discount_base: DiscountBase
    discount_vat: DiscountVat

    @classmethod
    def of(cls, policy: DiscountPolicy) -> Self:
        return cls(version=policy.version, discount_base=policy.base, discount_vat=policy.vat)


@router.get("/discount-policy", dependencies=[requires("invoices:read")])
async def get_discount_policy(tx: Tx, response: Tagged) -> DiscountPolicyRead:
    """The policy in force."""
    return _answer(await discounts.policy_in_force(tx), response)


@writes.put("/discount-policy", dependencies=[requires("policies:write")], responses=(
    refuses("tenant_not_known_yet", status=409) | versions.RESPONSES))
async def set_discount_policy(
    body: DiscountPolicyUpdate, expected: IfMatch, tx: Tx, response: Tagged,
) -> DiscountPolicyRead:
    """Set the policy as a new version; it counts for invoices that are issued from now on."""
    return _answer(await set_policy(tx, body.to_policy(), expected=expected), response)


def _answer(policy: DiscountPolicy, response: Response) -> DiscountPolicyRead:
    set_etag(response, policy.version)
    return DiscountPolicyRead.of(policy)
