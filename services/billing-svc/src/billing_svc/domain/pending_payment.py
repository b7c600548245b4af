"""Pending payments: money that was announced or has come in and is not certain yet.

It frees no credit, settles nothing and stands in neither control, until it is confirmed; or it is rejected, or it
expires by the policy. What it is meant to pay is shown beside the items, so that nobody is reminded of it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from billing_svc.domain.allocation import AllocationRule, Choice
from billing_svc.domain.item import Item
from billing_svc.domain.payment import PAYMENT_LIFECYCLE, Payment, PaymentState
from billing_svc.domain.payment_policy import PaymentPolicy
from billing_svc.domain.posting_dates import Books
from dunlin_kernel.errors import Conflict
from dunlin_kernel.money import Money


class RejectionReason(StrEnum):
    NOT_RECEIVED = "not_received"
    NOT_OURS = "not_ours"
    DUPLICATE = "duplicate"
    RECORDED_IN_ERROR = "recorded_in_error"


@dataclass(frozen=True, slots=True)
class Announced:
    """What a pending payment would pay: so much, by this choice."""

    amount: Money
    choice: Choice


def awaiting(payment: Payment, policy: PaymentPolicy, today: date) -> Payment:
    """The pending payment with the last day on which it can be confirmed."""
    assert payment.state is PaymentState.PENDING, "only what is pending waits"
    return replace(payment, expires_on=today + timedelta(days=policy.pending_days), version=1)


def confirmed(payment: Payment, wanted: date | None, books: Books) -> Payment:
    """The payment as certain, before it is entered: on the named day, else its own or the first open one after it.

    Refuses: illegal_transition, payment_expired, effective_too_early, effective_in_future, period_locked.
    """
    state = PAYMENT_LIFECYCLE.advance(payment.state, PaymentState.CONFIRMED)
    if has_expired(payment, books.today):
        raise Conflict("payment_expired", "It waited too long for its confirmation.", expires_on=payment.expires_on)
    day = books.day_of(wanted, default=payment.effective_on, not_before=payment.received_on)
    return replace(payment, state=state, effective_on=day, raised_on=day, version=payment.version + 1)


def rejected(payment: Payment) -> Payment:
    """The payment that did not arrive after all. Refuses: illegal_transition."""
    return _ended(payment, PaymentState.REJECTED)


def expired(payment: Payment) -> Payment:
    """The payment that nobody confirmed in time. Refuses: illegal_transition."""
    return _ended(payment, PaymentState.EXPIRED)


def has_expired(payment: Payment, today: date) -> bool:
    """It is pending, and its last day is over."""
    return payment.state is PaymentState.PENDING and payment.expires_on is not None and payment.expires_on < today


def pending_by_item(announced: Iterable[Announced], open_items: Mapping[UUID, Item]) -> dict[UUID, Money]:
    """How much of each open item would be paid, were all of it confirmed in this order; never more than is open."""
    left = {item.id: item.open for item in open_items.values()}
    oldest_first = sorted(open_items.values(), key=lambda item: (item.due_on, item.id))
    for one in announced:
        rest = one.amount
        for item_id, most in _wanted(one, oldest_first):
            if item_id in left and left[item_id].currency == rest.currency:
                part = min(rest, left[item_id], most or rest)
                left[item_id], rest = left[item_id] - part, rest - part
    return {item.id: item.open - left[item.id] for item in open_items.values()}


def _wanted(one: Announced, oldest_first: Iterable[Item]) -> list[tuple[UUID, Money | None]]:
    if one.choice.rule is AllocationRule.OLDEST_FIRST:
        return [(item.id, None) for item in oldest_first]
    return [(part.item_id, part.amount) for part in one.choice.parts]


def _ended(payment: Payment, state: PaymentState) -> Payment:
    return replace(payment, state=PAYMENT_LIFECYCLE.advance(payment.state, state), version=payment.version + 1)
