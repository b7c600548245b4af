"""A policy tried before it is adopted: over the present book, and over the decisions of the past."""

from collections.abc import Iterable, Set
from dataclasses import dataclass, replace
from uuid import UUID

from credit_svc.domain.decision import Decision, DecisionInputs, DenialReason, StandingHold, decide
from credit_svc.domain.exposure import exposure_of
from credit_svc.domain.hold import HoldRule, HoldRules, Use, Watched, hold_changes
from credit_svc.domain.policy import CreditPolicy
from dunlin_kernel.ids import NIL
from dunlin_kernel.money import Money


@dataclass(frozen=True, slots=True)
class Tried:
    """One customer in one currency by the policy in force and by the one tried; no reasons means it can buy."""

    customer_id: UUID
    available_before: Money | None
    available_after: Money | None
    before: tuple[DenialReason, ...]
    after: tuple[DenialReason, ...]

    @property
    def is_blocked(self) -> bool:
        return not self.before and bool(self.after)

    @property
    def is_freed(self) -> bool:
        return bool(self.before) and not self.after


def tried(inputs: DecisionInputs, standing: Iterable[HoldRule], watched: Watched, *, by: "Candidate") -> Tried:
    """`inputs` are those of the smallest order today: what would refuse it, now and by the policy tried.
    `watched`: the customer in all its currencies, for holds are of the whole customer."""
    now = decide(inputs)
    then = decide(replace(inputs, policy=by.numbers, holds=holds_by(set(standing), watched, by.holds)))
    return Tried(inputs.customer_id or NIL, now.available, then.available, now.reasons, then.reasons)


def holds_by(standing: Set[HoldRule], watched: Watched, rules: HoldRules) -> tuple[StandingHold, ...]:
    """The holds of somebody once the rules have looked: those that stand and have a cause, and those with a new one."""
    changes = hold_changes(standing, watched, rules)
    holding = (standing - set(changes.release)) | {cause.rule for cause in changes.place}
    return tuple(StandingHold(NIL, rule.value) for rule in sorted(holding))


@dataclass(frozen=True, slots=True)
class Candidate:
    """What of a policy decides on orders."""

    numbers: CreditPolicy
    holds: HoldRules


@dataclass(frozen=True, slots=True)
class CurrencySum:
    """What is available in one currency to those who can buy, before and after, and how much is blocked and freed."""

    available_before: Money
    available_after: Money
    blocked: Money
    freed: Money

    def with_one(self, one: Tried) -> "CurrencySum":
        nothing = Money.zero(self.blocked.currency)
        before = max(nothing, one.available_before or nothing) if not one.before else nothing
        after = max(nothing, one.available_after or nothing) if not one.after else nothing
        return CurrencySum(
            self.available_before + before, self.available_after + after,
            self.blocked + (before if one.is_blocked else nothing), self.freed + (after if one.is_freed else nothing))


def sum_over(found: Iterable[Tried], currency: str) -> CurrencySum:
    """Over the customers of one currency."""
    nothing = Money.zero(currency)
    total = CurrencySum(nothing, nothing, nothing, nothing)
    for one in found:
        total = total.with_one(one)
    return total


@dataclass(frozen=True, slots=True)
class Redecided:
    """A decision of the past, and what the policy tried would have answered to the same inputs."""

    authorization_id: UUID
    amount: Money
    approved: bool
    then: Decision
    holds_tried: bool = False

    @property
    def is_changed(self) -> bool:
        return self.approved != self.then.approved


def redecided(authorization_id: UUID, inputs: DecisionInputs, *, approved: bool, by: Candidate) -> Redecided:
    """Holds by rule are tried anew, those by hand stand; where what rules look at was not kept, all stand."""
    again = replace(inputs, policy=by.numbers)
    if inputs.seen is None:
        return Redecided(authorization_id, inputs.amount, approved, decide(again))
    own = Use(exposure_of(again.parts, by.numbers), decide(again).limit.amount) if inputs.positions.get(
        "billing") else None
    watched = inputs.seen.watched(
        own, by.numbers, today=inputs.today, grace_days=by.holds.overdue_grace_days or 0)
    holds = holds_by({HoldRule(hold.rule) for hold in inputs.holds}, watched, by.holds)
    return Redecided(
        authorization_id, inputs.amount, approved, decide(replace(again, holds=holds)), holds_tried=True)


def replays(inputs: DecisionInputs, *, approved: bool, reasons: tuple[DenialReason, ...]) -> bool:
    """Whether the rule still gives the answer that was given, for the same reasons in the same order."""
    again = decide(inputs)
    return (again.approved, again.reasons) == (approved, reasons)
