"""The worklist: whom to call today, in which order, and why."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from dunlin_kernel.calendar import days_between
from dunlin_kernel.money import Money
from notify_svc.domain.collection_case import CollectionPolicy
from notify_svc.domain.promise import PromiseStatus
from notify_svc.domain.worth import Rates


class Why(StrEnum):
    """Why a customer is on the list, the weightiest first."""

    PROMISE_BROKEN = "promise_broken"
    CALL_DUE = "call_due"
    ACTION_DUE = "action_due"
    PROMISE_DUE = "promise_due"
    ADDRESS_REFUSED = "address_refused"
    OVER_90_DAYS = "over_90_days"
    OVER_60_DAYS = "over_60_days"
    OVER_30_DAYS = "over_30_days"
    LARGE = "large"
    OVERDUE = "overdue"


POINTS = {
    Why.PROMISE_BROKEN: 50, Why.CALL_DUE: 40, Why.ACTION_DUE: 35, Why.PROMISE_DUE: 20, Why.ADDRESS_REFUSED: 25,
    Why.OVER_90_DAYS: 30, Why.OVER_60_DAYS: 20, Why.OVER_30_DAYS: 10, Why.LARGE: 15, Why.OVERDUE: 5,
}
"""What each reason weighs; a customer's rank is their sum."""


@dataclass(frozen=True, slots=True)
class PromiseSeen:
    """The customer's last promise."""

    id: UUID
    amount: Money
    promised_on: date
    status: PromiseStatus


@dataclass(frozen=True, slots=True)
class BrokenPromise:
    """The promise that was broken last. `owed`: something that it was for is owed still.

    `acted_on` is when somebody talked to the customer or worked on its case, or the customer promised anew or kept
    another promise, for the last time.
    """

    promise: PromiseSeen
    broken_on: date
    owed: bool
    acted_on: date | None

    def counts(self, today: date, days: int) -> bool:
        """Whether it is a reason to call: for so many days, while it is owed and nothing was done about it since."""
        acted = self.acted_on is not None and self.acted_on >= self.broken_on
        return self.owed and not acted and days_between(self.broken_on, today) < days


@dataclass(frozen=True, slots=True)
class Candidate:
    """What is known of a customer that may have to be called; `overdue` is a sum per currency, less disputed."""

    customer_id: UUID
    overdue: tuple[Money, ...]
    oldest_due_on: date | None
    call_due_on: date | None
    action_due_on: date | None
    address_refused: bool
    promise: PromiseSeen | None
    talked_on: date | None
    broken: BrokenPromise | None = None


@dataclass(frozen=True, slots=True)
class Ranked:
    """A customer on the list: the more points, the earlier; why, the weightiest first; what is overdue in all."""

    candidate: Candidate
    points: int
    why: tuple[Why, ...]
    worth: Money

    @property
    def key(self) -> tuple[int, int, UUID]:
        return (-self.points, -self.worth.minor, self.candidate.customer_id)

    @property
    def promise(self) -> PromiseSeen | None:
        """The broken promise that is a reason, else the last one."""
        broken = self.candidate.broken
        return broken.promise if broken is not None and Why.PROMISE_BROKEN in self.why else self.candidate.promise


def rank(candidates: Iterable[Candidate], *, today: date, policy: CollectionPolicy, rates: Rates) -> list[Ranked]:
    """Those to be called today, the weightiest first; of two that weigh the same, who owes more that is overdue.

    Left out: who has nothing overdue and nothing to be done, whom somebody talked to today, and who has promised for a
    later day, unless a call or an action is due. A broken promise counts for the days of the policy.
    """
    found = []
    for one in candidates:
        worth = rates.worth(one.overdue)
        why = _why(one, today, policy, worth)
        if why:
            ordered = sorted(why, key=lambda reason: (-POINTS[reason], list(Why).index(reason)))
            found.append(Ranked(one, sum(POINTS[reason] for reason in why), tuple(ordered), worth))
    return sorted(found, key=lambda ranked: ranked.key)


def _why(one: Candidate, today: date, policy: CollectionPolicy, worth: Money) -> set[Why]:
    asked = {reason for reason, on in ((Why.CALL_DUE, one.call_due_on), (Why.ACTION_DUE, one.action_due_on))
             if on is not None and on <= today}
    promise = one.promise
    waits = promise is not None and promise.status is PromiseStatus.RUNNING and promise.promised_on > today
    if one.talked_on == today or waits or one.oldest_due_on is None:
        return asked
    days = days_between(one.oldest_due_on, today)
    age = next((reason for reason, least in (
        (Why.OVER_90_DAYS, 91), (Why.OVER_60_DAYS, 61), (Why.OVER_30_DAYS, 31)) if days >= least), Why.OVERDUE)
    why = asked | {age}
    if one.broken is not None and one.broken.counts(today, policy.broken_promise_days):
        why.add(Why.PROMISE_BROKEN)
    if promise is not None and promise.status is PromiseStatus.RUNNING:
        why.add(Why.PROMISE_DUE)
    if one.address_refused:
        why.add(Why.ADDRESS_REFUSED)
    if policy.is_large(worth):
        why.add(Why.LARGE)
    return why
