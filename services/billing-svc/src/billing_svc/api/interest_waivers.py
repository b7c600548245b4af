"""Routes of letting interest go: propose, approve, refuse."""

from typing import Self
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel

from billing_svc.api.payments import AMOUNTS
from billing_svc.api.shapes import Body
from billing_svc.domain.interest_waiver import InterestWaiverReason, InterestWaiverState, WaiverProposal
from billing_svc.store import interest_waivers
from billing_svc.usecases.approve_interest_waiver import approve_interest_waiver as approve
from billing_svc.usecases.propose_interest_waiver import propose_interest_waiver as propose
from billing_svc.usecases.refuse_interest_waiver import refuse_interest_waiver as refuse
from dunlin_events.contracts.base import Amount
from dunlin_kit.auth import requires
from dunlin_kit.problems import refuses
from dunlin_kit.write_route import ReadRoute, Tx, ValidateOnly, WriteRoute

writes = APIRouter(prefix="/billing/v1", route_class=WriteRoute, tags=["interest"])
router = APIRouter(prefix="/billing/v1", route_class=ReadRoute, tags=["interest"])
MAY_APPROVE = requires("write_offs:approve")
NOT_FOUND = refuses("waiver_not_found", status=404)
UNDECIDED = refuses("illegal_transition", "tenant_not_known_yet", status=409)
OPEN = ("not_interest", "nothing_open", "more_than_undisputed", "currency_mismatch", *AMOUNTS)


class InterestWaiverCreate(Body):
    """Which interest is let go. Without `amount`: all that is open of it and not in dispute; a larger one also gives
    back what was paid of it."""

    item_id: UUID
    reason: InterestWaiverReason
    amount: Amount | None = None


class InterestWaiverRead(BaseModel):
    """A waiver from its proposal on."""

    id: UUID
    customer_id: UUID
    item_id: UUID
    amount: Amount
    reason: InterestWaiverReason
    state: InterestWaiverState
    maker: str

    @classmethod
    def of(cls, one: WaiverProposal) -> Self:
        return cls(id=one.id, customer_id=one.customer_id, item_id=one.item_id, amount=Amount.of(one.amount),
                   reason=one.reason, state=one.state, maker=one.maker)


@writes.post("/interest-waivers", status_code=201, dependencies=[requires("items:write")], responses=(
    refuses(*OPEN) | refuses("item_not_found", status=404) | refuses("tenant_not_known_yet", status=409)))
async def propose_interest_waiver(
    body: InterestWaiverCreate, tx: Tx, validate_only: ValidateOnly = False,
) -> InterestWaiverRead:
    """Propose to let interest go; another person approves it."""
    return InterestWaiverRead.of(await propose(
        tx, body.item_id, body.amount.money if body.amount else None, body.reason))


@writes.post("/interest-waivers/{waiver_id}:approve", dependencies=[MAY_APPROVE], responses=(
    NOT_FOUND | UNDECIDED | refuses("second_person_needed", status=403) | refuses(*OPEN, "period_locked")))
async def approve_interest_waiver(
    waiver_id: UUID, tx: Tx, validate_only: ValidateOnly = False,
) -> InterestWaiverRead:
    """Let it go: from today on it is not owed."""
    return InterestWaiverRead.of(await approve(tx, waiver_id))


@writes.post("/interest-waivers/{waiver_id}:refuse", dependencies=[MAY_APPROVE], responses=NOT_FOUND | UNDECIDED)
async def refuse_interest_waiver(
    waiver_id: UUID, tx: Tx, validate_only: ValidateOnly = False,
) -> InterestWaiverRead:
    """Refuse a proposal, or take it back; the interest stays owed."""
    return InterestWaiverRead.of(await refuse(tx, waiver_id))


@router.get("/interest-waivers/{waiver_id}", dependencies=[requires("items:read")], responses=NOT_FOUND)
async def get_interest_waiver(waiver_id: UUID, tx: Tx) -> InterestWaiverRead:
    """One waiver as it stands."""
    return InterestWaiverRead.of((await interest_waivers.by_id(tx, [waiver_id]))[waiver_id])
