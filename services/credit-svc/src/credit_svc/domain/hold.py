"""Holds: when a rule stops new credit for a customer, when it lets go again, and what a person's word does to that."""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from credit_svc.domain.owed_item import Overdue
from credit_svc.domain.policy import MAX_BPS, WHOLE_BPS
from dunlin_kernel.calendar import days_between
from dunlin_kernel.errors import RuleBroken
from dunlin_kernel.money import Money

MAX_GRACE_DAYS = 3650


class HoldRule(StrEnum):
    """What placed a hold; `manual` is a person."""

    MANUAL = "manual"
    OVERDUE = "overdue"
    LIMIT_EXCEEDED = "limit_exceeded"
    GRADE = "grade"
    BROKEN_PROMISE = "broken_promise"


@dataclass(frozen=True, slots=True)
class HoldRules:
    """The numbers of the rules; a rule whose number is None is off.

    `overdue_grace_days`: more days past due than this hold, when more than `overdue_above` is (by currency, else
    more than nothing). `limit_exceeded_bps`: exposure above the limit by more than this share of it. `grades` hold
    whoever has one of them. `broken_promise_days`: how long a broken promise holds. Refuses: bad_policy.
    """

    overdue_grace_days: int | None = None
    overdue_above: Mapping[str, Money] = field(default_factory=dict)
    limit_exceeded_bps: int | None = None
    grades: Set[str] = frozenset()
    broken_promise_days: int | None = None

    def __post_init__(self) -> None:
        for days in (self.overdue_grace_days, self.broken_promise_days):
            if days is not None and not 0 <= days <= MAX_GRACE_DAYS:
                raise RuleBroken("bad_policy", f"Days of a hold rule lie between 0 and {MAX_GRACE_DAYS}.")
        if self.limit_exceeded_bps is not None and not 0 <= self.limit_exceeded_bps <= MAX_BPS:
            raise RuleBroken("bad_policy", f"A tolerance lies between 0 and {MAX_BPS} basis points.")
        if any(amount.is_negative for amount in self.overdue_above.values()):
            raise RuleBroken("bad_policy", "An overdue amount is zero or more.")


    @property
    def are_on(self) -> bool:
        numbers = (self.overdue_grace_days, self.limit_exceeded_bps, self.broken_promise_days)
        return bool(self.grades) or any(number is not None for number in numbers)


@dataclass(frozen=True, slots=True)
class Use:
    """Credit used and granted in one currency; `limit` is None when not rated."""

    exposure: Money
    limit: Money | None


@dataclass(frozen=True, slots=True)
class Watched:
    """What the rules look at. `waived`: until which day a person keeps a rule from placing its hold again."""

    today: date
    overdue: Mapping[str, Overdue]
    uses: Mapping[str, Use]
    grade: str | None
    promise_broken_on: date | None
    waived: Mapping[HoldRule, date]


@dataclass(frozen=True, slots=True)
class Beside:
    """One customer's, as loaded before facts are folded in: the holds that stand, what is overdue in items that no fact
    names, what is reserved and the limits in force by currency, and what a person waived."""

    now: datetime
    today: date
    standing: Mapping[HoldRule, UUID]
    overdue: Mapping[str, Overdue]
    reserved: Mapping[str, Money]
    limits: Mapping[str, Money | None]
    grade: str | None
    promise_broken_on: date | None
    waived: Mapping[HoldRule, date]


@dataclass(frozen=True, slots=True)
class HoldCause:
    """Why a rule holds: how much it found, and for how many days, where it says so."""

    rule: HoldRule
    amount: Money | None = None
    days: int | None = None


def causes(watched: Watched, rules: HoldRules) -> Mapping[HoldRule, HoldCause]:
    """Every rule that has a cause today."""
    found = (_overdue(watched, rules), _limit_exceeded(watched, rules), _grade(watched, rules),
             _broken_promise(watched, rules))
    return {cause.rule: cause for cause in found if cause is not None}


@dataclass(frozen=True, slots=True)
class HoldChanges:
    """What is to be placed, and the rules whose holds are to be released because nothing is left of their cause."""

    place: tuple[HoldCause, ...]
    release: tuple[HoldRule, ...]


def hold_changes(standing: Set[HoldRule], watched: Watched, rules: HoldRules) -> HoldChanges:
    """A cause without a hold places one, unless it is waived today; a hold without its cause goes. By hand stays."""
    why = causes(watched, rules)
    waived = {rule for rule, until in watched.waived.items() if watched.today <= until}
    place = tuple(cause for rule, cause in why.items() if rule not in standing and rule not in waived)
    release = tuple(sorted(rule for rule in standing if rule is not HoldRule.MANUAL and rule not in why))
    return HoldChanges(place, release)


def _overdue(watched: Watched, rules: HoldRules) -> HoldCause | None:
    if rules.overdue_grace_days is None:
        return None
    for currency, overdue in sorted(watched.overdue.items()):
        tolerated = rules.overdue_above.get(currency, Money.zero(currency))
        if overdue.days(watched.today) > rules.overdue_grace_days and overdue.amount > tolerated:
            return HoldCause(HoldRule.OVERDUE, overdue.amount, overdue.days(watched.today))
    return None


def _limit_exceeded(watched: Watched, rules: HoldRules) -> HoldCause | None:
    if rules.limit_exceeded_bps is None:
        return None
    for _, use in sorted(watched.uses.items()):
        if use.limit is not None:
            over = use.exposure - use.limit
            if over.is_positive and over.minor * WHOLE_BPS > use.limit.minor * rules.limit_exceeded_bps:
                return HoldCause(HoldRule.LIMIT_EXCEEDED, over)
    return None


def _grade(watched: Watched, rules: HoldRules) -> HoldCause | None:
    return HoldCause(HoldRule.GRADE) if watched.grade in rules.grades else None


def _broken_promise(watched: Watched, rules: HoldRules) -> HoldCause | None:
    if rules.broken_promise_days is None or watched.promise_broken_on is None:
        return None
    days = days_between(watched.promise_broken_on, watched.today)
    return HoldCause(HoldRule.BROKEN_PROMISE, days=days) if days <= rules.broken_promise_days else None
