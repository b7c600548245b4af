"""A limit set by hand: when it must end, and when it needs a second person (the maker is never the checker)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from credit_svc.domain.limit import LimitFact, LimitInForce, LimitKind, LimitSource, LimitStatus
from dunlin_kernel.calendar import days_between
from dunlin_kernel.errors import Conflict, Forbidden, RuleBroken
from dunlin_kernel.lifecycle import Lifecycle
from dunlin_kernel.money import Money

MAX_OVERRIDE_DAYS = 3650
ADDING_UP_DAYS = 30
"""Raises by one person alone count together for so many days."""


class ProposalStatus(StrEnum):
    WAITING = "waiting"
    APPROVED = "approved"
    REJECTED = "rejected"


PROPOSALS = Lifecycle[ProposalStatus]("limit proposal", {
    ProposalStatus.WAITING: {ProposalStatus.APPROVED, ProposalStatus.REJECTED},
    ProposalStatus.APPROVED: set(),
    ProposalStatus.REJECTED: set(),
})


@dataclass(frozen=True, slots=True)
class OverrideRules:
    """`second_person_above`: by currency, the raise above which a second person approves; once one is set, a currency
    without one has none that is small enough. `override_days`: how long a limit by hand may stand against the policy's.

    Refuses: bad_policy.
    """

    second_person_above: Mapping[str, Money] = field(default_factory=dict)
    override_days: int = 365

    def __post_init__(self) -> None:
        if not 1 <= self.override_days <= MAX_OVERRIDE_DAYS:
            raise RuleBroken("bad_policy", f"An override stands between 1 and {MAX_OVERRIDE_DAYS} days.")
        for currency, amount in self.second_person_above.items():
            assert amount.currency == currency, "a step stands under its currency"
            if amount.is_negative:
                raise RuleBroken("bad_policy", "A step is zero or more.", currency=currency)


@dataclass(frozen=True, slots=True)
class EarlierLimit:
    """A limit set before: on which day, and whether one person alone answers for it."""

    amount: Money | None
    set_on: date
    alone: bool
    kind: LimitKind = LimitKind.BASE


@dataclass(frozen=True, slots=True)
class AloneLately:
    """What one person alone gave in the last 30 days, by base limits, temporary ones and covers; and from where limits
    of each kind add up, None where none was set."""

    base: Money
    temporary: Money
    covers: Money
    base_from: Money | None
    temporary_from: Money | None

    def start_of(self, kind: LimitKind) -> Money | None:
        return self.base_from if kind is LimitKind.BASE else self.temporary_from

    def beside(self, kind: LimitKind | None) -> Money:
        """All but limits of this kind; without one, all of it."""
        others = self.covers
        if kind is not LimitKind.BASE:
            others += self.base
        return others if kind is LimitKind.TEMPORARY else others + self.temporary


def alone_lately(earlier: Sequence[EarlierLimit], covers: Money, *, today: date) -> AloneLately:
    """`earlier`: limits of both kinds, newest first; `covers`: what those count that nobody else approved."""
    base = [one for one in earlier if one.kind is LimitKind.BASE]
    temporary = [one for one in earlier if one.kind is LimitKind.TEMPORARY]
    base_from = given_alone_from(base, today=today)
    agreed = next((one for one in temporary if _is_ground(one, today)), None)
    temporary_from = Money.zero(covers.currency) if agreed is None else agreed.amount
    return AloneLately(
        _above(base, base_from, covers.currency), _above(temporary, temporary_from, covers.currency), covers, base_from,
        temporary_from)


def given_alone_from(earlier: Sequence[EarlierLimit], *, today: date) -> Money | None:
    """From where raises by one person add up: the lowest of the last 30 days, back to what two or the policy agreed.

    `earlier`: newest first. None where nothing was set.
    """
    lowest: Money | None = None
    for one in earlier:
        amount = one.amount
        if amount is not None:
            lowest = amount if lowest is None else min(lowest, amount)
        if _is_ground(one, today):
            break
    return lowest


def needs_second_person(
    fact: LimitFact, before: LimitInForce, rules: OverrideRules, *, alone: AloneLately | None = None,
) -> bool:
    """Whether this limit gives more than a person may give alone; a cut never does, more than the policy decided does.

    `alone`: what one person gave before adds up to this one.
    """
    if fact.amount is None:
        return False
    nothing = Money.zero(fact.currency)
    held = before.temporary if fact.kind is LimitKind.TEMPORARY else before.fact
    given = held.amount if held is not None and held.amount is not None else nothing
    if before.status is LimitStatus.EXPIRED and held is before.fact:
        given = nothing
    if fact.amount <= given:
        return False
    if fact.source is LimitSource.OVERRIDE:
        return True
    started = None if alone is None else alone.start_of(fact.kind)
    raised = fact.amount - (given if started is None else min(given, started))
    return beyond_step(raised + (nothing if alone is None else alone.beside(fact.kind)), rules)


def beyond_step(given: Money, rules: OverrideRules) -> bool:
    """Whether this is more than one person may give alone."""
    step = rules.second_person_above.get(given.currency)
    return bool(rules.second_person_above) and (step is None or given > step)


def source_by_hand(before: LimitInForce) -> LimitSource:
    """A base limit by hand is an override where the policy has decided one."""
    against = before.fact is not None and before.fact.source in (LimitSource.POLICY, LimitSource.OVERRIDE)
    return LimitSource.OVERRIDE if against else LimitSource.MANUAL


def check_override(fact: LimitFact, rules: OverrideRules) -> None:
    """A base limit by hand against the policy's own must end. Refuses: override_needs_end, override_too_long."""
    if fact.source is not LimitSource.OVERRIDE or fact.kind is LimitKind.TEMPORARY:
        return
    if fact.valid_until is None:
        raise RuleBroken("override_needs_end", "A limit by hand against the policy's needs a last day.")
    if days_between(fact.valid_from, fact.valid_until) >= rules.override_days:
        raise RuleBroken("override_too_long", f"An override stands at most {rules.override_days} days.")


def check_alone(
    fact: LimitFact, before: LimitInForce, rules: OverrideRules, *, alone: AloneLately | None = None,
) -> None:
    """Refuses: second_person_needed."""
    if needs_second_person(fact, before, rules, alone=alone):
        raise Forbidden("second_person_needed", "Propose this limit: another person approves it.")


def decided_by(status: ProposalStatus, to: ProposalStatus, *, maker: str, checker: str) -> ProposalStatus:
    """What a proposal becomes. Refuses: proposal_decided, second_person_needed."""
    if status is not ProposalStatus.WAITING:
        raise Conflict("proposal_decided", "This proposal has been decided.", status=status.value)
    if to is ProposalStatus.APPROVED and maker == checker:
        raise Forbidden("second_person_needed", "Another person than the one who proposed it approves.")
    return PROPOSALS.advance(status, to)


def _is_ground(one: EarlierLimit, today: date) -> bool:
    return not one.alone or days_between(one.set_on, today) > ADDING_UP_DAYS


def _above(earlier: Sequence[EarlierLimit], ground: Money | None, currency: str) -> Money:
    newest, nothing = earlier[0].amount if earlier else None, Money.zero(currency)
    return nothing if newest is None or ground is None else max(nothing, newest - ground)
