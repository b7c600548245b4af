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
    """A base limit set before: on which day, and whether one person alone answers for it."""

    amount: Money | None
    set_on: date
    alone: bool


def given_alone_from(earlier: Sequence[EarlierLimit], *, today: date) -> Money | None:
    """From where raises by one person add up: the lowest of the last 30 days, back to what two or the policy agreed.

    `earlier`: newest first. None where nothing was set.
    """
    lowest: Money | None = None
    for one in earlier:
        amount = one.amount
        if amount is not None:
            lowest = amount if lowest is None else min(lowest, amount)
        if not one.alone or days_between(one.set_on, today) > ADDING_UP_DAYS:
            break
    return lowest


def needs_second_person(
    fact: LimitFact, before: LimitInForce, rules: OverrideRules, *, alone_from: Money | None = None,
) -> bool:
    """Whether this limit gives more than a person may give alone; a cut never does.

    `alone_from`: from where earlier raises by one person add up to this one.
    """
    if not rules.second_person_above or fact.amount is None:
        return False
    nothing = Money.zero(fact.currency)
    held = before.temporary if fact.kind is LimitKind.TEMPORARY else before.fact
    given = held.amount if held is not None and held.amount is not None else nothing
    if before.status is LimitStatus.EXPIRED and held is before.fact:
        given = nothing
    if fact.kind is LimitKind.BASE and alone_from is not None and fact.amount > given:
        given = min(given, alone_from)
    raised, step = fact.amount - given, rules.second_person_above.get(fact.currency)
    return raised.is_positive and (step is None or raised > step)


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
    fact: LimitFact, before: LimitInForce, rules: OverrideRules, *, alone_from: Money | None = None,
) -> None:
    """Refuses: second_person_needed."""
    if needs_second_person(fact, before, rules, alone_from=alone_from):
        raise Forbidden("second_person_needed", "Propose this limit: another person approves it.")


def decided_by(status: ProposalStatus, to: ProposalStatus, *, maker: str, checker: str) -> ProposalStatus:
    """What a proposal becomes. Refuses: proposal_decided, second_person_needed."""
    if status is not ProposalStatus.WAITING:
        raise Conflict("proposal_decided", "This proposal has been decided.", status=status.value)
    if to is ProposalStatus.APPROVED and maker == checker:
        raise Forbidden("second_person_needed", "Another person than the one who proposed it approves.")
    return PROPOSALS.advance(status, to)
