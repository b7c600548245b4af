"""A group's credit: its members' exposures together, in its currency at the day's rates, against its own limit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from uuid import UUID

from credit_svc.domain.exposure import ExposureParts, exposure_of
from credit_svc.domain.policy import CreditPolicy
from dunlin_kernel.errors import RuleBroken
from dunlin_kernel.money import Money, sum_money


@dataclass(frozen=True, slots=True)
class GroupLimit:
    """A group's limit as it was set: `amount` None takes it away; both validity dates are inclusive."""

    id: UUID
    version: int
    currency: str
    amount: Money | None
    valid_from: date
    valid_until: date | None

    def in_force(self, today: date) -> Money | None:
        """None where no limit binds; zero from the day after its end."""
        ended = self.valid_until is not None and self.valid_until < today
        return Money.zero(self.currency) if ended and self.amount is not None else self.amount


@dataclass(frozen=True, slots=True)
class MemberParts:
    """What one member uses in one currency."""

    customer_id: UUID
    parts: ExposureParts


@dataclass(frozen=True, slots=True)
class GroupStanding:
    """A group as it is read under its lock. `rates`: the tenant's base currency per unit of each foreign one."""

    group_id: UUID
    currency: str
    base_currency: str
    set_off: bool
    limit: GroupLimit
    members: Sequence[MemberParts]
    rates: Mapping[str, Decimal]


class RateMissing(RuleBroken):
    """No rate was declared for a currency until this day."""

    def __init__(self, currency: str) -> None:
        super().__init__("rate_missing", "No exchange rate was declared for this currency yet.", currency=currency)


def converted(amount: Money, group: GroupStanding) -> Money:
    """In the group's currency at the declared rates, rounded half away from zero. Refuses: rate_missing."""
    if amount.currency == group.currency:
        return amount
    exact = Decimal(amount.amount) * _rate(amount.currency, group) / _rate(group.currency, group)
    return Money.rounded(exact, group.currency)


def member_exposures(group: GroupStanding, policy: CreditPolicy) -> Mapping[UUID, Money]:
    """Each member's exposure over its currencies, in the group's. Refuses: rate_missing."""
    found: dict[UUID, Money] = {}
    for member in group.members:
        used = converted(exposure_of(member.parts, policy), group)
        found[member.customer_id] = found.get(member.customer_id, Money.zero(group.currency)) + used
    return found


def group_exposure(group: GroupStanding, policy: CreditPolicy) -> Money:
    """One member's credit stands against another's debt only where an agreement sets them off.

    Refuses: rate_missing.
    """
    nothing = Money.zero(group.currency)
    used = member_exposures(group, policy).values()
    return sum_money(group.currency, used if group.set_off else (max(nothing, one) for one in used))


def group_use(group: GroupStanding, policy: CreditPolicy, *, today: date) -> tuple[Money | None, Money | None]:
    """What its members use together, None while a rate is missing; and what is left of its limit."""
    try:
        used = group_exposure(group, policy)
    except RateMissing:
        return None, None
    limit = group.limit.in_force(today)
    return used, None if limit is None else limit - used


def newly_exceeded(
    before: GroupStanding, after: GroupStanding, policy: CreditPolicy, *, today: date,
) -> tuple[UUID, Money, Money] | None:
    """The member that uses most, by how much the group is over its limit and the limit; None where it was before."""
    limit = after.limit.in_force(today)
    if limit is None:
        return None
    try:
        used, members = group_exposure(after, policy), member_exposures(after, policy)
    except RateMissing:
        return None
    if used <= limit or _is_exceeded(before, policy, limit):
        return None
    most = max(sorted(members), key=lambda one: members[one].minor)
    return most, used - limit, limit


def _is_exceeded(group: GroupStanding, policy: CreditPolicy, limit: Money) -> bool:
    try:
        return group_exposure(group, policy) > limit
    except RateMissing:
        return False


def with_order(group: GroupStanding, customer_id: UUID, amount: Money) -> GroupStanding:
    """The group as if this amount were reserved for a member."""
    nothing = Money.zero(amount.currency)
    order = MemberParts(customer_id, ExposureParts(nothing, nothing, nothing, amount, nothing))
    return replace(group, members=(*group.members, order))


def _rate(currency: str, group: GroupStanding) -> Decimal:
    if currency == group.base_currency:
        return Decimal(1)
    if currency not in group.rates:
        raise RateMissing(currency)
    return group.rates[currency]
