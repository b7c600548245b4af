"""Routes of calls: planned, logged with their outcome, and read."""

from datetime import date
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict

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
from notify_svc.api.promises import Note, PromiseCreate
from notify_svc.domain.call import CallOutcome, CallReason, CallTask
from notify_svc.store import calls, customer_names
from notify_svc.store.customer_names import CustomerNamed
from notify_svc.usecases.log_call import LogCall

router = APIRouter(prefix="/notify/v1", route_class=ReadRoute, tags=["collections"])
writes = APIRouter(prefix="/notify/v1", route_class=WriteRoute, tags=["collections"])


class CallCreate(BaseModel):
    """A call to be made on a day."""

    model_config = ConfigDict(extra="forbid")
    customer_id: UUID
    due_on: Day
    note: Note | None = None


class CallLog(BaseModel):
    """How a call went; `promise` comes with the outcome of that name, and no other."""

    model_config = ConfigDict(extra="forbid")
    outcome: CallOutcome
    note: Note | None = None
    promise: PromiseCreate | None = None


class CallRead(BaseModel):
    """A call; without an outcome it is still to be made. `attempt` counts those in a row that reached nobody."""

    id: UUID
    customer_id: UUID
    number: str | None
    name: str | None
    owner_code: str | None = OwnerCode
    standing_in_for: str | None = StandingInFor
    reason: CallReason
    due_on: date
    opened_on: date
    opened_by: str
    attempt: int
    message_id: UUID | None
    outcome: CallOutcome | None
    called_on: date | None
    called_by: str | None
    note: str | None
    promise_id: UUID | None

    @classmethod
    def of(cls, task: CallTask, named: CustomerNamed, asked: Whose = EVERYBODYS) -> Self:
        own = {name: getattr(task, name) for name in cls.model_fields if hasattr(task, name)}
        return cls(**own, **named._asdict(), standing_in_for=asked.standing_in_for(named.owner_code))


class CallPage(Page[CallRead]):
    """Calls, newest first."""


class CallFilter(BaseModel):
    """What the list is narrowed to; `open`: still to be made."""

    customer_id: UUID | None = None
    open: bool | None = None


async def _filter(query: Annotated[CallFilter, Query()]) -> CallFilter:
    return query


@writes.post("/calls", status_code=201, dependencies=[requires("collections:write")],
             responses=refuses("customer_not_known_yet", "tenant_not_known_yet", status=409)
             | refuses("invalid_request"))
async def plan_call(body: CallCreate, tx: Tx, response: Located) -> CallRead:
    """Plan a call to a customer."""
    task = await usecases.plan_call(tx, body.customer_id, due_on=body.due_on, note=body.note)
    response.headers["Location"] = f"/notify/v1/calls/{task.id}"
    return await _read(tx, task)


@writes.post("/calls/{call_id}:log", dependencies=[requires("collections:write")],
             responses=refuses("call_not_found", "item_not_found", status=404)
             | refuses("illegal_transition", "promise_running", "customer_not_known_yet", "tenant_not_known_yet",
                       status=409)
             | refuses("invalid_request", "promise_missing", "amount_not_positive", "promise_day_out_of_range",
                       "bad_grace_days", "promise_above_open", "unknown_currency", "malformed_amount",
                       "wrong_precision", "amount_too_large"))
async def log_call(call_id: UUID, body: CallLog, tx: Tx) -> CallRead:
    """Log how a call went, and take down what was promised; who was not reached is called again."""
    promise = body.promise.to_command() if body.promise else None
    return await _read(tx, await usecases.log_call(tx, LogCall(call_id, body.outcome, body.note, promise)))


@router.get("/calls", dependencies=[requires("collections:read")], responses=pages.RESPONSES)
async def list_calls(
    tx: Tx, me: Me, response: Response, cursor: Paging, query: Annotated[CallFilter, Depends(_filter)],
    owner: Owner = None, limit: Limit = pages.DEFAULT_LIMIT,
) -> CallPage:
    """Calls that were made or are to be made, newest first."""
    asked = await asked_for(tx, me, owner)
    filters = query.model_dump() | {"owners": asked.codes, "after": UUID(cursor.after[0]) if cursor.after else None}
    found = await calls.listed(tx, filters, limit=limit + 1)
    names = await customer_names.of(tx, (one.customer_id for one in found))
    return CallPage(**cursor.page(
        response, found, limit, lambda one: [one.id], lambda one: CallRead.of(one, names[one.customer_id], asked)))


async def _read(tx: Tx, task: CallTask) -> CallRead:
    return CallRead.of(task, await customer_names.of_one(tx, task.customer_id))
