"""The outbox: facts are stored with the change they tell of, numbered per stream, in one statement at the end."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    DateTime,
    Identity,
    Integer,
    LargeBinary,
    Select,
    Text,
    Uuid,
    bindparam,
    column,
    func,
    literal_column,
    select,
    table,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.dialects.postgresql.base import ischema_names
from sqlalchemy.types import TypeEngine, UserDefinedType
from sqlmodel import Field, SQLModel

from dunlin_events.contracts.base import Event
from dunlin_events.envelope import Envelope, stream_of
from dunlin_kernel.ids import new_id

ERA_STREAM = ""
"""The row of `event_stream` that holds the era in which new streams begin; it is written by a rebase only."""
POSITION_HEADERS = ("ce_era", "ce_sequence")
"""Known only once the stream's head is taken; the relay adds them from the row."""

_as_text = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Xid8(UserDefinedType[int]):
    """A transaction id of PostgreSQL that never wraps around."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "XID8"


ischema_names["xid8"] = Xid8


class EventStreamColumns(SQLModel):
    """`event_stream`: the last number given in each stream, and the era in which it was given."""

    stream: str = Field(primary_key=True, sa_type=Text)
    seq: int = Field(sa_type=BigInteger)
    era: int = Field(sa_type=Integer, sa_column_kwargs={"server_default": "1"})


class OutboxEventColumns(SQLModel):
    """`outbox_event`: every fact ever published, with the bytes that go on the wire. Append-only."""

    id: int = Field(
        primary_key=True, sa_type=BigInteger, sa_column_kwargs={"server_default": Identity(always=True, cache=1)}
    )
    txid: int = Field(index=True, sa_type=Xid8, sa_column_kwargs={"server_default": func.pg_current_xact_id()})
    event_id: UUID = Field(sa_type=Uuid)
    stream: str = Field(sa_type=Text)
    era: int = Field(sa_type=Integer)
    seq: int = Field(sa_type=BigInteger)
    type: str = Field(sa_type=Text)
    headers: str = Field(sa_type=Text)
    payload: bytes = Field(sa_type=LargeBinary)
    created_at: datetime = Field(sa_type=DateTime(timezone=True), sa_column_kwargs={"server_default": func.now()})


class Trace(NamedTuple):
    """What a fact follows from: the request's correlation, the event or command before it, the W3C trace."""

    correlation_id: str
    causation_id: str | None = None
    traceparent: str | None = None


class Pending(NamedTuple):
    """A fact on its way into the outbox; its place in the stream is not known yet."""

    event_id: UUID
    stream: str
    type: str
    headers: str
    payload: bytes


def pending(event: Event, *, tenant: UUID, now: datetime, recorded_at: datetime, trace: Trace, source: str) -> Pending:
    """Serialise a fact once, to its bytes on the wire. `now` is the machine's time, `recorded_at` the tenant's."""
    envelope = Envelope(
        event_id=new_id(),
        type=event.wire_type(),
        source=source,
        stream=stream_of(tenant, event.concerns),
        era=0,
        sequence=0,
        time=now,
        recorded_at=recorded_at,
        correlation_id=trace.correlation_id,
        causation_id=trace.causation_id,
        traceparent=trace.traceparent,
    )
    headers = envelope.attributes()
    for name in POSITION_HEADERS:
        del headers[name]
    return Pending(
        envelope.event_id,
        envelope.stream,
        envelope.type,
        _as_text(headers),
        event.__pydantic_serializer__.to_json(event),
    )


def wire_headers(headers: str, era: int, seq: int) -> tuple[tuple[str, bytes], ...]:
    """The stored headers with the place in the stream: as `Envelope.headers` gives them."""
    stored = json.loads(headers)
    stored |= zip(POSITION_HEADERS, (str(era), f"{seq:020d}"), strict=True)
    return tuple((name, value.encode()) for name, value in stored.items())


_BINDS: dict[str, TypeEngine[Any]] = {
    "outbox_event_id": Uuid(),
    "outbox_stream": Text(),
    "outbox_type": Text(),
    "outbox_headers": Text(),
    "outbox_payload": LargeBinary(),
}


def bind(pendings: Sequence[Pending]) -> dict[str, object]:
    """The values of APPEND for these facts, in the order in which they were emitted."""
    return {name: [fact[at] for fact in pendings] for at, name in enumerate(_BINDS)}


def _append() -> Select[tuple[str, int, int]]:
    given = (
        func.unnest(*(bindparam(name, type_=ARRAY(of)) for name, of in _BINDS.items()))
        .table_valued(*(column(name, of) for name, of in _BINDS.items()), with_ordinality="o")
        .render_derived(name="given")
    )
    key = given.c.outbox_stream
    event = select(
        *(given.c[name] for name in _BINDS),
        func.row_number().over(partition_by=key, order_by=given.c.o).label("i"),
        func.count().over(partition_by=key).label("n"),
    ).cte("event")

    heads = table("event_stream", column("stream", Text), column("seq", BigInteger), column("era", Integer))
    era = select(heads.c.era).where(heads.c.stream == literal_column("''", Text)).scalar_subquery()
    first = (
        select(event.c.outbox_stream, event.c.n, func.coalesce(era, literal_column("1")))
        .where(event.c.i == literal_column("1"))
        .order_by(event.c.outbox_stream)
    )
    taken = insert(heads).from_select(["stream", "seq", "era"], first)
    head = (
        taken.on_conflict_do_update(index_elements=[heads.c.stream], set_={"seq": heads.c.seq + taken.excluded.seq})
        .returning(heads.c.stream, heads.c.seq, heads.c.era)
        .cte("head")
    )

    columns = ["event_id", "stream", "era", "seq", "type", "headers", "payload"]
    numbered = (
        select(
            event.c.outbox_event_id,
            event.c.outbox_stream,
            head.c.era,
            head.c.seq - event.c.n + event.c.i,
            event.c.outbox_type,
            event.c.outbox_headers,
            event.c.outbox_payload,
        )
        .join_from(event, head, head.c.stream == event.c.outbox_stream)
        .order_by(event.c.outbox_stream, event.c.i)
    )
    outbox = insert(table("outbox_event", *(column(name) for name in columns))).from_select(columns, numbered)
    return select(head.c.stream, head.c.seq, head.c.era).add_cte(outbox.cte("appended"))


APPEND = _append()
"""Takes the heads of all streams concerned, in key order, numbers the facts of `bind` from them and stores them.

Returns one row (stream, seq, era) per stream: the last number given. It is the last statement of its transaction:
the order of a stream is then the order of the commits. With `.add_cte(...)` further writes leave in the same statement.
"""
