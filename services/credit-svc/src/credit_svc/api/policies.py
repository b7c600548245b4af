"""The credit policy: adopted as versions that are only added, each from a day on and for a reason."""

from datetime import date
from typing import Annotated, Self

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from credit_svc.api.policy_shapes import (
    AlertLinesBody,
    AlertLinesRead,
    HoldRulesBody,
    HoldRulesRead,
    OverrideRulesBody,
    OverrideRulesRead,
)
from credit_svc.api.shapes import Body
from credit_svc.domain.cover import CoverKind
from credit_svc.domain.policy import MAX_BPS, MAX_DAYS
from credit_svc.domain.policy_version import PolicyVersion
from credit_svc.store import policies
from credit_svc.usecases import adopt_credit_policy as adopting
from dunlin_kit.auth import requires
from dunlin_kit.pages import DEFAULT_LIMIT, RESPONSES, Limit, Page, Paging
from dunlin_kit.problems import refuses
from dunlin_kit.wire import Day
from dunlin_kit.write_route import ReadRoute, Tx, WriteRoute

writes = APIRouter(route_class=WriteRoute, tags=["policies"])
reads = APIRouter(route_class=ReadRoute, tags=["policies"])
routers = (writes, reads)


class CreditPolicyCreate(Body):
    """A policy to adopt; basis points: 10,000 is 1. A section left out stays as in the version before."""

    disputed_weight_bps: int = Field(ge=0, le=MAX_BPS)
    delivered_weight_bps: int = Field(ge=0, le=MAX_BPS)
    over_capture_tolerance_bps: int = Field(ge=0, le=MAX_BPS)
    authorization_days: int = Field(ge=1, le=MAX_DAYS)
    effective_from: Day | None = Field(default=None, description="The tenant's today when left out.")
    reason: Annotated[str, Field(min_length=1, max_length=500)] = "adopted"
    overrides: OverrideRulesBody | None = None
    holds: HoldRulesBody | None = None
    alerts: AlertLinesBody | None = None
    cover_kinds: Annotated[list[CoverKind] | None, Field(description="Whose covers count in limits.")] = None
    deposit_first: bool | None = Field(
        default=None, description="An order is refused until its deposit, by the customer's terms, is on the account.")
    accrued_interest: bool | None = Field(
        default=None, description="Interest that has accrued and is no item yet counts in exposure: yes, until set.")

    def to_command(self) -> adopting.AdoptCreditPolicy:
        """Refuses: bad_policy, and what amounts refuse."""
        return adopting.AdoptCreditPolicy(
            self.disputed_weight_bps, self.delivered_weight_bps, self.over_capture_tolerance_bps,
            self.authorization_days, self.effective_from, self.reason,
            overrides=self.overrides.to_rules() if self.overrides else None,
            holds=self.holds.to_rules() if self.holds else None,
            alerts=self.alerts.to_lines() if self.alerts else None,
            cover_kinds=None if self.cover_kinds is None else tuple(sorted({one.value for one in self.cover_kinds})),
            deposit_first=self.deposit_first, accrued_interest=self.accrued_interest)


class PolicyVersionRead(BaseModel):
    """A version of the policy. Weights and tolerances in basis points: 10,000 is 1."""

    version: int
    effective_from: date
    reason: str
    disputed_weight_bps: int
    delivered_weight_bps: int
    over_capture_tolerance_bps: int
    authorization_days: int
    overrides: OverrideRulesRead
    holds: HoldRulesRead
    alerts: AlertLinesRead
    cover_kinds: list[CoverKind]
    deposit_first: bool
    accrued_interest: bool

    @classmethod
    def of(cls, one: PolicyVersion) -> Self:
        numbers = one.numbers
        return cls(
            version=one.version, effective_from=one.effective_from, reason=one.reason,
            disputed_weight_bps=numbers.disputed_weight_bps, delivered_weight_bps=numbers.delivered_weight_bps,
            over_capture_tolerance_bps=numbers.over_capture_tolerance_bps,
            authorization_days=numbers.authorization_days, overrides=OverrideRulesRead.of(one.overrides),
            holds=HoldRulesRead.of(one.holds), alerts=AlertLinesRead.of(one.alerts),
            cover_kinds=[CoverKind(kind) for kind in numbers.cover_kinds], deposit_first=numbers.deposit_first,
            accrued_interest=numbers.accrued_interest)


class PolicyVersionPage(Page[PolicyVersionRead]):
    """The versions ever adopted, newest first, and the one every tenant begins by."""


REFUSED = refuses(
    "bad_policy", "effective_in_past", "unknown_currency", "malformed_amount", "wrong_precision", "amount_too_large")


@writes.post("/credit/v1/policies", status_code=201, dependencies=[requires("credit:write")], responses=REFUSED)
async def adopt_credit_policy(body: CreditPolicyCreate, tx: Tx) -> PolicyVersionRead:
    """Adopt a policy from a day on; decisions already made keep the version they were made by."""
    return PolicyVersionRead.of(await adopting.adopt_credit_policy(tx, body.to_command()))


@reads.get("/credit/v1/policies/current", dependencies=[requires("credit:read")])
async def get_credit_policy(tx: Tx) -> PolicyVersionRead:
    """The policy that counts today."""
    version, _ = await policies.in_force(tx)
    return PolicyVersionRead.of(version)


@reads.get("/credit/v1/policies", dependencies=[requires("credit:read")], responses=RESPONSES)
async def list_credit_policies(
    tx: Tx, cursor: Paging, response: Response, limit: Limit = DEFAULT_LIMIT,
) -> PolicyVersionPage:
    """All versions, also those that are not effective yet."""
    found = await policies.versions(tx, cursor.after[0] if cursor.after else None, limit + 1)
    return PolicyVersionPage(
        **cursor.page(response, found, limit, lambda one: [one.numbers.version], PolicyVersionRead.of))
