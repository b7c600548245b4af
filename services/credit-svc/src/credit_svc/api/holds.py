"""Holds: placed and released by hand, and those that the rules placed."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from credit_svc.api.shapes import Body, amount_or_none
from credit_svc.domain.hold import HoldRule
from credit_svc.store import holds
from credit_svc.store.holds import AskedHolds, Hold
from credit_svc.usecases import place_credit_hold as placing
from credit_svc.usecases import release_credit_hold as releasing
from dunlin_events.contracts.base import Amount
from dunlin_kit.auth import Me, requires
from dunlin_kit.owned import EVERYBODYS, OwnerCode, StandingInFor, asked_for
from dunlin_kit.pages import RESPONSES, Limit, Page, Paging
from dunlin_kit.problems import refuses
from dunlin_kit.staff import Owner, Whose
from dunlin_kit.told_headers import Located
from dunlin_kit.wire import Day
from dunlin_kit.write_route import ReadRoute, Tx, WriteRoute

writes = APIRouter(route_class=WriteRoute, tags=["holds"])
reads = APIRouter(route_class=ReadRoute, tags=["holds"])
routers = (writes, reads)


class ManualHoldReason(StrEnum):
    """Why a person stops a customer's credit; it is told to the other services."""

    PAYMENT_BEHAVIOUR = "payment_behaviour"
    INSOLVENCY = "insolvency"
    FRAUD_SUSPECTED = "fraud_suspected"
    DOCUMENTS_MISSING = "documents_missing"
    OTHER = "other"


class CreditHoldCreate(Body):
    """A hold by hand. The note stays in this service."""

    reason: ManualHoldReason
    note: str = Field(min_length=1, max_length=500)


class CreditHoldRelease(Body):
    """The end of a hold by hand. A rule's own may come back after `waived_until` (left out: today)."""

    reason: str = Field(min_length=1, max_length=500)
    waived_until: Day | None = None


class CreditHoldRead(BaseModel):
    """A hold. `amount` and `days` are what its rule found; it stands until `released_at`."""

    id: UUID
    customer_id: UUID
    number: str | None
    name: str | None
    owner_code: str | None = OwnerCode
    standing_in_for: str | None = StandingInFor
    rule: HoldRule
    reason: str
    note: str | None
    amount: Amount | None
    days: int | None
    placed_by: str
    placed_at: datetime
    released_by: str | None
    released_at: datetime | None
    release_reason: str | None
    waived_until: date | None

    @classmethod
    def of(cls, one: Hold, asked: Whose = EVERYBODYS) -> Self:
        return cls(
            id=one.id, customer_id=one.customer_id, number=one.number, name=one.name,
            owner_code=one.owner_code, standing_in_for=asked.standing_in_for(one.owner_code), rule=one.rule,
            reason=one.reason, note=one.note, amount=amount_or_none(one.cause.amount), days=one.cause.days,
            placed_by=one.placed_by, placed_at=one.placed_at, released_by=one.released_by,
            released_at=one.released_at, release_reason=one.release_reason, waived_until=one.waived_until)


class CreditHoldPage(Page[CreditHoldRead]):
    """Holds, in the order in which they were placed."""


@writes.post("/credit/v1/customers/{customer_id}/holds", status_code=201, dependencies=[requires("credit:write")],
             responses=refuses("customer_not_known_yet", "hold_stands", status=409))
async def place_credit_hold(
    customer_id: UUID, body: CreditHoldCreate, tx: Tx, response: Located,
) -> CreditHoldRead:
    """Stop new credit for a customer, until a person releases it; what was authorised before is captured."""
    hold = await placing.place_credit_hold(tx, placing.PlaceCreditHold(customer_id, body.reason.value, body.note))
    response.headers["Location"] = f"/credit/v1/holds/{hold.id}"
    return CreditHoldRead.of(hold)


@writes.post("/credit/v1/holds/{hold_id}:release", dependencies=[requires("credit:write")],
             responses=refuses("hold_not_found", status=404) | refuses("hold_released", status=409)
             | refuses("waiver_in_past"))
async def release_credit_hold(hold_id: UUID, body: CreditHoldRelease, tx: Tx) -> CreditHoldRead:
    """Release a hold, whoever placed it."""
    command = releasing.ReleaseCreditHold(hold_id, body.reason, body.waived_until)
    return CreditHoldRead.of(await releasing.release_credit_hold(tx, command))


@reads.get("/credit/v1/holds/{hold_id}", dependencies=[requires("credit:read")],
           responses=refuses("hold_not_found", status=404))
async def get_credit_hold(hold_id: UUID, tx: Tx) -> CreditHoldRead:
    """A hold and, when it has one, its end."""
    return CreditHoldRead.of(await holds.get(tx, hold_id))


@reads.get("/credit/v1/holds", dependencies=[requires("credit:read")], responses=RESPONSES)
async def list_credit_holds(
    tx: Tx, me: Me, cursor: Paging, response: Response, limit: Limit = 50,
    customer_id: Annotated[UUID | None, Query()] = None, standing: bool = True, owner: Owner = None,
) -> CreditHoldPage:
    """Holds that stand or, with `standing=false`, all that ever did."""
    after = UUID(cursor.after[0]) if cursor.after else None
    asked = await asked_for(tx, me, owner)
    found = await holds.some(tx, AskedHolds(customer_id, asked.codes, standing, after, limit + 1))
    return CreditHoldPage(**cursor.page(
        response, found, limit, lambda one: [one.id], lambda one: CreditHoldRead.of(one, asked)))
