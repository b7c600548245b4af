"""The route of what waits for a second person in this service."""

from datetime import datetime
from typing import Self
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel

from credit_svc.api.owned import GroupOwners, standing_in_for_group
from credit_svc.api.shapes import amount_or_none
from credit_svc.store import waiting_approvals
from credit_svc.store.waiting_approvals import WaitingApproval, WaitingSubject
from dunlin_events.contracts.base import Amount
from dunlin_kit.auth import Me, requires
from dunlin_kit.owned import StandingInFor, asked_for
from dunlin_kit.pages import RESPONSES, Limit, Page, Paging
from dunlin_kit.staff import Owner, Whose
from dunlin_kit.write_route import ReadRoute, Tx

reads = APIRouter(route_class=ReadRoute, tags=["approvals"])
routers = (reads,)


class CreditApprovalRead(BaseModel):
    """What waits for a signature: a proposed limit of a customer or a group, or a cover, by its id. `maker` asked
    for it at `since`; `may_sign`: you are another person."""

    limit_proposal_id: UUID | None
    group_limit_proposal_id: UUID | None
    cover_id: UUID | None
    reason: WaitingSubject
    customer_id: UUID | None
    group_id: UUID | None
    number: str
    name: str | None
    owner_code: str | None
    group_owner_codes: list[str] = GroupOwners
    standing_in_for: str | None = StandingInFor
    amount: Amount | None
    maker: str
    since: datetime
    may_sign: bool

    @classmethod
    def of(cls, one: WaitingApproval, asking: str, asked: Whose) -> Self:
        stands_in = standing_in_for_group(asked, one.group_owner_codes) if one.group_id else asked.standing_in_for(
            one.owner_code)
        return cls(
            limit_proposal_id=one.id if one.subject is WaitingSubject.CREDIT_LIMIT else None,
            group_limit_proposal_id=one.id if one.subject is WaitingSubject.GROUP_LIMIT else None,
            cover_id=one.id if one.subject is WaitingSubject.COVER else None, reason=one.subject,
            customer_id=one.customer_id, group_id=one.group_id, number=one.number, name=one.name,
            owner_code=one.owner_code, group_owner_codes=list(one.group_owner_codes), standing_in_for=stands_in,
            amount=amount_or_none(one.amount), maker=one.maker, since=one.since, may_sign=one.maker != asking)


class CreditApprovalPage(Page[CreditApprovalRead]):
    """What waits for a second person, in the order in which it was asked for."""


@reads.get("/credit/v1/approvals", dependencies=[requires("approvals:read")], responses=RESPONSES)
async def list_credit_approvals(
    tx: Tx, me: Me, cursor: Paging, response: Response, limit: Limit = 50, owner: Owner = None,
) -> CreditApprovalPage:
    """What waits for a second person here: proposed limits of customers and groups, and covers. The inbox over all
    services is `/billing/v1/approvals`."""
    after = UUID(cursor.after[0]) if cursor.after else None
    asked = await asked_for(tx, me, owner)
    found = await waiting_approvals.some(tx, owners=asked.codes, after=after, most=limit + 1)
    return CreditApprovalPage(**cursor.page(
        response, found, limit, lambda one: [one.id], lambda one: CreditApprovalRead.of(one, me.subject, asked)))
