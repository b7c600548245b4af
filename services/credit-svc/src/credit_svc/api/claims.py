"""Claims on covers: filed, settled with what was paid or refused, and listed."""

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from credit_svc.api.shapes import Body
from credit_svc.domain.claim import ClaimState
from credit_svc.store import claims
from credit_svc.store.claims import ClaimsAsked, KnownClaim
from credit_svc.usecases.file_claim import FileClaim
from credit_svc.usecases.file_claim import file_claim as file_now
from credit_svc.usecases.settle_claim import SettleClaim
from credit_svc.usecases.settle_claim import settle_claim as settle_now
from dunlin_events.contracts.base import Amount
from dunlin_kit.auth import Me, requires
from dunlin_kit.owned import EVERYBODYS, OwnerCode, StandingInFor, asked_for
from dunlin_kit.pages import RESPONSES, Limit, Page, Paging
from dunlin_kit.problems import refuses
from dunlin_kit.staff import Owner, Whose
from dunlin_kit.wire import Day
from dunlin_kit.write_route import ReadRoute, Tx, WriteRoute

writes = APIRouter(route_class=WriteRoute, tags=["covers"])
reads = APIRouter(route_class=ReadRoute, tags=["covers"])
routers = (writes, reads)
MAY_WRITE = requires("credit:write")
_AMOUNTS = refuses("bad_claim", "unknown_currency", "malformed_amount", "wrong_precision", "amount_too_large")


class ClaimCreate(Body):
    """What is asked of who answers. `filed_on`: the tenant's today when left out."""

    amount: Amount
    filed_on: Day | None = None
    reference: str = Field(min_length=1, max_length=100, description="Under which the other side knows it.")


class ClaimSettlement(Body):
    """What was paid on it; zero: it was refused. The note stays in this service."""

    paid: Amount
    settled_on: Day | None = None
    note: str | None = Field(default=None, min_length=1, max_length=500)


class ClaimRead(BaseModel):
    """A claim on a cover, and what came of it."""

    id: UUID
    cover_id: UUID
    customer_id: UUID
    number: str | None
    name: str | None
    owner_code: str | None = OwnerCode
    standing_in_for: str | None = StandingInFor
    provider: str | None
    amount: Amount
    paid: Amount
    state: ClaimState
    reference: str
    filed_on: date
    filed_by: str
    filed_at: datetime
    settled_on: date | None
    settled_by: str | None
    note: str | None

    @classmethod
    def of(cls, one: KnownClaim, asked: Whose = EVERYBODYS) -> Self:
        claim = one.claim
        return cls(
            id=claim.id, cover_id=claim.cover_id, customer_id=one.customer_id, number=one.number, name=one.name,
            owner_code=one.owner_code, standing_in_for=asked.standing_in_for(one.owner_code), provider=one.provider,
            amount=Amount.of(claim.amount), paid=Amount.of(claim.paid), state=claim.state,
            reference=one.reference, filed_on=claim.filed_on, filed_by=one.filed_by, filed_at=one.filed_at,
            settled_on=claim.settled_on, settled_by=one.settled_by, note=one.note)


class ClaimPage(Page[ClaimRead]):
    """Claims in the order in which they were filed."""


@writes.post("/credit/v1/covers/{cover_id}/claims", status_code=201, dependencies=[MAY_WRITE], responses=(
    _AMOUNTS | refuses("claim_above_cover") | refuses("cover_not_found", status=404)
    | refuses("cover_not_standing", "tenant_not_known_yet", status=409)))
async def file_claim(cover_id: UUID, body: ClaimCreate, tx: Tx) -> ClaimRead:
    """File a claim on a cover, for no more than is left of it. The debt stays as it is."""
    return ClaimRead.of(await file_now(tx, FileClaim(cover_id, body.amount.money, body.filed_on, body.reference)))


@writes.post("/credit/v1/claims/{claim_id}:settle", dependencies=[MAY_WRITE], responses=(
    _AMOUNTS | refuses("claim_not_found", status=404)
    | refuses("illegal_transition", "tenant_not_known_yet", status=409)))
async def settle_claim(claim_id: UUID, body: ClaimSettlement, tx: Tx) -> ClaimRead:
    """Settle a claim: what was paid of the cover counts in the limit no more."""
    return ClaimRead.of(await settle_now(tx, SettleClaim(claim_id, body.paid.money, body.settled_on, body.note)))


@reads.get("/credit/v1/claims", dependencies=[requires("credit:read")], responses=RESPONSES)
async def list_claims(
    tx: Tx, me: Me, cursor: Paging, response: Response, limit: Limit = 50,
    cover_id: Annotated[UUID | None, Query()] = None, customer_id: Annotated[UUID | None, Query()] = None,
    state: Annotated[ClaimState | None, Query(description="`filed` is what waits for an answer.")] = None,
    owner: Owner = None,
) -> ClaimPage:
    """What was claimed of whom, and what was paid."""
    after = UUID(cursor.after[0]) if cursor.after else None
    asked = await asked_for(tx, me, owner)
    found = await claims.some(tx, ClaimsAsked(cover_id, customer_id, asked.codes, state, after, limit + 1))
    return ClaimPage(**cursor.page(
        response, found, limit, lambda one: [one.claim.id], lambda one: ClaimRead.of(one, asked)))
