"""Parked events over HTTP: a tenant's token for its own streams, an operator's for all; who skipped what, and why."""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Self

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from dunlin_events import parking
from dunlin_events.parking import Overview
from dunlin_events.watermark import Key
from dunlin_kernel.errors import NotFound
from dunlin_kernel.ids import NIL
from dunlin_kit import pages
from dunlin_kit.auth import operator_too, requires
from dunlin_kit.pages import Limit, Page, Paging
from dunlin_kit.problems import refuses
from dunlin_kit.telemetry import log
from dunlin_kit.transaction import Transaction
from dunlin_kit.write_route import ReadRoute, Tx, WriteRoute

Name = Annotated[str, Field(min_length=1, max_length=200)]
Why = Annotated[str, Field(min_length=1, max_length=1000, description="Is kept with the event.")]


class ParkedReason(StrEnum):
    """Why an event waits, or why its stream stands still. `behind`: it only waits for one before it.

    `retried`: it waits no more; somebody had it tried again, and `detail` says what it had failed of before.
    With `skipped_at`, `era` says that somebody had a new era of its stream read on.
    """

    POISON = "poison"
    UNDECODABLE = "undecodable"
    HOLE = "hole"
    UNREADY = "unready"
    ERA = "era"
    BEHIND = "behind"
    RETRIED = "retried"


class ParkedEventRead(BaseModel):
    """An event that waits, or that was skipped or tried again. `held` is why its stream stands still, or null."""

    consumer: str
    owner: str
    stream: str
    mark: str = Field(description="era/sequence, or the place on the bus of a record without readable headers.")
    type: str | None
    reason: ParkedReason
    detail: str
    held: ParkedReason | None
    parked_at: datetime
    skipped_at: datetime | None
    skipped_by: str | None
    skipped_why: str | None

    @classmethod
    def of(cls, found: Overview) -> Self:
        return cls.model_validate({name: getattr(found, name) for name in cls.model_fields})


class ParkedEventPage(Page[ParkedEventRead]):
    """By stream, in order: the first of a stream is the one at which it stands."""


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ParkedStreamRetry(_Asked):
    """Let the first event that waits in this stream be tried again."""

    consumer: Name
    owner: Name
    stream: Name


class ParkedEventSkip(_Asked):
    """Give an event up: it has no effect here, ever."""

    consumer: Name
    owner: Name
    stream: Name
    mark: Name
    why: Why


class ParkedHoleSkip(_Asked):
    """Give the events up that have not come before the first that waits."""

    consumer: Name
    owner: Name
    stream: Name
    why: Why


_READ = [operator_too, requires("parked:read")]
_WRITE = [operator_too, requires("parked:write")]
_NOT_PARKED = refuses("not_parked", status=404)


def _own_streams(tx: Transaction) -> str:
    """How the streams begin that this token may see; an operator's sees all."""
    return "" if tx.tenant == NIL else f"{tx.tenant}:"


def _key(tx: Transaction, asked: ParkedStreamRetry | ParkedEventSkip | ParkedHoleSkip) -> Key:
    """Refuses: not_parked, for a stream that is not the token's."""
    if not asked.stream.startswith(_own_streams(tx)):
        raise NotFound("not_parked", "No event of this stream is parked.")
    return Key(asked.consumer, asked.owner, asked.stream)


async def _list(
    tx: Tx, cursor: Paging, response: Response, limit: Limit = pages.DEFAULT_LIMIT,
    skipped: Annotated[bool, Query(description="Those given up or tried again, instead of those that wait.")] = False,
) -> ParkedEventPage:
    """Events that could not be applied, and those that wait behind them."""
    found = await parking.page_of_parked(
        tx, streams=_own_streams(tx), skipped=skipped, after=cursor.after, most=limit + 1)
    page = cursor.page(response, found, limit, lambda one: one.place)
    return ParkedEventPage(**page | {"data": [ParkedEventRead.of(one) for one in page["data"]]})


async def _retry(body: ParkedStreamRetry, tx: Tx) -> ParkedEventRead:
    """Try the first event that waits in a stream again, within seconds. Refuses: nothing_to_retry, not_parked."""
    key = _key(tx, body)
    first = await parking.first_parked(tx, key)
    await parking.retry_parked(tx, key, who=tx.actor)
    log.info("parked_event_retried", who=tx.actor, mark=first.mark, **key._asdict())
    return ParkedEventRead.of(await parking.parked_one(tx, key, first.mark))


async def _skip(body: ParkedEventSkip, tx: Tx) -> ParkedEventRead:
    """Give up the first event that waits in a stream, for a reason. Refuses: reason_missing, not_parked, not_next."""
    key = _key(tx, body)
    await parking.skip_parked(tx, key, body.mark, who=tx.actor, why=body.why)
    log.warning("parked_event_skipped", who=tx.actor, why=body.why, mark=body.mark, **key._asdict())
    return ParkedEventRead.of(await parking.parked_one(tx, key, body.mark))


async def _skip_hole(body: ParkedHoleSkip, tx: Tx) -> ParkedEventRead:
    """Give up events that have not come, for a reason. Refuses: reason_missing, no_hole."""
    key = _key(tx, body)
    mark = await parking.skip_hole(tx, key, who=tx.actor, why=body.why)
    log.warning("hole_skipped", who=tx.actor, why=body.why, mark=mark, **key._asdict())
    return ParkedEventRead.of(await parking.parked_one(tx, key, mark))


def routers_of(service: str) -> tuple[APIRouter, APIRouter]:
    """The routes of a service: reading, and acting."""
    at = f"/{service}/v1/parked-events"
    reads = APIRouter(route_class=ReadRoute, tags=["parked-events"])
    reads.get(at, operation_id=f"list_{service}_parked_events", dependencies=_READ, responses=pages.RESPONSES)(_list)
    writes = APIRouter(route_class=WriteRoute, tags=["parked-events"])
    acts: tuple[tuple[str, str, Callable[..., Any], dict[int | str, dict[str, Any]]], ...] = (
        ("retry", f"retry_{service}_parked_event", _retry, refuses("nothing_to_retry", status=409)),
        ("skip", f"skip_{service}_parked_event", _skip, refuses("reason_missing") | refuses("not_next", status=409)),
        ("skip-hole", f"skip_{service}_hole", _skip_hole, refuses("reason_missing") | refuses("no_hole", status=409)),
    )
    for verb, operation_id, act, refusals in acts:
        route = writes.post(
            f"{at}:{verb}", operation_id=operation_id, dependencies=_WRITE, responses=_NOT_PARKED | refusals)
        route(act)
    return reads, writes
