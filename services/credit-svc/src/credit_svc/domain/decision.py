"""The decision on an order: approved or denied from written-down inputs, so that a replay gives the same answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from credit_svc.domain.cover import CountedCover, covered
from credit_svc.domain.deposit import NOTHING_AHEAD, CashTerms, Deposit, deposit_of
from credit_svc.domain.exposure import ExposureParts, exposure_of
from credit_svc.domain.group import GroupStanding, RateMissing, group_exposure, with_order
from credit_svc.domain.hold_inputs import HoldInputs
from credit_svc.domain.limit import LimitFact, LimitInForce, LimitStatus, limit_in_force
from credit_svc.domain.policy import CreditPolicy
from dunlin_kernel.money import Money


class DenialReason(StrEnum):
    CUSTOMER_SUSPENDED = "customer_suspended"
    CUSTOMER_CLOSED = "customer_closed"
    ON_HOLD = "on_hold"
    NOT_RATED = "not_rated"
    LIMIT_EXPIRED = "limit_expired"
    NO_CREDIT = "no_credit"
    OVER_LIMIT = "over_limit"
    DEPOSIT_MISSING = "deposit_missing"
    GROUP_OVER_LIMIT = "group_over_limit"
    RATE_MISSING = "rate_missing"


BLOCKED: Mapping[str, DenialReason] = {
    "suspended": DenialReason.CUSTOMER_SUSPENDED,
    "closed": DenialReason.CUSTOMER_CLOSED,
}
"""Customer statuses in which nothing new is sold on credit, whatever the limit."""


@dataclass(frozen=True, slots=True)
class StandingHold:
    """A hold that stood, and the rule that placed it."""

    id: UUID
    rule: str


@dataclass(frozen=True, slots=True)
class DecisionInputs:
    """All that a decision looks at. `positions`: by owner, the sequence of the customer's stream that was read. `seen`:
    what would place or release holds by other rules; None where that was not kept yet."""

    amount: Money
    today: date
    customer_status: str
    limit: LimitFact | None
    parts: ExposureParts
    policy: CreditPolicy
    positions: Mapping[str, int]
    temporary: LimitFact | None = None
    holds: tuple[StandingHold, ...] = ()
    customer_id: UUID | None = None
    group: GroupStanding | None = None
    covers: tuple[CountedCover, ...] = ()
    terms: CashTerms = NOTHING_AHEAD
    seen: HoldInputs | None = None

    @property
    def limits(self) -> tuple[LimitFact, ...]:
        return tuple(fact for fact in (self.limit, self.temporary) if fact is not None)


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer: the first reason is the rule that fired. `available` is what was free before the order."""

    approved: bool
    reasons: tuple[DenialReason, ...]
    limit: LimitInForce
    exposure: Money
    available: Money | None
    deposit: Deposit


def credit_available(limit: LimitInForce, exposure: Money) -> Money | None:
    """Limit in force less exposure: negative when the limit is exceeded, None when not rated."""
    return None if limit.amount is None else limit.amount - exposure


def decide(inputs: DecisionInputs) -> Decision:
    """Approve what the customer's status allows, no hold stops, the available credit covers and, where the policy
    wants that first, whose deposit is there; else tell why."""
    answered_for = covered(inputs.covers, inputs.policy.cover_kinds, inputs.amount.currency)
    limit = limit_in_force(inputs.limits, today=inputs.today, covered=answered_for)
    exposure = exposure_of(inputs.parts, inputs.policy)
    available = credit_available(limit, exposure)
    blocked = BLOCKED.get(inputs.customer_status)
    held = DenialReason.ON_HOLD if inputs.holds else None
    deposit = deposit_of(inputs.amount, inputs.parts, inputs.terms)
    unpaid = inputs.policy.deposit_first and deposit.missing.is_positive
    ahead = DenialReason.DEPOSIT_MISSING if unpaid else None
    uncovered = _why_uncovered(inputs.amount, limit, available)
    reasons = tuple(reason for reason in (blocked, held, ahead, uncovered, _why_not_the_group(inputs))
                    if reason is not None)
    return Decision(not reasons, reasons, limit, exposure, available, deposit)


def _why_uncovered(amount: Money, limit: LimitInForce, available: Money | None) -> DenialReason | None:
    if limit.amount is None or available is None:
        return DenialReason.NOT_RATED
    if amount <= available:
        return None
    if limit.status is LimitStatus.EXPIRED:
        return DenialReason.LIMIT_EXPIRED
    return DenialReason.NO_CREDIT if limit.amount.is_zero else DenialReason.OVER_LIMIT


def _why_not_the_group(inputs: DecisionInputs) -> DenialReason | None:
    group = inputs.group
    limit = None if group is None else group.limit.in_force(inputs.today)
    if group is None or limit is None or inputs.customer_id is None:
        return None
    try:
        after = group_exposure(with_order(group, inputs.customer_id, inputs.amount), inputs.policy)
    except RateMissing:
        return DenialReason.RATE_MISSING
    return None if after <= limit else DenialReason.GROUP_OVER_LIMIT
