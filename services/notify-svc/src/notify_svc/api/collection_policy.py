"""Routes of the collection policy: when cases are opened by rule."""

from datetime import datetime
from typing import Self

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from dunlin_events.contracts.base import Amount
from dunlin_kit import versions
from dunlin_kit.auth import requires
from dunlin_kit.problems import refuses
from dunlin_kit.tenants import present
from dunlin_kit.told_headers import Tagged
from dunlin_kit.versions import IfMatch, set_etag
from dunlin_kit.write_route import ReadRoute, Tx, WriteRoute
from notify_svc import usecases
from notify_svc.domain.collection_case import (
    MAX_ANSWER_DAYS,
    MAX_BROKEN_PROMISE_DAYS,
    MAX_CALL_AGAIN_DAYS,
    MAX_CHRONIC_DAYS,
    MAX_LIMITATION_MONTHS,
    MAX_RECONCILE_DAYS,
    MAX_RECONCILE_TIMES,
    MIN_LIMITATION_MONTHS,
    CollectionPolicy,
)
from notify_svc.domain.notice import DigestFrequency
from notify_svc.store import collection_policies
from notify_svc.store.collection_policies import SetCollectionPolicy

router = APIRouter(prefix="/notify/v1", route_class=ReadRoute, tags=["collections"])
writes = APIRouter(prefix="/notify/v1", route_class=WriteRoute, tags=["collections"])


class CollectionPolicyUpdate(BaseModel):
    """When a case is opened: after so many days overdue, or from so large an overdue sum on; null: no such rule."""

    model_config = ConfigDict(extra="forbid")
    chronic_days: int | None = Field(ge=1, le=MAX_CHRONIC_DAYS)
    large: Amount | None
    call_again_days: int = Field(ge=1, le=MAX_CALL_AGAIN_DAYS, strict=True)
    owner_digest: DigestFrequency = DigestFrequency.DAILY
    reconcile_after_days: int = Field(default=10, ge=1, le=MAX_RECONCILE_DAYS, strict=True)
    reconcile_times: int = Field(default=3, ge=0, le=MAX_RECONCILE_TIMES, strict=True)
    broken_promise_days: int = Field(default=30, ge=1, le=MAX_BROKEN_PROMISE_DAYS, strict=True)
    statement_answer_days: int = Field(default=10, ge=1, le=MAX_ANSWER_DAYS, strict=True)
    limitation_months: int = Field(
        default=36, ge=MIN_LIMITATION_MONTHS, le=MAX_LIMITATION_MONTHS, strict=True,
        description="For how long a claim can be enforced.")

    def to_policy(self) -> CollectionPolicy:
        """Refuses: bad_collection_policy, and what no amount is."""
        return CollectionPolicy(
            1, self.chronic_days, self.large.money if self.large else None, self.call_again_days,
            self.owner_digest, self.reconcile_after_days, self.reconcile_times, self.broken_promise_days,
            self.statement_answer_days, self.limitation_months)


class CollectionPolicyRead(BaseModel):
    """The policy in force; nobody has set it while it is the one that every tenant begins with."""

    version: int
    chronic_days: int | None
    large: Amount | None
    call_again_days: int
    owner_digest: DigestFrequency
    reconcile_after_days: int
    reconcile_times: int
    broken_promise_days: int
    statement_answer_days: int
    limitation_months: int
    set_by: str | None
    set_at: datetime | None

    @classmethod
    def of(cls, found: SetCollectionPolicy) -> Self:
        policy = found.policy
        return cls(
            version=policy.version, chronic_days=policy.chronic_days, call_again_days=policy.call_again_days,
            owner_digest=policy.owner_digest, reconcile_after_days=policy.reconcile_after_days,
            reconcile_times=policy.reconcile_times, broken_promise_days=policy.broken_promise_days,
            statement_answer_days=policy.statement_answer_days, limitation_months=policy.limitation_months,
            large=Amount.of(policy.large) if policy.large else None, set_by=found.set_by, set_at=found.set_at)


@router.get("/collection-policy", dependencies=[requires("collections:read")])
async def get_collection_policy(tx: Tx, response: Tagged) -> CollectionPolicyRead:
    """When cases are opened by rule."""
    found = await collection_policies.in_force(tx, (await present(tx)).currency)
    set_etag(response, found.policy.version)
    return CollectionPolicyRead.of(found)


@writes.put("/collection-policy", dependencies=[requires("collections:write")],
            responses=refuses("tenant_not_known_yet", status=409) | versions.RESPONSES
            | refuses("invalid_request", "bad_collection_policy", "unknown_currency", "malformed_amount",
                      "wrong_precision", "amount_too_large"))
async def set_collection_policy(
    body: CollectionPolicyUpdate, seen: IfMatch, tx: Tx, response: Tagged,
) -> CollectionPolicyRead:
    """Set when cases are opened by rule, as a new version that holds from the next run on."""
    found = await usecases.set_collection_policy(tx, body.to_policy(), expected_version=seen)
    set_etag(response, found.policy.version)
    return CollectionPolicyRead.of(found)
