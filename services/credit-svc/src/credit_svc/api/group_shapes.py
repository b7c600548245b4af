"""How a decision explains what the group's limit had to do with it."""

from datetime import date
from typing import Self
from uuid import UUID

from pydantic import BaseModel, Field

from credit_svc.api.shapes import amount_or_none
from credit_svc.domain.decision import DecisionInputs
from credit_svc.domain.group import GroupStanding, RateMissing, group_exposure, group_use, member_exposures
from credit_svc.domain.policy import CreditPolicy
from dunlin_events.contracts.base import Amount


class MemberExposureRead(BaseModel):
    """What one member used, in the group's currency."""

    customer_id: UUID
    exposure: Amount


class AppliedRateRead(BaseModel):
    """The base currency per unit, as it was declared."""

    currency: str
    rate: str


class GroupUseRead(BaseModel):
    """The limit of a customer's group and what is left of it; an order needs both. Null: a rate is missing."""

    group_id: UUID
    limit: Amount | None
    exposure: Amount | None
    available: Amount | None

    @classmethod
    def of(cls, group: GroupStanding, policy: CreditPolicy, today: date) -> Self:
        used, left = group_use(group, policy, today=today)
        return cls(group_id=group.group_id, limit=amount_or_none(group.limit.in_force(today)),
                   exposure=amount_or_none(used), available=amount_or_none(left))


class GroupExplanation(BaseModel):
    """The group as it was read under its lock, before the order. `exposure` is null when a rate was missing."""

    group_id: UUID
    currency: str
    set_off: bool
    limit: Amount | None
    limit_version: int
    exposure: Amount | None = Field(description="The sum of its members, none below zero unless they are set off.")
    members: list[MemberExposureRead]
    rates: list[AppliedRateRead]

    @classmethod
    def of(cls, inputs: DecisionInputs) -> Self:
        group = inputs.group
        assert group is not None, "asked only where a group was read"
        try:
            used = group_exposure(group, inputs.policy)
            members = member_exposures(group, inputs.policy)
        except RateMissing:
            used, members = None, {}
        return cls(
            group_id=group.group_id, currency=group.currency, set_off=group.set_off,
            limit=amount_or_none(group.limit.in_force(inputs.today)), limit_version=group.limit.version,
            exposure=amount_or_none(used),
            members=[MemberExposureRead(customer_id=one, exposure=Amount.of(used)) for one, used in members.items()],
            rates=[AppliedRateRead(currency=one, rate=str(rate)) for one, rate in sorted(group.rates.items())])
