"""Routes of the buckets of ageing."""

from typing import Annotated, Self

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, Field

from billing_svc.api.shapes import Body
from billing_svc.domain.ageing import MAX_EDGES, AgeingPolicy
from billing_svc.store import ageing_policies
from billing_svc.usecases.set_ageing_policy import set_ageing_policy as set_policy
from dunlin_kit import versions
from dunlin_kit.auth import requires
from dunlin_kit.problems import refuses
from dunlin_kit.told_headers import Tagged
from dunlin_kit.versions import IfMatch, set_etag
from dunlin_kit.write_route import ReadRoute, Tx, WriteRoute

writes = APIRouter(prefix="/billing/v1", route_class=WriteRoute, tags=["reports"])
router = APIRouter(prefix="/billing/v1", route_class=ReadRoute, tags=["reports"])
Edge = Annotated[int, Field(ge=1, le=3650)]


class AgeingPolicyUpdate(Body):
    """The last day past due of each bucket but the open one: 30, 60, 90 are 1-30, 31-60, 61-90 and over 90."""

    edges: list[Edge] = Field(min_length=1, max_length=MAX_EDGES, examples=[[30, 60, 90]])


class AgeingPolicyRead(BaseModel):
    """The buckets in force; version 0 has the usual ones, by which every tenant begins."""

    version: int
    edges: list[int]
    names: list[str]

    @classmethod
    def of(cls, version: int, policy: AgeingPolicy) -> Self:
        return cls(version=version, edges=list(policy.edges), names=list(policy.names))


@router.get("/ageing-policy", dependencies=[requires("reports:read")])
async def get_ageing_policy(tx: Tx, response: Tagged) -> AgeingPolicyRead:
    """The buckets in force."""
    return _answer(await ageing_policies.policy_in_force(tx), response)


@writes.put("/ageing-policy", dependencies=[requires("policies:write")], responses=(
    refuses("bad_ageing_edges") | refuses("tenant_not_known_yet", status=409) | versions.RESPONSES))
async def set_ageing_policy(
    body: AgeingPolicyUpdate, expected: IfMatch, tx: Tx, response: Tagged,
) -> AgeingPolicyRead:
    """Set the buckets as a new version. A report of an earlier `known_at` goes by the buckets of that time."""
    return _answer(await set_policy(tx, AgeingPolicy(tuple(body.edges)), expected=expected), response)


def _answer(found: tuple[int, AgeingPolicy], response: Response) -> AgeingPolicyRead:
    set_etag(response, found[0])
    return AgeingPolicyRead.of(*found)
