"""Authorisations: ask for credit for an order, see the answer explained, give it back."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from credit_svc.api.group_shapes import GroupExplanation
from credit_svc.api.shapes import (
    Body,
    CountedCoverRead,
    CreditPolicyRead,
    ExposurePartsRead,
    HeardPositionRead,
    LimitInForceRead,
    StandingHoldRead,
    ToldStatus,
    amount_or_none,
)
from credit_svc.domain.authorization import Authorization, AuthorizationStatus
from credit_svc.domain.decision import DenialReason
from credit_svc.store import authorizations, decisions
from credit_svc.store.decisions import StoredDecision
from credit_svc.usecases import authorize_credit as asking
from credit_svc.usecases.release_authorization import release_authorization as give_back
from dunlin_events.contracts.base import Amount
from dunlin_kernel.errors import RuleBroken
from dunlin_kit.auth import requires
from dunlin_kit.problems import refuses
from dunlin_kit.told_headers import Located
from dunlin_kit.wire import Instant
from dunlin_kit.write_route import ReadRoute, Tx, ValidateOnly, WriteRoute

writes = APIRouter(route_class=WriteRoute, tags=["authorizations"])
reads = APIRouter(route_class=ReadRoute, tags=["authorizations"])
routers = (writes, reads)
_NOT_FOUND = refuses("authorization_not_found", status=404)


class CreditDecision(StrEnum):
    APPROVED = "approved"
    DENIED = "denied"


class AuthorizationCreate(Body):
    """Credit asked for an order. It ends at `expires_at` or after `expires_in_days`, else after the policy's days."""

    id: UUID | None = Field(default=None, description="An id of the client's own.")
    customer_id: UUID
    amount: Amount
    reference: str = Field(min_length=1, max_length=64, description="The order's number.", examples=["SO-1"])
    expires_at: Instant | None = None
    expires_in_days: Annotated[int, Field(ge=1, le=3650)] | None = None

    def to_command(self) -> asking.AuthorizeCredit:
        """Refuses: two_expiries, unknown_currency, malformed_amount, wrong_precision, amount_too_large."""
        if self.expires_at is not None and self.expires_in_days is not None:
            raise RuleBroken("two_expiries", "Give expires_at or expires_in_days, not both.")
        return asking.AuthorizeCredit(
            self.id, self.customer_id, self.amount.money, self.reference, self.expires_at, self.expires_in_days)


class DecisionExplanation(BaseModel):
    """Why it was decided so: every component, as read under one lock. The first reason is the rule that fired."""

    decided_at: datetime
    decided_by: str
    today: date
    reasons: list[DenialReason]
    customer_status: str = ToldStatus
    limit: LimitInForceRead
    parts: ExposurePartsRead = Field(description="Before this order.")
    exposure: Amount = Field(description="Before this order.")
    available: Amount | None = Field(description="Before this order; null when not rated.")
    holds: list[StandingHoldRead] = Field(description="What stopped new credit when it was asked for.")
    prepayment_bps: int = Field(description="The share of an order that the customer's terms ask for ahead.")
    cash_on_delivery: bool
    deposit: Amount = Field(description="What of this order is to be paid before delivery.")
    deposit_missing: Amount = Field(description="What is not on the account of that, and of what is reserved already.")
    covers: list[CountedCoverRead] = Field(description="What others answered for on that day.")
    group: GroupExplanation | None = Field(description="The group whose limit bound the order, if any.")
    policy: CreditPolicyRead
    positions: list[HeardPositionRead]

    @classmethod
    def of(cls, stored: StoredDecision) -> Self:
        inputs, replayed = stored.inputs, stored.decision
        return cls(
            decided_at=stored.decided_at, decided_by=stored.decided_by, today=inputs.today,
            reasons=list(stored.reasons), customer_status=inputs.customer_status,
            limit=LimitInForceRead.of(replayed.limit), parts=ExposurePartsRead.of(inputs.parts),
            exposure=Amount.of(replayed.exposure), available=amount_or_none(replayed.available),
            holds=[StandingHoldRead(hold_id=hold.id, rule=hold.rule) for hold in inputs.holds],
            prepayment_bps=inputs.terms.prepayment_bps, cash_on_delivery=inputs.terms.cash_on_delivery,
            deposit=Amount.of(replayed.deposit.asked), deposit_missing=Amount.of(replayed.deposit.missing),
            covers=[CountedCoverRead.of(one) for one in inputs.covers],
            group=GroupExplanation.of(inputs) if inputs.group else None, policy=CreditPolicyRead.of(inputs.policy),
            positions=[HeardPositionRead(owner=o, sequence=s) for o, s in sorted(inputs.positions.items())])


class AuthorizationRead(BaseModel):
    """The answer to an order, what became of it, and why. amount = reserved + captured + released + expired, unless
    denied; `over_captured` was billed beyond the reservation."""

    id: UUID
    customer_id: UUID
    reference: str
    decision: CreditDecision
    status: AuthorizationStatus
    reasons: list[DenialReason]
    amount: Amount
    reserved: Amount
    captured: Amount
    released: Amount
    expired: Amount
    over_captured: Amount
    expires_at: datetime
    explanation: DecisionExplanation

    @classmethod
    def of(cls, one: Authorization, stored: StoredDecision) -> Self:
        return cls(
            id=one.id, customer_id=one.customer_id, reference=one.reference,
            decision=CreditDecision.APPROVED if stored.approved else CreditDecision.DENIED, status=one.status,
            reasons=list(stored.reasons), amount=Amount.of(one.asked), reserved=Amount.of(one.reserved),
            captured=Amount.of(one.captured), released=Amount.of(one.released), expired=Amount.of(one.expired),
            over_captured=Amount.of(one.over_captured), expires_at=one.expires_at,
            explanation=DecisionExplanation.of(stored))


@writes.post("/credit/v1/authorizations", status_code=201, dependencies=[requires("authorizations:write")],
             responses=refuses(
                 "unknown_currency", "malformed_amount", "wrong_precision", "amount_too_large", "amount_not_positive",
                 "two_expiries", "expires_in_past", "expires_too_late")
             | refuses("customer_not_known_yet", "tenant_not_known_yet", "authorization_exists", "customer_merged",
                       status=409))
async def authorize_credit(
    body: AuthorizationCreate, tx: Tx, response: Located, validate_only: ValidateOnly = False,
) -> AuthorizationRead:
    """Ask for credit for an order: approved and reserved, or denied with its reasons. Both are 201 and are kept."""
    authorization, stored = await asking.authorize_credit(tx, body.to_command())
    response.headers["Location"] = f"/credit/v1/authorizations/{authorization.id}"
    return AuthorizationRead.of(authorization, stored)


@writes.post("/credit/v1/authorizations/{authorization_id}:release", dependencies=[requires("authorizations:write")],
             responses=_NOT_FOUND | refuses("illegal_transition", status=409))
async def release_authorization(authorization_id: UUID, tx: Tx) -> AuthorizationRead:
    """Give back all that is still reserved: the order will not be billed."""
    after = await give_back(tx, authorization_id)
    return AuthorizationRead.of(after, await decisions.get(tx, authorization_id))


@reads.get("/credit/v1/authorizations/{authorization_id}", dependencies=[requires("authorizations:read")],
           responses=_NOT_FOUND)
async def get_authorization(authorization_id: UUID, tx: Tx) -> AuthorizationRead:
    """An authorisation with its decision explained: its inputs, stored when it was made."""
    authorization = await authorizations.get(tx, authorization_id)
    return AuthorizationRead.of(authorization, await decisions.get(tx, authorization_id))
