"""Limits that wait for a second person: proposed, approved by another one, rejected or taken back."""

from datetime import date, datetime
from enum import StrEnum
from typing import Self
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from credit_svc.api.limits import LIMIT_REFUSED, CreditLimitUpdate
from credit_svc.api.shapes import Body, amount_or_none
from credit_svc.domain.limit import LimitKind
from credit_svc.domain.limit_override import ProposalStatus
from credit_svc.store import limit_proposals
from credit_svc.store.limit_proposals import LimitProposal
from credit_svc.usecases.approve_limit_proposal import approve_limit_proposal as approve
from credit_svc.usecases.propose_limit import propose_limit as propose
from credit_svc.usecases.reject_limit_proposal import reject_limit_proposal as reject
from dunlin_events.contracts.base import Amount
from dunlin_kit.auth import Me, requires
from dunlin_kit.owned import EVERYBODYS, OwnerCode, StandingInFor, asked_for
from dunlin_kit.pages import RESPONSES, Limit, Page, Paging
from dunlin_kit.problems import refuses
from dunlin_kit.staff import Owner, Whose
from dunlin_kit.told_headers import Located
from dunlin_kit.write_route import ReadRoute, Tx, WriteRoute

writes = APIRouter(route_class=WriteRoute, tags=["limits"])
reads = APIRouter(route_class=ReadRoute, tags=["limits"])
routers = (writes, reads)
DECIDED = refuses("proposal_not_found", status=404) | refuses("proposal_decided", status=409)


class LimitProposalCreate(CreditLimitUpdate):
    """A limit to propose for a customer."""

    customer_id: UUID


class LimitProposalRejection(Body):
    """Why it is not to be."""

    reason: str = Field(min_length=1, max_length=500)


class LimitProposalRead(BaseModel):
    """A proposed limit. `may_sign`: it waits, and you are another person than the one who proposed it."""

    id: UUID
    customer_id: UUID
    number: str | None
    name: str | None
    owner_code: str | None = OwnerCode
    standing_in_for: str | None = StandingInFor
    currency: str
    kind: LimitKind
    limit: Amount | None
    valid_from: date
    valid_until: date | None
    reason: str
    proposed_by: str
    proposed_at: datetime
    status: ProposalStatus
    decided_by: str | None
    decided_at: datetime | None
    decision_reason: str | None
    limit_id: UUID | None
    may_sign: bool

    @classmethod
    def of(cls, one: LimitProposal, asking: str, asked: Whose = EVERYBODYS) -> Self:
        return cls(
            id=one.id, customer_id=one.customer_id, number=one.number, name=one.name,
            owner_code=one.owner_code, standing_in_for=asked.standing_in_for(one.owner_code), currency=one.currency,
            kind=one.kind, limit=amount_or_none(one.amount), valid_from=one.valid_from, valid_until=one.valid_until,
            reason=one.reason, proposed_by=one.proposed_by, proposed_at=one.proposed_at, status=one.status,
            decided_by=one.decided_by, decided_at=one.decided_at, decision_reason=one.decision_reason,
            limit_id=one.limit_id, may_sign=one.status is ProposalStatus.WAITING and one.proposed_by != asking)


class LimitProposalPage(Page[LimitProposalRead]):
    """Proposed limits, in the order in which they were made."""


class LimitProposalFilter(StrEnum):
    WAITING = "waiting"
    ALL = "all"


@writes.post("/credit/v1/limit-proposals", status_code=201, dependencies=[requires("credit:write")],
             responses=LIMIT_REFUSED)
async def propose_limit(body: LimitProposalCreate, tx: Tx, me: Me, response: Located) -> LimitProposalRead:
    """Propose a limit; nothing changes until another person approves it."""
    made = await propose(tx, body.to_command(body.customer_id))
    response.headers["Location"] = f"/credit/v1/limit-proposals/{made.id}"
    return LimitProposalRead.of(made, me.subject)


@writes.post("/credit/v1/limit-proposals/{proposal_id}:approve", dependencies=[requires("credit:approve")],
             responses=DECIDED | LIMIT_REFUSED | refuses("second_person_needed", status=403))
async def approve_limit_proposal(proposal_id: UUID, tx: Tx, me: Me) -> LimitProposalRead:
    """Approve a proposed limit: it is set, from today or its later first day. Never by the one who proposed it."""
    return LimitProposalRead.of(await approve(tx, proposal_id), me.subject)


@writes.post("/credit/v1/limit-proposals/{proposal_id}:reject", dependencies=[requires("credit:write")],
             responses=DECIDED)
async def reject_limit_proposal(
    proposal_id: UUID, body: LimitProposalRejection, tx: Tx, me: Me,
) -> LimitProposalRead:
    """Reject a proposed limit, or take one's own back."""
    return LimitProposalRead.of(await reject(tx, proposal_id, body.reason), me.subject)


@reads.get("/credit/v1/limit-proposals/{proposal_id}", dependencies=[requires("credit:read")],
           responses=refuses("proposal_not_found", status=404))
async def get_limit_proposal(proposal_id: UUID, tx: Tx, me: Me) -> LimitProposalRead:
    """A proposed limit and what came of it."""
    return LimitProposalRead.of(await limit_proposals.get(tx, proposal_id), me.subject)


@reads.get("/credit/v1/limit-proposals", dependencies=[requires("credit:read")], responses=RESPONSES)
async def list_limit_proposals(
    tx: Tx, me: Me, response: Response, cursor: Paging, limit: Limit = 50,
    status: LimitProposalFilter = LimitProposalFilter.WAITING, owner: Owner = None,
) -> LimitProposalPage:
    """What needs a signature: limits that wait for a second person."""
    after = UUID(cursor.after[0]) if cursor.after else None
    asked = await asked_for(tx, me, owner)
    found = await limit_proposals.some(
        tx, waiting=status is LimitProposalFilter.WAITING, owners=asked.codes, after=after, most=limit + 1)
    return LimitProposalPage(**cursor.page(
        response, found, limit, lambda one: [one.id], lambda one: LimitProposalRead.of(one, me.subject, asked)))
