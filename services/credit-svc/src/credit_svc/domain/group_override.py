"""A group's limit set by hand: when it takes a second person, by the same step as a customer's."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from credit_svc.domain.group import GroupLimit
from credit_svc.domain.limit_override import EarlierLimit, OverrideRules, beyond_step, given_alone_from
from dunlin_kernel.errors import Forbidden, RuleBroken
from dunlin_kernel.money import Money


@dataclass(frozen=True, slots=True)
class GroupLimitsBefore:
    """What was set before, newest first: the last limit, and each with its day and whether one person answers for it
    alone. A group that never had a limit has none."""

    last: GroupLimit | None
    earlier: Sequence[EarlierLimit]


def check_group_limit(limit: GroupLimit, *, today: date) -> None:
    """Refuses: negative_limit, validity_in_past."""
    if limit.amount is not None and limit.amount.is_negative:
        raise RuleBroken("negative_limit", "A limit is zero or more; leave the amount out for none.")
    if limit.valid_until is not None and limit.valid_until < today:
        raise RuleBroken("validity_in_past", "A limit cannot be set that has already ended.")


def group_needs_second_person(
    limit: GroupLimit, before: GroupLimitsBefore, rules: OverrideRules, *, today: date,
) -> bool:
    """Whether this limit gives more than one person may give alone, with what was given so in the last 30 days.

    A group without a limit is bound by none: its first limit gives nothing, and to take one away gives without end.
    One in another currency than the last counts from nothing.
    """
    if not rules.second_person_above:
        return False
    given = None if before.last is None else before.last.in_force(today)
    if given is None:
        return False
    if limit.amount is None:
        return True
    if given.currency != limit.currency:
        return beyond_step(limit.amount, rules)
    if limit.amount <= given:
        return False
    started = given_alone_from(_of_currency(before.earlier, limit.currency), today=today)
    return beyond_step(limit.amount - (given if started is None else min(given, started)), rules)


def check_group_alone(limit: GroupLimit, before: GroupLimitsBefore, rules: OverrideRules, *, today: date) -> None:
    """Refuses: second_person_needed."""
    if group_needs_second_person(limit, before, rules, today=today):
        raise Forbidden("second_person_needed", "Propose this limit: another person approves it.")


def check_same_currency(amount: Money | None, currency: str) -> None:
    """A proposal is of the group's currency as it was then. Refuses: currency_mismatch."""
    if amount is not None and amount.currency != currency:
        raise RuleBroken("currency_mismatch", "The group's currency has changed since; propose it anew.")


def _of_currency(earlier: Sequence[EarlierLimit], currency: str) -> list[EarlierLimit]:
    return [one for one in earlier if one.amount is None or one.amount.currency == currency]
