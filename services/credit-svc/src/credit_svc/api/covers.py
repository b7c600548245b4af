"""Covers: credit insurance, guarantees and deposits, registered, approved and ended."""

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from credit_svc.api.shapes import Body
from credit_svc.domain.cover import Cover, CoverKind, CoverState
from credit_svc.domain.policy import WHOLE_BPS
from credit_svc.store import covers
from credit_svc.store.covers import CoversAsked, KnownCover
from credit_svc.usecases.approve_cover import approve_cover as approve
from credit_svc.usecases.end_cover import end_cover as end
from credit_svc.usecases.register_cover import RegisterCover
from credit_svc.usecases.register_cover import register_cover as register
from dunlin_events.contracts.base import Amount
from dunlin_kernel.errors import RuleBroken
from dunlin_kernel.ids import new_id
from dunlin_kernel.money import Money
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
_NOT_FOUND = refuses("cover_not_found", status=404)
MAY_WRITE = requires("credit:write")


class CoverCreate(Body):
    """A cover. `share_bps` of the amount counts: the insured percentage, or the whole less a haircut; `retention` is
    what we bear ourselves of that, nothing when left out. The note of who and why stays in this service."""

    kind: CoverKind
    amount: Amount
    share_bps: int = Field(ge=1, le=WHOLE_BPS, examples=[9000], description="10,000 is all of it.")
    retention: Amount | None = None
    valid_from: Day
    valid_until: Day | None = None
    provider: str = Field(min_length=1, max_length=200, description="Who answers: insurer, guarantor or bank.")
    reference: str = Field(min_length=1, max_length=100, description="The number of the policy or the deed.")
    reason: str = Field(min_length=1, max_length=500)

    def to_command(self, customer_id: UUID) -> RegisterCover:
        """Refuses: bad_cover, unknown_currency, malformed_amount, wrong_precision, amount_too_large."""
        amount = self.amount.money
        retention = self.retention.money if self.retention else Money.zero(amount.currency)
        if retention.currency != amount.currency:
            raise RuleBroken("bad_cover", "A retention is in the currency of its cover.")
        cover = Cover(new_id(), self.kind, amount, self.share_bps, retention, self.valid_from, self.valid_until)
        return RegisterCover(customer_id, cover, self.provider, self.reference, self.reason)


class CoverEnd(Body):
    """Why it ends before its last day."""

    reason: str = Field(min_length=1, max_length=500)


class CoverRead(BaseModel):
    """A cover; `counts` is what it adds to the limit inside its dates while it is standing."""

    id: UUID
    customer_id: UUID
    number: str | None
    name: str | None
    owner_code: str | None = OwnerCode
    standing_in_for: str | None = StandingInFor
    kind: CoverKind
    state: CoverState
    amount: Amount
    share_bps: int
    retention: Amount
    counts: Amount
    used: Amount = Field(description="What was paid on claims.")
    valid_from: date
    valid_until: date | None
    provider: str
    reference: str
    reason: str
    registered_by: str
    registered_at: datetime
    approved_by: str | None
    ended_by: str | None
    end_reason: str | None

    @classmethod
    def of(cls, one: KnownCover, asked: Whose = EVERYBODYS) -> Self:
        cover = one.cover
        return cls(
            id=cover.id, customer_id=one.customer_id, number=one.number, name=one.name,
            owner_code=one.owner_code, standing_in_for=asked.standing_in_for(one.owner_code), kind=cover.kind,
            state=cover.state, amount=Amount.of(cover.amount), share_bps=cover.share_bps,
            retention=Amount.of(cover.retention), counts=Amount.of(cover.counts),
            used=Amount.of(cover.used), valid_from=cover.valid_from,
            valid_until=cover.valid_until, provider=one.provider, reference=one.reference, reason=one.reason,
            registered_by=one.registered_by, registered_at=one.registered_at, approved_by=one.approved_by,
            ended_by=one.ended_by, end_reason=one.end_reason)


class CoverPage(Page[CoverRead]):
    """Covers in the order in which they were registered."""


@writes.post("/credit/v1/customers/{customer_id}/covers", status_code=201, dependencies=[MAY_WRITE], responses=(
    refuses("bad_cover", "validity_reversed", "validity_in_past", "unknown_currency", "malformed_amount",
            "wrong_precision", "amount_too_large")
    | refuses("customer_not_known_yet", "tenant_not_known_yet", "customer_merged", status=409)))
async def register_cover(customer_id: UUID, body: CoverCreate, tx: Tx) -> CoverRead:
    """Register a cover: it counts in the limit at once, or once another person approved it."""
    return CoverRead.of(await register(tx, body.to_command(customer_id)))


@writes.post("/credit/v1/covers/{cover_id}:approve", dependencies=[MAY_WRITE], responses=(
    _NOT_FOUND | refuses("illegal_transition", "tenant_not_known_yet", status=409)
    | refuses("second_person_needed", status=403)))
async def approve_cover(cover_id: UUID, tx: Tx) -> CoverRead:
    """Let a cover that another person registered count from now on."""
    return CoverRead.of(await approve(tx, cover_id))


@writes.post("/credit/v1/covers/{cover_id}:end", dependencies=[MAY_WRITE], responses=(
    _NOT_FOUND | refuses("cover_ended", "tenant_not_known_yet", status=409)))
async def end_cover(cover_id: UUID, body: CoverEnd, tx: Tx) -> CoverRead:
    """End a cover now; the limit falls by what it counted for."""
    return CoverRead.of(await end(tx, cover_id, body.reason))


@reads.get("/credit/v1/covers", dependencies=[requires("credit:read")], responses=RESPONSES)
async def list_covers(
    tx: Tx, me: Me, cursor: Paging, response: Response, limit: Limit = 50,
    customer_id: Annotated[UUID | None, Query()] = None,
    state: Annotated[CoverState | None, Query(description="`waiting` is what another person is to approve.")] = None,
    ends_by: Annotated[Day | None, Query(description="Only those whose last day is this one or before.")] = None,
    owner: Owner = None,
) -> CoverPage:
    """Who answers for whom, up to when, and for how much of it."""
    after = UUID(cursor.after[0]) if cursor.after else None
    asked = await asked_for(tx, me, owner)
    found = await covers.some(tx, CoversAsked(customer_id, asked.codes, state, ends_by, after, limit + 1))
    return CoverPage(**cursor.page(
        response, found, limit, lambda one: [one.cover.id], lambda one: CoverRead.of(one, asked)))
