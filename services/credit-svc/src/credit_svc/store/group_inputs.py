"""A group's standing as a decision keeps it, and back: so that a replay gives the same answer."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from credit_svc.domain.exposure import ExposureParts
from credit_svc.domain.group import GroupLimit, GroupStanding, MemberParts
from dunlin_kernel.money import Money

_PARTS = ("open", "disputed", "delivered", "reserved", "unapplied")


def group_as_json(group: GroupStanding) -> dict[str, Any]:
    limit = group.limit
    return {
        "group_id": str(group.group_id), "currency": group.currency, "base_currency": group.base_currency,
        "set_off": group.set_off,
        "limit": {
            "limit_id": str(limit.id), "version": limit.version,
            "amount": None if limit.amount is None else limit.amount.minor,
            "valid_from": limit.valid_from.isoformat(),
            "valid_until": limit.valid_until and limit.valid_until.isoformat()},
        "members": [
            [str(one.customer_id), one.parts.currency, *(getattr(one.parts, name).minor for name in _PARTS),
             one.parts.accrued and one.parts.accrued.minor, one.parts.kept and one.parts.kept.minor]
            for one in group.members],
        "rates": {currency: str(rate) for currency, rate in group.rates.items()},
    }


def group_of_json(found: Mapping[str, Any]) -> GroupStanding:
    currency, told = found["currency"], found["limit"]
    until = told["valid_until"]
    limit = GroupLimit(
        UUID(told["limit_id"]), told["version"], currency,
        None if told["amount"] is None else Money(told["amount"], currency), date.fromisoformat(told["valid_from"]),
        date.fromisoformat(until) if until else None)
    members = tuple(
        MemberParts(UUID(customer_id), ExposureParts(
            **{name: Money(minor, own) for name, minor in zip(_PARTS, parts, strict=False)},
            accrued=beside_of(parts[len(_PARTS):], own), kept=beside_of(parts[len(_PARTS) + 1:], own)))
        for customer_id, own, *parts in found["members"])
    rates = {foreign: Decimal(rate) for foreign, rate in found["rates"].items()}
    return GroupStanding(
        UUID(found["group_id"]), currency, found["base_currency"], found["set_off"], limit, members, rates)


def beside_of(stored: Sequence[int | None], currency: str) -> Money | None:
    """Interest that had accrued, or credit kept for other orders; decisions of before it was told of have none."""
    minor = stored[0] if stored else None
    return None if minor is None else Money(minor, currency)
