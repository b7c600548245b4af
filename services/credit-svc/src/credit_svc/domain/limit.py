"""The credit limit: facts that are only ever added, and what of them is in force on a day."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from uuid import UUID

from dunlin_kernel.errors import RuleBroken
from dunlin_kernel.money import Money


class LimitSource(StrEnum):
    """`manual`: a person set it and gave a reason; `policy`: the limit engine did; `override`: a person, against it."""

    MANUAL = "manual"
    POLICY = "policy"
    OVERRIDE = "override"


class LimitKind(StrEnum):
    """`temporary` comes on top of `base`, for its dates only."""

    BASE = "base"
    TEMPORARY = "temporary"


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
    kind: LimitKind = LimitKind.BASE


@dataclass(frozen=True, slots=True)
class LimitInForce:
    """What the limits amount to on a day, and the facts this comes from; `amount` is None when not rated."""

    status: LimitStatus
    amount: Money | None
    fact: LimitFact | None
    temporary: LimitFact | None = None
    covered: Money | None = None


def limit_in_force(facts: Iterable[LimitFact], *, today: date, covered: Money | None = None) -> LimitInForce:
    """Base and temporary together, each inside its dates, and what is `covered`; without a base there is no rating to
    add to."""
    known = list(facts)
    base, temporary = base_limit(known, today=today), temporary_limit(known, today=today)
    if base is None or base.amount is None:
        return LimitInForce(LimitStatus.NOT_RATED, None, base)
    nothing = Money.zero(base.currency)
    added = temporary.amount if temporary is not None and temporary.amount is not None else nothing
    added = added + (covered or nothing)
    if has_ended(base, today=today):
        return LimitInForce(LimitStatus.EXPIRED, added, base, temporary, covered)
    return LimitInForce(LimitStatus.IN_FORCE, base.amount + added, base, temporary, covered)


def base_limit(facts: Iterable[LimitFact], *, today: date) -> LimitFact | None:
    """The last base set of those that have begun, ended or not: no older one ever returns."""
    begun = [fact for fact in facts if fact.kind is LimitKind.BASE and fact.valid_from <= today]
    return max(begun, key=lambda fact: fact.version, default=None)


def temporary_limit(facts: Iterable[LimitFact], *, today: date) -> LimitFact | None:
    """The last temporary set of those whose dates hold this day; one of zero takes an earlier one away."""
    holding = [fact for fact in facts if fact.kind is LimitKind.TEMPORARY and fact.valid_from <= today
               and not has_ended(fact, today=today)]
    return max(holding, key=lambda fact: fact.version, default=None)


def ended_by_merger(
    before: LimitInForce, new_id: Callable[[], UUID], *, after: int, today: date,
) -> list[LimitFact]:
    """The limits of zero by which those of a customer that was merged end today; `after` is how many were set."""
    standing = [one for one in (before.fact, before.temporary) if one is not None and one.amount is not None]
    return [
        LimitFact(new_id(), after + n, one.currency, Money.zero(one.currency), LimitSource.POLICY, today,
                  one.valid_until if one.kind is LimitKind.TEMPORARY else None, one.kind)
        for n, one in enumerate(standing, 1)]


def passed_on_by_merger(
    before: LimitInForce, there: LimitInForce, new_id: Callable[[], UUID], *, after: int, today: date,
) -> list[LimitFact]:
    """The limits of a customer that was merged, as they go on at another one that has none: limits are not added.

    `after` is how many were set there.
    """
    if before.amount is None or there.status is not LimitStatus.NOT_RATED:
        return []
    standing = [one for one in (before.fact, before.temporary) if one is not None]
    return [replace(one, id=new_id(), version=after + n, valid_from=today) for n, one in enumerate(
        (one for one in standing if not has_ended(one, today=today)), 1)]


def has_ended(fact: LimitFact, *, today: date) -> bool:
    return fact.valid_until is not None and fact.valid_until < today


def has_run_out(facts: Iterable[LimitFact], limit_id: UUID, *, today: date) -> LimitFact | None:
    """This limit, when it counted on its last day and nothing has taken its place since; else None."""
    known = list(facts)
    fact = next((one for one in known if one.id == limit_id), None)
    if fact is None or fact.valid_until is None or not has_ended(fact, today=today):
        return None
    if fact.kind is LimitKind.TEMPORARY:
        counted = temporary_limit(known, today=fact.valid_until)
        return fact if counted == fact and temporary_limit(known, today=today) is None else None
    return fact if base_limit(known, today=today) == fact else None


def check_limit(fact: LimitFact, *, today: date) -> None:
    """Refuses: negative_limit, validity_reversed, validity_in_past, temporary_needs_amount_and_end."""
    if fact.amount is not None and fact.amount.is_negative:
        raise RuleBroken("negative_limit", "A limit is zero or more; leave the amount out for not rated.")
    if fact.kind is LimitKind.TEMPORARY and (fact.amount is None or fact.valid_until is None):
        raise RuleBroken("temporary_needs_amount_and_end", "A temporary limit has an amount and a last day.")
    if fact.valid_until is not None and fact.valid_until < fact.valid_from:
        raise RuleBroken("validity_reversed", "A limit cannot end before it begins.")
    if has_ended(fact, today=today):
        raise RuleBroken("validity_in_past", "A limit cannot be set that has already ended.", today=today.isoformat())
