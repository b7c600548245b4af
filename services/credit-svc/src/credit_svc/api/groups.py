"""Groups: their limit, and what their members use of it together."""

from collections.abc import Mapping
from datetime import date
from typing import Self
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from credit_svc.api.shapes import Body, amount_or_none
from credit_svc.domain.group import GroupStanding, RateMissing, group_exposure, member_exposures
from credit_svc.domain.policy import CreditPolicy
from credit_svc.store import group_owners, groups, policies
from credit_svc.store.group_owners import MemberName
from credit_svc.store.groups import KnownGroup
from credit_svc.usecases.set_group_limit import set_group_limit as set_limit
from credit_svc.usecases.setting_group_limit import SetGroupLimit
from dunlin_events.contracts.base import Amount
from dunlin_kernel.money import Money
from dunlin_kit.auth import requires
from dunlin_kit.pages import RESPONSES, Limit, Page, Paging
from dunlin_kit.problems import refuses
from dunlin_kit.tenants import present
from dunlin_kit.wire import Day
from dunlin_kit.write_route import ReadRoute, Tx, WriteRoute

writes = APIRouter(route_class=WriteRoute, tags=["groups"])
reads = APIRouter(route_class=ReadRoute, tags=["groups"])
routers = (writes, reads)
_NOT_FOUND = refuses("group_not_found", status=404)
GROUP_LIMIT_REFUSED = _NOT_FOUND | refuses("group_not_known_yet", status=409) | refuses(
    "malformed_amount", "wrong_precision", "amount_too_large", "negative_limit", "validity_in_past")


Names = Mapping[UUID, MemberName]


class GroupLimitUpdate(Body):
    """A limit to set, in the group's currency; null takes it away."""

    amount: str | None = Field(examples=["90000.00"], max_length=24)
    valid_until: Day | None = Field(default=None, description="Last day; zero counts from the turn of the next.")
    reason: str = Field(min_length=1, max_length=500)

    def to_command(self, group_id: UUID) -> SetGroupLimit:
        return SetGroupLimit(group_id, self.amount, self.valid_until, self.reason)


class GroupMemberRead(BaseModel):
    """What one member uses, over its currencies, in the group's."""

    customer_id: UUID
    number: str | None
    name: str | None
    exposure: Amount


class GroupPositionRead(BaseModel):
    """A group's credit. `exposure` null: a rate or the currency is not known yet; `limit` null: none."""

    group_id: UUID
    number: str | None
    name: str | None
    currency: str | None
    set_off: bool
    limit: Amount | None
    valid_until: date | None
    exposure: Amount | None
    available: Amount | None
    members: list[GroupMemberRead]

    @classmethod
    def of(cls, known: KnownGroup, policy: CreditPolicy, today: date, names: Names) -> Self:
        standing = known.standing
        limit = None if standing is None else standing.limit.in_force(today)
        used, members = _used_of(standing, policy, names)
        return cls(
            group_id=known.group_id, number=known.number, name=known.name,
            currency=standing.currency if standing else None, set_off=bool(standing and standing.set_off),
            limit=amount_or_none(limit), valid_until=standing.limit.valid_until if standing else None,
            exposure=amount_or_none(used),
            available=None if limit is None or used is None else Amount.of(limit - used), members=members)


class GroupPositionPage(Page[GroupPositionRead]):
    """Groups with their credit."""


def _used_of(
    standing: GroupStanding | None, policy: CreditPolicy, names: Names,
) -> tuple[Money | None, list[GroupMemberRead]]:
    if standing is None:
        return None, []
    try:
        used = group_exposure(standing, policy)
    except RateMissing:
        return None, []
    return used, [_member(customer_id, exposure, names)
                  for customer_id, exposure in member_exposures(standing, policy).items()]


def _member(customer_id: UUID, exposure: Money, names: Names) -> GroupMemberRead:
    known = names.get(customer_id, MemberName(None, None))
    return GroupMemberRead(
        customer_id=customer_id, number=known.number, name=known.name, exposure=Amount.of(exposure))


@writes.put("/credit/v1/groups/{group_id}/limit", dependencies=[requires("credit:write")],
            responses=GROUP_LIMIT_REFUSED | refuses("second_person_needed", status=403))
async def set_group_limit(group_id: UUID, body: GroupLimitUpdate, tx: Tx) -> GroupPositionRead:
    """Set the limit of a group: it binds its members' orders from now on.

    A raise above the policy's step, together with what one person gave in the last 30 days, is proposed instead and
    approved by another person; where there is a step, so is taking the limit away.
    """
    await set_limit(tx, body.to_command(group_id))
    await tx.flush()
    return await _position(tx, group_id)


@reads.get("/credit/v1/groups/{group_id}", dependencies=[requires("credit:read")], responses=_NOT_FOUND)
async def get_group_position(group_id: UUID, tx: Tx) -> GroupPositionRead:
    """What a group may still buy on credit, and which member uses how much."""
    return await _position(tx, group_id)


@reads.get("/credit/v1/groups", dependencies=[requires("credit:read")], responses=RESPONSES)
async def list_group_positions(
    tx: Tx, cursor: Paging, response: Response, limit: Limit = 50,
) -> GroupPositionPage:
    """All groups with their limit, exposure and what is available."""
    tenant, policy = await present(tx), await policies.current(tx)
    after = UUID(cursor.after[0]) if cursor.after else None
    found = await groups.some(tx, today=tenant.today, after=after, most=limit + 1)
    names = await group_owners.names(tx, [member for one in found for member in one.member_ids])
    return GroupPositionPage(**cursor.page(
        response, found, limit, lambda one: [one.group_id],
        lambda one: GroupPositionRead.of(one, policy, tenant.today, names)))


async def _position(tx: Tx, group_id: UUID) -> GroupPositionRead:
    tenant, policy = await present(tx), await policies.current(tx)
    known = await groups.get(tx, group_id, today=tenant.today)
    return GroupPositionRead.of(known, policy, tenant.today, await group_owners.names(tx, known.member_ids))
