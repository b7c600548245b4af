"""The credit policy: weights and tolerances, as versions that are only added."""

from fastapi import APIRouter
from pydantic import Field

from credit_svc.api.shapes import Body, CreditPolicyRead
from credit_svc.domain.policy import MAX_BPS, MAX_DAYS
from credit_svc.store import policies
from credit_svc.usecases import adopt_credit_policy as adopting
from dunlin_kit.auth import requires
from dunlin_kit.write_route import ReadRoute, Tx, WriteRoute

writes = APIRouter(route_class=WriteRoute, tags=["policies"])
reads = APIRouter(route_class=ReadRoute, tags=["policies"])
routers = (writes, reads)


class CreditPolicyCreate(Body):
    """A policy to adopt; basis points: 10,000 is 1."""

    disputed_weight_bps: int = Field(ge=0, le=MAX_BPS)
    delivered_weight_bps: int = Field(ge=0, le=MAX_BPS)
    over_capture_tolerance_bps: int = Field(ge=0, le=MAX_BPS)
    authorization_days: int = Field(ge=1, le=MAX_DAYS)

    def to_command(self) -> adopting.AdoptCreditPolicy:
        return adopting.AdoptCreditPolicy(
            self.disputed_weight_bps, self.delivered_weight_bps, self.over_capture_tolerance_bps,
            self.authorization_days)


@writes.post("/credit/v1/policies", status_code=201, dependencies=[requires("credit:write")])
async def adopt_credit_policy(body: CreditPolicyCreate, tx: Tx) -> CreditPolicyRead:
    """Adopt a policy: it counts from now on; decisions already made keep the version they were made by."""
    return CreditPolicyRead.of(await adopting.adopt_credit_policy(tx, body.to_command()))


@reads.get("/credit/v1/policies/current", dependencies=[requires("credit:read")])
async def get_credit_policy(tx: Tx) -> CreditPolicyRead:
    """The policy that counts now."""
    return CreditPolicyRead.of(await policies.current(tx))
