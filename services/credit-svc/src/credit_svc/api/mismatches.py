"""Mismatches: where our copy of an account differed from what billing told, and a person's word that it is settled."""

from datetime import datetime
from typing import Self
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from credit_svc.api.shapes import Body, Currency
from credit_svc.domain.exposure import Figures
from credit_svc.store import mismatches
from credit_svc.store.mismatches import KeptMismatch
from credit_svc.usecases import close_mismatch as closing
from dunlin_events.contracts.base import Amount
from dunlin_kit.auth import Me, requires
from dunlin_kit.owned import EVERYBODYS, OwnerCode, StandingInFor, asked_for
from dunlin_kit.pages import RESPONSES, Limit, Page, Paging
from dunlin_kit.problems import refuses
from dunlin_kit.staff import Owner, Whose
from dunlin_kit.write_route import ReadRoute, Tx, WriteRoute

writes = APIRouter(route_class=WriteRoute, tags=["alerts"])
reads = APIRouter(route_class=ReadRoute, tags=["alerts"])
routers = (writes, reads)


class MismatchClosing(Body):
    """Which mismatch, and why it is settled."""

    currency: str = Currency
    sequence: int = Field(ge=1, le=2**62)
    reason: str = Field(min_length=1, max_length=500)


class CopiedFiguresRead(BaseModel):
    """A customer's account in one currency."""

    open: Amount
    disputed: Amount
    unapplied: Amount

    @classmethod
    def of(cls, figures: Figures) -> Self:
        return cls(
            open=Amount.of(figures.open), disputed=Amount.of(figures.disputed),
            unapplied=Amount.of(figures.unapplied))


class ExposureMismatchRead(BaseModel):
    """At this sequence of billing's stream: what we reckoned, and what billing told and we took."""

    customer_id: UUID
    number: str | None
    name: str | None
    owner_code: str | None = OwnerCode
    standing_in_for: str | None = StandingInFor
    currency: str
    sequence: int
    reckoned: CopiedFiguresRead
    told: CopiedFiguresRead
    reason: str | None
    closed_by: str | None
    closed_at: datetime | None

    @classmethod
    def of(cls, one: KeptMismatch, asked: Whose = EVERYBODYS) -> Self:
        found = one.mismatch
        return cls(
            customer_id=one.customer_id, number=one.number, name=one.name, owner_code=one.owner_code,
            standing_in_for=asked.standing_in_for(one.owner_code), currency=found.told.currency,
            sequence=found.sequence, reckoned=CopiedFiguresRead.of(found.reckoned),
            told=CopiedFiguresRead.of(found.told), reason=one.reason, closed_by=one.closed_by,
            closed_at=one.closed_at)


class ExposureMismatchPage(Page[ExposureMismatchRead]):
    """Mismatches, by customer."""


@reads.get("/credit/v1/mismatches", dependencies=[requires("integrity:read")], responses=RESPONSES)
async def list_exposure_mismatches(
    tx: Tx, me: Me, cursor: Paging, response: Response, limit: Limit = 50, waiting: bool = True, owner: Owner = None,
) -> ExposureMismatchPage:
    """Where our copy of an account differed from billing's, and nobody has closed it yet."""
    asked = await asked_for(tx, me, owner)
    found = await mismatches.some(tx, waiting=waiting, owners=asked.codes, after=cursor.after, most=limit + 1)
    return ExposureMismatchPage(**cursor.page(
        response, found, limit, lambda one: [one.customer_id, one.mismatch.told.currency, one.mismatch.sequence],
        lambda one: ExposureMismatchRead.of(one, asked)))


@writes.post("/credit/v1/customers/{customer_id}/mismatches:close", dependencies=[requires("credit:write")],
             responses=refuses("mismatch_not_found", status=404) | refuses("mismatch_closed", status=409))
async def close_mismatch(customer_id: UUID, body: MismatchClosing, tx: Tx) -> ExposureMismatchRead:
    """Say why a mismatch is settled: integrity holds again, and the fact stays."""
    command = closing.CloseMismatch(customer_id, body.currency, body.sequence, body.reason)
    return ExposureMismatchRead.of(await closing.close_mismatch(tx, command))
