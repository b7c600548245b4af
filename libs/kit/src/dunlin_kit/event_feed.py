"""The pull feed of a service: its facts over HTTP, for those who cannot or will not read the bus."""

import json
import zlib
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from dunlin_events import feed
from dunlin_events.feed import Place
from dunlin_events.subscription import Statements
from dunlin_kit import pages
from dunlin_kit.auth import requires
from dunlin_kit.pages import Limit, Seal
from dunlin_kit.problems import refuses
from dunlin_kit.write_route import ReadRoute, Tx

DEFAULT_LIMIT = 100
MOST_TYPES = 50
LONGEST_CURSOR = 20_000
"""A cursor names the transactions under way at both ends of its window: with 1,000 at each it is shorter."""


class EventRead(BaseModel):
    """A fact in its envelope: CloudEvents 1.0, structured, with the attributes of a record's headers."""

    specversion: str = Field(examples=["1.0"])
    id: str = Field(description="The fact's own id; the same when it comes again.")
    source: str
    type: str = Field(description="dunlin.<owner>.<fact>.v<major>")
    time: str = Field(description="When it was recorded, by the machine's clock.")
    subject: str = Field(description="The customer's id; the tenant's for a fact that concerns no customer.")
    dataschema: str
    partitionkey: str = Field(description="The stream.")
    era: str = Field(description="Grows when the owner's database was restored.")
    sequence: str = Field(description="1, 2, 3 ... in its stream, without a gap; padded to 20 digits.")
    correlationid: str
    causationid: str | None
    recordedtime: str = Field(description="When it was recorded, by the tenant's own clock.")
    tenantid: str
    traceparent: str | None
    datacontenttype: str
    data: dict[str, Any] = Field(description="The payload, of the schema that dataschema names.")


class EventPage(BaseModel):
    """Facts in order. Read on with `next_cursor`, at once when `has_more`, else later; a page may be empty."""

    data: list[EventRead]
    next_cursor: str = Field(description="Send it as `after`. It is also there when nothing more is.")
    has_more: bool


class Positions:
    """The places of the feed of one service and tenant, as the texts that clients keep."""

    def __init__(self, request: Request) -> None:
        state = request.app.state
        self._seal = Seal(state.cursor_secret, f"{request.state.principal.tenant}|{state.service}|events")

    def told(self, place: Place) -> str:
        """An opaque, signed text."""
        return self._seal.close(zlib.compress(json.dumps(place, separators=(",", ":")).encode(), 9))

    def asked(self, cursor: str) -> Place:
        """Refuses: cursor_invalid."""
        return Place(*json.loads(zlib.decompress(self._seal.open(cursor))))

    async def present(self, tx: Statements) -> str:
        """The cursor that reads on exactly behind what this transaction sees."""
        return self.told(await feed.present(tx))


async def _positions(request: Request) -> Positions:
    return Positions(request)


Feed = Annotated[Positions, Depends(_positions)]
After = Annotated[
    str | None,
    Query(max_length=LONGEST_CURSOR,
          description="The next_cursor of the page before, or a report's position. Without it: all."),
]
Types = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=100)]] | None,
    Query(max_length=MOST_TYPES, description="Only facts of these types; the cursor goes on past the others."),
]


def router_of(service: str) -> APIRouter:
    """The feed of a service."""
    router = APIRouter(route_class=ReadRoute, tags=["events"])

    @router.get(
        f"/{service}/v1/events",
        operation_id=f"list_{service}_events",
        dependencies=[requires("events:read")],
        responses=pages.RESPONSES | refuses("era_ended", "stands_after_restore", status=409),
        response_model=EventPage,
    )
    async def list_events(
        tx: Tx, positions: Feed, after: After = None, types: Types = None, limit: Limit = DEFAULT_LIMIT
    ) -> Response:
        """The tenant's facts in the order of the bus, from the first one on: per stream without a gap."""
        place = positions.asked(after) if after else None
        page = await feed.read(tx, place, types=types, limit=limit)
        behind = {"next_cursor": positions.told(page.place), "has_more": page.has_more}
        body = b'{"data": [' + b", ".join(page.events) + b"], " + json.dumps(behind).encode()[1:]
        return Response(body, media_type="application/json", headers={"Cache-Control": "no-store"})

    return router
