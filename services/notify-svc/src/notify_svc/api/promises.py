"""Routes of promises to pay: take one down, take it back, and see how each was judged."""

from datetime import date
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from dunlin_events.contracts.base import Amount
from dunlin_kit import pages
from dunlin_kit.auth import Me, requires
from dunlin_kit.owned import EVERYBODYS, OwnerCode, StandingInFor, asked_for
from dunlin_kit.pages import Limit, Page, Paging
from dunlin_kit.problems import refuses
from dunlin_kit.staff import Owner, Whose
from dunlin_kit.told_headers import Located
from dunlin_kit.wire import Day
from dunlin_kit.write_route import ReadRoute, Tx, WriteRoute
from notify_svc import usecases
from notify_svc.domain.promise import MAX_GRACE_DAYS, Promise, PromiseStatus
from notify_svc.store import customer_names, customers, promises
from notify_svc.store.customer_names import CustomerNamed
from notify_svc.usecases.make_promise import MakePromise

router = APIRouter(prefix="/notify/v1", route_class=ReadRoute, tags=["promises"])
writes = APIRouter(prefix="/notify/v1", route_class=WriteRoute, tags=["promises"])
NOT_FOUND = refuses("promise_not_found", status=404)
MAX_ITEMS = 100
Note = Annotated[str, Field(min_length=1, max_length=500, pattern=r"^[^\x00]*$")]


class PromiseCreate(BaseModel):
    """What a customer promised; without `item_ids` it is for all that is owed in the currency of the amount."""

    model_config = ConfigDict(extra="forbid")
    customer_id: UUID
    amount: Amount
    promised_on: Day
    grace_days: int = Field(default=0, ge=0, le=MAX_GRACE_DAYS, strict=True)
    item_ids: Annotated[list[UUID], Field(max_length=MAX_ITEMS)] = []
    note: Note | None = None

    def to_command(self) -> MakePromise:
        """Refuses: unknown_currency, malformed_amount, wrong_precision, amount_too_large."""
        return MakePromise(self.customer_id, self.amount.money, self.promised_on, self.grace_days,
                           frozenset(self.item_ids), self.note)


class PromiseRead(BaseModel):
    """A promise and how it stands: `received` came for it in time; `last_on` is the last day that counts.

    `item_ids` is empty where it is for all that is owed; `open_when_made` was owed of what it is for.
    """

    id: UUID
    customer_id: UUID
    number: str | None
    name: str | None
    owner_code: str | None = OwnerCode
    standing_in_for: str | None = StandingInFor
    amount: Amount
    promised_on: date
    grace_days: int
    last_on: date
    item_ids: list[UUID]
    status: PromiseStatus
    received: Amount
    open_when_made: Amount
    made_on: date
    made_by: str
    judged_on: date | None
    end_reason: str | None
    note: str | None

    @classmethod
    def of(cls, promise: Promise, named: CustomerNamed, asked: Whose = EVERYBODYS) -> Self:
        return cls(
            **named._asdict(), standing_in_for=asked.standing_in_for(named.owner_code), id=promise.id,
            customer_id=promise.customer_id, amount=Amount.of(promise.amount),
            promised_on=promise.promised_on, grace_days=promise.grace_days, last_on=promise.last_on,
            item_ids=sorted(promise.items), status=promise.status, received=Amount.of(promise.received),
            open_when_made=Amount.of(promise.open_when_made), made_on=promise.made_on, made_by=promise.made_by,
            judged_on=promise.judged_on, end_reason=promise.end_reason, note=promise.note)


class PromisePage(Page[PromiseRead]):
    """Promises, newest first."""


class PromiseFilter(BaseModel):
    """What the list is narrowed to."""

    customer_id: UUID | None = None
    item_id: UUID | None = None
    status: PromiseStatus | None = None


async def _filter(query: Annotated[PromiseFilter, Query()]) -> PromiseFilter:
    return query


@writes.post("/promises", status_code=201, dependencies=[requires("collections:write")],
             responses=refuses("item_not_found", status=404)
             | refuses("promise_running", "customer_not_known_yet", "tenant_not_known_yet", status=409)
             | refuses("invalid_request", "amount_not_positive", "promise_day_out_of_range", "bad_grace_days",
                       "promise_above_open", "unknown_currency", "malformed_amount", "wrong_precision",
                       "amount_too_large"))
async def make_promise(body: PromiseCreate, tx: Tx, response: Located) -> PromiseRead:
    """Take down a promise: the ladders of what it is for wait until it is judged at the turn of the day."""
    made = await usecases.make_promise(tx, body.to_command())
    response.headers["Location"] = f"/notify/v1/promises/{made.id}"
    return await _read(tx, made)


@writes.post("/promises/{promise_id}:withdraw", dependencies=[requires("collections:write")],
             responses=NOT_FOUND | refuses("illegal_transition", "tenant_not_known_yet", status=409)
             | refuses("invalid_request"))
async def withdraw_promise(promise_id: UUID, tx: Tx) -> PromiseRead:
    """Take a running promise back: the ladders go on with the next run."""
    return await _read(tx, await usecases.withdraw_promise(tx, promise_id))


@router.get("/promises", dependencies=[requires("collections:read")],
            responses=pages.RESPONSES | refuses("customer_not_known_yet", status=409))
async def list_promises(
    tx: Tx, me: Me, response: Response, cursor: Paging, query: Annotated[PromiseFilter, Depends(_filter)],
    owner: Owner = None, limit: Limit = pages.DEFAULT_LIMIT,
) -> PromisePage:
    """Promises and how each was judged, newest first."""
    await customers.assert_heard_of(tx, query.customer_id)
    asked = await asked_for(tx, me, owner)
    filters = query.model_dump() | {"owners": asked.codes, "after": UUID(cursor.after[0]) if cursor.after else None}
    found = await promises.listed(tx, filters, limit=limit + 1)
    names = await customer_names.of(tx, (one.customer_id for one in found))
    return PromisePage(**cursor.page(
        response, found, limit, lambda one: [one.id], lambda one: PromiseRead.of(one, names[one.customer_id], asked)))


@router.get("/promises/{promise_id}", dependencies=[requires("collections:read")], responses=NOT_FOUND)
async def get_promise(promise_id: UUID, tx: Tx) -> PromiseRead:
    """One promise."""
    return await _read(tx, await promises.find(tx, promise_id))


async def _read(tx: Tx, promise: Promise) -> PromiseRead:
    return PromiseRead.of(promise, await customer_names.of_one(tx, promise.customer_id))
