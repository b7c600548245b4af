"""Limits of groups that wait for a second person: proposed, approved by another one, rejected or taken back."""

from datetime import date, datetime
from typing import Self
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel

from credit_svc.api.groups import GROUP_LIMIT_REFUSED, GroupLimitUpdate
from credit_svc.api.limit_proposals import DECIDED, LimitProposalFilter, LimitProposalRejection
from credit_svc.api.owned import GroupOwners, standing_in_for_group
from credit_svc.api.shapes import amount_or_none
from credit_svc.domain.limit_override import ProposalStatus
from credit_svc.store import group_limit_proposals
from credit_svc.store.group_limit_proposals import GroupLimitProposal
from credit_svc.usecases.approve_group_limit_proposal import approve_group_limit_proposal as approve
from credit_svc.usecases.propose_group_limit import propose_group_limit as propose
from credit_svc.usecases.reject_group_limit_proposal import reject_group_limit_proposal as reject
from dunlin_events.contracts.base import Amount
from dunlin_kit.auth import Me, requires
from dunlin_kit.owned import EVERYBODYS, StandingInFor, asked_for
from dunlin_kit.pages import RESPONSES, Limit, Page, Paging
from dunlin_kit.problems import refuses
from dunlin_kit.staff import Owner, Whose
from dunlin_kit.told_headers import Located
from dunlin_kit.write_route import ReadRoute, Tx, WriteRoute

writes = APIRouter(route_class=WriteRoute, tags=["groups"])
reads = APIRouter(route_class=ReadRoute, tags=["groups"])
routers = (writes, reads)


class GroupLimitProposalCreate(GroupLimitUpdate):
    """A limit to propose for a group, in its currency; null is to take it away."""

    group_id: UUID


class GroupLimitProposalRead(BaseModel):
    """A limit proposed for a group. `may_sign`: it waits, and you are another person than the one who proposed it."""

    id: UUID
    group_id: UUID
    number: str
    name: str
    currency: str
    limit: Amount | None
    valid_until: date | None
    reason: str
    proposed_by: str
    proposed_at: datetime
    status: ProposalStatus
    decided_by: str | None
    decided_at: datetime | None
    decision_reason: str | None
    limit_id: UUID | None
    owner_codes: list[str] = GroupOwners
    standing_in_for: str | None = StandingInFor
    may_sign: bool

    @classmethod
    def of(cls, one: GroupLimitProposal, asking: str, asked: Whose = EVERYBODYS) -> Self:
        return cls(
            id=one.id, group_id=one.group_id, number=one.number, name=one.name, currency=one.currency,
            limit=amount_or_none(one.amount), valid_until=one.valid_until, reason=one.reason,
            proposed_by=one.proposed_by, proposed_at=one.proposed_at, status=one.status, decided_by=one.decided_by,
            decided_at=one.decided_at, decision_reason=one.decision_reason, limit_id=one.limit_id,
            owner_codes=list(one.owner_codes), standing_in_for=standing_in_for_group(asked, one.owner_codes),
            may_sign=one.status is ProposalStatus.WAITING and one.proposed_by != asking)


class GroupLimitProposalPage(Page[GroupLimitProposalRead]):
    """Limits proposed for groups, in the order in which they were made."""


@writes.post("/credit/v1/group-limit-proposals", status_code=201, dependencies=[requires("credit:write")],
             responses=GROUP_LIMIT_REFUSED)
async def propose_group_limit(
    body: GroupLimitProposalCreate, tx: Tx, me: Me, response: Located,
) -> GroupLimitProposalRead:
    """Propose a limit of a group; nothing changes until another person approves it."""
    made = await propose(tx, body.to_command(body.group_id))
    response.headers["Location"] = f"/credit/v1/group-limit-proposals/{made.id}"
    return GroupLimitProposalRead.of(made, me.subject)


@writes.post("/credit/v1/group-limit-proposals/{group_limit_proposal_id}:approve",
             dependencies=[requires("credit:approve")],
             responses=DECIDED | refuses("currency_mismatch", "validity_in_past") | refuses(
                 "second_person_needed", status=403))
async def approve_group_limit_proposal(group_limit_proposal_id: UUID, tx: Tx, me: Me) -> GroupLimitProposalRead:
    """Approve a proposed limit of a group: it is set, from today. Never by the one who proposed it."""
    return GroupLimitProposalRead.of(await approve(tx, group_limit_proposal_id), me.subject)


@writes.post("/credit/v1/group-limit-proposals/{group_limit_proposal_id}:reject",
             dependencies=[requires("credit:write")], responses=DECIDED)
async def reject_group_limit_proposal(
    group_limit_proposal_id: UUID, body: LimitProposalRejection, tx: Tx, me: Me,
) -> GroupLimitProposalRead:
    """Reject a proposed limit of a group, or take one's own back."""
    return GroupLimitProposalRead.of(await reject(tx, group_limit_proposal_id, body.reason), me.subject)


@reads.get("/credit/v1/group-limit-proposals/{group_limit_proposal_id}", dependencies=[requires("credit:read")],
           responses=refuses("proposal_not_found", status=404))
async def get_group_limit_proposal(group_limit_proposal_id: UUID, tx: Tx, me: Me) -> GroupLimitProposalRead:
    """A proposed limit of a group and what came of it."""
    return GroupLimitProposalRead.of(await group_limit_proposals.get(tx, group_limit_proposal_id), me.subject)


@reads.get("/credit/v1/group-limit-proposals", dependencies=[requires("credit:read")], responses=RESPONSES)
async def list_group_limit_proposals(
    tx: Tx, me: Me, response: Response, cursor: Paging, limit: Limit = 50,
    status: LimitProposalFilter = LimitProposalFilter.WAITING, owner: Owner = None,
) -> GroupLimitProposalPage:
    """What needs a signature: limits of groups that wait for a second person."""
    after = UUID(cursor.after[0]) if cursor.after else None
    asked = await asked_for(tx, me, owner)
    found = await group_limit_proposals.some(
        tx, waiting=status is LimitProposalFilter.WAITING, owners=asked.codes, after=after, most=limit + 1)
    return GroupLimitProposalPage(**cursor.page(
        response, found, limit, lambda one: [one.id],
        lambda one: GroupLimitProposalRead.of(one, me.subject, asked)))
