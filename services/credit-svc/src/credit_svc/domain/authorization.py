"""An authorisation: credit reserved for an order until it is billed, released or expires. No cent of it gets lost."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self
from uuid import UUID

from credit_svc.domain.policy import MAX_DAYS, CreditPolicy, share_of
from dunlin_kernel.errors import RuleBroken
from dunlin_kernel.frozen import replace
from dunlin_kernel.lifecycle import Lifecycle
from dunlin_kernel.money import Money, sum_money


class AuthorizationStatus(StrEnum):
    """`approved` while something is still reserved; the others are ends."""

    APPROVED = "approved"
    DENIED = "denied"
    CAPTURED = "captured"
    RELEASED = "released"
    EXPIRED = "expired"


_Status = AuthorizationStatus
LIFECYCLE = Lifecycle[AuthorizationStatus]("authorization", {
    _Status.APPROVED: {_Status.CAPTURED, _Status.RELEASED, _Status.EXPIRED},
    _Status.DENIED: set(),
    _Status.CAPTURED: set(),
    _Status.RELEASED: set(),
    _Status.EXPIRED: set(),
})


@dataclass(frozen=True, slots=True)
class Authorization:
    """What became of the amount asked for. `over_captured` was billed without having been reserved, and is apart."""

    id: UUID
    customer_id: UUID
    reference: str
    status: AuthorizationStatus
    asked: Money
    reserved: Money
    captured: Money
    released: Money
    expired: Money
    over_captured: Money
    expires_at: datetime

    def __post_init__(self) -> None:
        parts = sum_money(self.currency, (self.reserved, self.captured, self.released, self.expired))
        granted = Money.zero(self.currency) if self.status is AuthorizationStatus.DENIED else self.asked
        assert parts == granted, "authorised = reserved + captured + released + expired"
        assert (self.status is AuthorizationStatus.APPROVED) == self.reserved.is_positive, "reserved while approved"

    @classmethod
    def decided(cls, *, id: UUID, order: "Order", approved: bool) -> Self:  # noqa: A002
        """A new authorisation: all of it reserved when approved, nothing when denied."""
        nothing = Money.zero(order.amount.currency)
        return cls(
            id=id, customer_id=order.customer_id, reference=order.reference, asked=order.amount,
            status=AuthorizationStatus.APPROVED if approved else AuthorizationStatus.DENIED,
            reserved=order.amount if approved else nothing, captured=nothing, released=nothing, expired=nothing,
            over_captured=nothing, expires_at=order.expires_at,
        )

    @property
    def currency(self) -> str:
        return self.asked.currency


@dataclass(frozen=True, slots=True)
class Order:
    """For what credit is asked."""

    customer_id: UUID
    amount: Money
    reference: str
    expires_at: datetime


def order_of(
    customer_id: UUID, amount: Money, *, reference: str, expires_at: datetime, now: datetime,
) -> Order:
    """Refuses: amount_not_positive, expires_in_past, expires_too_late."""
    if not amount.is_positive:
        raise RuleBroken("amount_not_positive", "Credit is asked for more than zero.")
    if expires_at <= now:
        raise RuleBroken("expires_in_past", "An authorisation ends after now.", now=now.isoformat())
    if expires_at > now + timedelta(days=MAX_DAYS):
        raise RuleBroken("expires_too_late", f"An authorisation stands at most {MAX_DAYS} days.")
    return Order(customer_id, amount, reference, expires_at)


@dataclass(frozen=True, slots=True)
class Capture:
    """What an invoice did to an authorisation: `captured + over` is what it billed, `released` what it gave back."""

    after: Authorization
    captured: Money
    over: Money
    released: Money
    tolerated: Money

    @property
    def alarms(self) -> bool:
        return self.over > self.tolerated


def capture(before: Authorization, billed: Money, *, final: bool, policy: CreditPolicy) -> Capture:
    """Bill against an authorisation: never refused. Reserved falls by what is billed, at the final invoice to zero.

    What goes beyond the reservation is counted apart; more than the tolerance on what was still reserved alarms.
    """
    captured = min(billed, before.reserved)
    over, rest = billed - captured, before.reserved - captured
    released = rest if final else Money.zero(before.currency)
    left = rest - released
    ends = before.status is AuthorizationStatus.APPROVED and left.is_zero
    after = replace(
        before, status=LIFECYCLE.advance(before.status, AuthorizationStatus.CAPTURED) if ends else before.status,
        reserved=left, captured=before.captured + captured, released=before.released + released,
        over_captured=before.over_captured + over,
    )
    assert captured + over == billed, "a capture accounts for all that is billed"
    return Capture(after, captured, over, released, share_of(before.reserved, policy.over_capture_tolerance_bps))


def release(before: Authorization) -> Authorization:
    """Give back all that is still reserved. Refuses: illegal_transition."""
    status = LIFECYCLE.advance(before.status, AuthorizationStatus.RELEASED)
    return replace(
        before, status=status, reserved=Money.zero(before.currency), released=before.released + before.reserved)


def expire(before: Authorization) -> Authorization:
    """Give back all that is still reserved because its time is over. Refuses: illegal_transition."""
    status = LIFECYCLE.advance(before.status, AuthorizationStatus.EXPIRED)
    return replace(
        before, status=status, reserved=Money.zero(before.currency), expired=before.expired + before.reserved)
