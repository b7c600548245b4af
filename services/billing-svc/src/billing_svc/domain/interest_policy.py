"""The interest policy: by which rule interest runs on a customer's overdue items, as versioned data of the tenant.

A rule is by contract (it names its customer) or by jurisdiction (region, currency); the first that fits counts, so
contracts stand first. A rate is a margin in percent a year, or a margin above a reference rate; law is data here: in
the EU the reference rate and 8 points with 40 EUR for each claim, in China the contract, else by the LPR.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from dunlin_kernel.errors import Conflict, RuleBroken
from dunlin_kernel.money import Money

MAX_RULES = 200
MAX_PERCENT = Decimal(100)
RATE_DIGITS = 4
DAY_BASES = (360, 365)


@dataclass(frozen=True, slots=True)
class InterestRule:
    """`margin` in percent a year; with `reference` above that rate. `compensation` is a fee once for each claim.

    `due_from`: only for what fell due on that day or later, so that new terms leave older debts under the old ones.
    """

    name: str
    margin: Decimal
    day_base: int
    customer_id: UUID | None = None
    region: str | None = None
    currency: str | None = None
    reference: str | None = None
    compensation: Money | None = None
    due_from: date | None = None


@dataclass(frozen=True, slots=True)
class InterestPolicy:
    """Version 0 has no rule: no interest runs before a tenant sets one."""

    version: int
    rules: tuple[InterestRule, ...]


FIRST_INTEREST_POLICY = InterestPolicy(0, ())


@dataclass(frozen=True, slots=True)
class RateStep:
    """From this day on so much percent a year."""

    effective_from: date
    rate: Decimal


@dataclass(frozen=True, slots=True)
class Debtor:
    """What a rule looks at."""

    customer_id: UUID
    region: str | None
    currency: str
    due_on: date


def checked(policy: InterestPolicy) -> InterestPolicy:
    """Refuses: bad_interest_rule."""
    for rule in policy.rules:
        if rule.day_base not in DAY_BASES:
            raise RuleBroken("bad_interest_rule", "A year has 360 or 365 days.", rule=rule.name)
        if not -MAX_PERCENT <= rule.margin <= MAX_PERCENT or (rule.reference is None and rule.margin < 0):
            raise RuleBroken("bad_interest_rule", "A margin is at most 100 percent; below 0 only above a reference.",
                             rule=rule.name)
        if rule.compensation is not None and not rule.compensation.is_positive:
            raise RuleBroken("bad_interest_rule", "A compensation has an amount above zero.", rule=rule.name)
    if len({rule.name for rule in policy.rules}) < len(policy.rules):
        raise RuleBroken("bad_interest_rule", "Each rule has a name of its own.")
    return policy


def rule_for(policy: InterestPolicy, debtor: Debtor) -> InterestRule | None:
    """The first rule that fits; None when no interest runs."""
    for rule in policy.rules:
        if rule.customer_id not in (None, debtor.customer_id) or rule.currency not in (None, debtor.currency):
            continue
        if rule.due_from is not None and debtor.due_on < rule.due_from:
            continue
        if rule.region is None or (debtor.region or "").startswith(rule.region):
            return rule
    return None


def rates_for(rule: InterestRule, references: Sequence[RateStep], due_on: date) -> tuple[RateStep, ...]:
    """The rate from the due date on, and each later one, never below zero. Refuses: reference_rate_missing."""
    if rule.reference is None:
        return (RateStep(due_on, rule.margin),)
    known = sorted(references, key=lambda step: step.effective_from)
    before = [step for step in known if step.effective_from <= due_on]
    if not before:
        raise Conflict("reference_rate_missing", "No reference rate is known for the due date.",
                       reference=rule.reference, due_on=due_on)
    steps = [RateStep(due_on, before[-1].rate), *(step for step in known if step.effective_from > due_on)]
    return tuple(RateStep(step.effective_from, max(step.rate + rule.margin, Decimal(0))) for step in steps)
