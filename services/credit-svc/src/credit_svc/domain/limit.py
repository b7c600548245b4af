"""The credit limit: facts that are only ever added, and which of them is in force on a day."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from dunlin_kernel.errors import RuleBroken
from dunlin_kernel.money import Money


class LimitSource(StrEnum):
    MANUAL = "manual"


class LimitStatus(StrEnum):
    """`not_rated` refuses every order, `expired` counts as zero: neither is ever taken for unlimited."""

    IN_FORCE = "in_force"
    NOT_RATED = "not_rated"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class LimitFact:
    """A limit as it was set: `amount` None is not rated, zero is no credit; both validity dates are inclusive."""

    id: UUID
    version: int
    currency: str
    amount: Money | None
    source: LimitSource
    valid_from: date
    valid_until: date | None


@dataclass(frozen=True, slots=True)
class LimitInForce:
    """What a limit amounts to on a day, and the fact it comes from; `amount` is None when not rated."""

    status: LimitStatus
    amount: Money | None
    fact: LimitFact | None


def limit_in_force(facts: Iterable[LimitFact], *, today: date) -> LimitInForce:
    """The last fact set of those that have begun; from the day after its end it is zero, and no older one returns."""
    begun = [fact for fact in facts if fact.valid_from <= today]
    fact = max(begun, key=lambda fact: fact.version, default=None)
    if fact is None or fact.amount is None:
        return LimitInForce(LimitStatus.NOT_RATED, None, fact)
    if has_ended(fact, today=today):
        return LimitInForce(LimitStatus.EXPIRED, Money.zero(fact.currency), fact)
    return LimitInForce(LimitStatus.IN_FORCE, fact.amount, fact)


def has_ended(fact: LimitFact, *, today: date) -> bool:
    return fact.valid_until is not None and fact.valid_until < today


def check_limit(fact: LimitFact, *, today: date) -> None:
    """Refuses: negative_limit, validity_reversed, validity_in_past."""
    if fact.amount is not None and fact.amount.is_negative:
        raise RuleBroken("negative_limit", "A limit is zero or more; leave the amount out for not rated.")
    if fact.valid_until is not None and fact.valid_until < fact.valid_from:
        raise RuleBroken("validity_reversed", "A limit cannot end before it begins.")
    if has_ended(fact, today=today):
        raise RuleBroken("validity_in_past", "A limit cannot be set that has already ended.", today=today.isoformat())
