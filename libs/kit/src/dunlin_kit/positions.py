"""Read your writes: an answer says how far its streams are, and a request may wait until that was heard."""

import asyncio
import re
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request
from sqlalchemy import BigInteger, Text, bindparam, column, select, table
from sqlalchemy.dialects.postgresql import ARRAY

from dunlin_kernel.errors import NotReady
from dunlin_kit.database import Database
from dunlin_kit.problems import Refusal
from dunlin_kit.transaction import Transaction

HEADER = b"dunlin-position"
WAIT_SECONDS = 2.0
_STEP_SECONDS = 0.02

_WATERMARK = table(
    "watermark", column("consumer", Text), column("owner", Text), column("stream", Text), column("sequence", BigInteger)
)
_STREAM = table("event_stream", column("stream", Text), column("seq", BigInteger))
_HEARD = select(_WATERMARK.c.sequence).where(
    _WATERMARK.c.consumer == bindparam("consumer"),
    _WATERMARK.c.owner == bindparam("owner"),
    _WATERMARK.c.stream == bindparam("stream"),
)
_HEADS = select(_STREAM.c.stream, _STREAM.c.seq).where(
    _STREAM.c.stream == bindparam("streams", type_=ARRAY(Text)).any_()
)

_POSITION = re.compile(r"^[a-z]+/[0-9a-f-]{36}:[0-9a-f-]*/[0-9]+$")
MinPosition = Annotated[
    str | None,
    Query(
        alias="min_position",
        max_length=120,
        pattern=_POSITION.pattern,
        description="A Dunlin-Position of an earlier answer: wait, at most 2 seconds, until it is heard.",
    ),
]


async def declared(min_position: MinPosition = None) -> None:
    """Puts `min_position` into the API document; the route waits by `reached` before it handles."""


async def heads_of(tx: Transaction, streams: tuple[str, ...]) -> dict[str, int]:
    """The present heads of these streams."""
    return {row["stream"]: row["seq"] for row in await tx.rows(_HEADS, streams=list(streams))}


def header_of(service: str, heads: dict[str, int]) -> tuple[bytes, bytes]:
    """`Dunlin-Position: billing/<tenant>:<customer>/7`, several joined by commas."""
    return HEADER, ", ".join([f"{service}/{stream}/{seq}" for stream, seq in sorted(heads.items())]).encode()


async def reached(request: Request, database: Database, service: str, tenant: UUID) -> None:
    """Wait for the position the request asks for. Refuses: position_malformed, position_not_reached."""
    asked = request.query_params.get("min_position")
    if not asked:
        return
    owner, _, rest = asked.partition("/")
    stream, _, number = rest.rpartition("/")
    if not (_POSITION.fullmatch(asked) and stream.startswith(f"{tenant}:") and len(number) < 19):
        raise Refusal(422, "position_malformed", "min_position is owner/stream/sequence of one of your streams.")

    async def present(tx: Transaction) -> int:
        if owner == service:
            return (await heads_of(tx, (stream,))).get(stream, 0)
        row: Any = await tx.row(_HEARD, consumer=service, owner=owner, stream=stream)
        return int(row["sequence"]) if row else 0

    ends = asyncio.get_running_loop().time() + WAIT_SECONDS
    while await database.read(tenant, present) < int(number):
        if asyncio.get_running_loop().time() >= ends:
            raise NotReady("position_not_reached", "This service has not heard that far yet; try again.")
        await asyncio.sleep(_STEP_SECONDS)
