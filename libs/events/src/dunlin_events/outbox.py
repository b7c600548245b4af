"""The outbox: facts are stored with the change they tell of, numbered per stream, in one statement at the end."""

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CTE,
    BigInteger,
    ColumnElement,
    DateTime,
    Identity,
    Integer,
    LargeBinary,
    Select,
    Text,
    Uuid,
    bindparam,
    case,
    column,
    false,
    func,
    literal_column,
    null,
    select,
    table,
    true,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.dialects.postgresql.base import ischema_names
from sqlalchemy.types import TypeEngine, UserDefinedType
from sqlmodel import Field, SQLModel

from dunlin_events.contracts.base import Event
from dunlin_events.envelope import About, attributes_of, stream_of
from dunlin_events.json_text import json_text
from dunlin_kernel.ids import new_id

POSITION_HEADERS = ("ce_era", "ce_sequence")
"""Known only once the stream's head is taken; the relay adds them from the row."""


class Xid8(UserDefinedType[int]):
    """A transaction id of PostgreSQL that never wraps around."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "XID8"


ischema_names["xid8"] = Xid8


class EventStreamColumns(SQLModel):
    """`event_stream`: the last number given in each stream, and the era in which it was given.

    The row of the empty name has the era in which new streams begin; only a rebase writes it.
    """

    stream: str = Field(primary_key=True, sa_type=Text)
    seq: int = Field(sa_type=BigInteger)
    era: int = Field(sa_type=Integer, sa_column_kwargs={"server_default": "1"})


class OutboxEventColumns(SQLModel):
    """`outbox_event`: every fact ever published, with the bytes that go on the wire. Append-only."""

    id: int = Field(
        primary_key=True, sa_type=BigInteger, sa_column_kwargs={"server_default": Identity(always=True, cache=1)}
    )
    txid: int = Field(index=True, sa_type=Xid8, sa_column_kwargs={"server_default": func.pg_current_xact_id()})
    event_id: UUID = Field(index=True, sa_type=Uuid)
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
    event_id, wire_type, stream = new_id(), event.wire_type(), stream_of(tenant, event.concerns)
    headers = attributes_of(event_id, wire_type, stream, About(source, now, recorded_at, *trace))
    return Pending(event_id, stream, wire_type, json_text(headers), event.__pydantic_serializer__.to_json(event))


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
    return dict(zip(APPENDING.binds, APPENDING.values(pendings), strict=True))


_STREAM = "outbox_stream"
_heads = table("event_stream", column("stream", Text), column("seq", BigInteger), column("era", Integer))
_outbox = table("outbox_event", *(column(name) for name in (
    "event_id", "stream", "era", "seq", "type", "headers", "payload")))


def _given(*, but: str | None = None) -> Any:
    """The facts as rows, in the order in which they were emitted; without the column that is the same of all."""
    listed = {name: of for name, of in _BINDS.items() if name != but}
    return (
        func.unnest(*(bindparam(name, type_=ARRAY(of)) for name, of in listed.items()))
        .table_valued(*(column(name, of) for name, of in listed.items()), with_ordinality="o")
        .render_derived(name="given")
    )


def _era() -> Any:
    era = select(_heads.c.era).where(_heads.c.stream == literal_column("''", Text)).scalar_subquery()
    return func.coalesce(era, literal_column("1"))


def written(parts: Sequence[CTE]) -> ColumnElement[bool]:
    """True, once each of these parts of the statement, one after the other, has written all its rows.

    Nothing else makes PostgreSQL run a part before those that do not read it. A part that is counted is run to its
    end, CASE looks at one count after the other, and what is filtered by it begins with nothing before it is known.
    """
    counts = (select(func.count()).select_from(part).scalar_subquery() for part in parts)
    return case(*((count.is_(null()), false()) for count in counts), else_=true()) if parts else true()


def _taken(counted: Select[Any], parts: Sequence[CTE]) -> Any:
    """The heads of streams moved on by so many facts, as the rows they then are; after all `parts`."""
    taken = insert(_heads).from_select(["stream", "seq", "era"], counted.where(written(parts)) if parts else counted)
    return (
        taken.on_conflict_do_update(index_elements=[_heads.c.stream], set_={"seq": _heads.c.seq + taken.excluded.seq})
        .returning(_heads.c.stream, _heads.c.seq, _heads.c.era)
        .cte("head")
    )


def _stored(head: Any, numbered: Any) -> Select[tuple[str, int, int]]:
    outbox = insert(_outbox).from_select([*_outbox.c.keys()], numbered)
    return select(head.c.stream, head.c.seq, head.c.era).add_cte(outbox.cte("appended"))


def _append(parts: Sequence[CTE] = ()) -> Select[tuple[str, int, int]]:
    given = _given()
    key = given.c.outbox_stream
    event = select(
        *(given.c[name] for name in _BINDS),
        func.row_number().over(partition_by=key, order_by=given.c.o).label("i"),
        func.count().over(partition_by=key).label("n"),
    ).cte("event")
    head = _taken(
        select(event.c.outbox_stream, event.c.n, _era())
        .where(event.c.i == literal_column("1"))
        .order_by(event.c.outbox_stream),
        parts,
    )
    numbered = (
        select(
            event.c.outbox_event_id, event.c.outbox_stream, head.c.era, head.c.seq - event.c.n + event.c.i,
            event.c.outbox_type, event.c.outbox_headers, event.c.outbox_payload)
        .join_from(event, head, head.c.stream == event.c.outbox_stream)
        .order_by(event.c.outbox_stream, event.c.i)
    )  # fmt: skip
    return _stored(head, numbered)


def _append_to_one(parts: Sequence[CTE]) -> Select[tuple[str, int, int]]:
    given = _given(but=_STREAM)
    count = func.cardinality(bindparam("outbox_event_id", type_=ARRAY(Uuid)))
    head = _taken(select(bindparam(_STREAM, type_=Text), count, _era()), parts)
    numbered = (
        select(
            given.c.outbox_event_id, head.c.stream, head.c.era, head.c.seq - count + given.c.o, given.c.outbox_type,
            given.c.outbox_headers, given.c.outbox_payload)
        .join_from(given, head, literal_column("true"))
        .order_by(given.c.o)
    )  # fmt: skip
    return _stored(head, numbered)


def _append_one(parts: Sequence[CTE]) -> Select[tuple[str, int, int]]:
    sent = {name: bindparam(name, type_=of) for name, of in _BINDS.items()}
    head = _taken(select(sent[_STREAM], literal_column("1"), _era()), parts)
    return _stored(head, select(
        sent["outbox_event_id"], head.c.stream, head.c.era, head.c.seq, sent["outbox_type"], sent["outbox_headers"],
        sent["outbox_payload"]))


class Appending(NamedTuple):
    """A form of APPEND, which appends facts to any streams, to one, or one fact, and the binds it takes.

    `after` makes the statement that first writes these parts, in their order, and then takes the heads.
    """

    after: Callable[[Sequence[CTE]], Select[tuple[str, int, int]]]
    alike: frozenset[str] = frozenset()
    binds: tuple[str, ...] = tuple(_BINDS)

    def values(self, facts: Sequence[Pending]) -> list[Any]:
        """Of its binds; what is the same of all facts is taken of the first."""
        columns = zip(self.binds, zip(*facts, strict=True), strict=True) if facts else ((one, []) for one in self.binds)
        return [column[0] if name in self.alike else column for name, column in columns]


APPEND = _append()
"""Takes the heads of all streams concerned, in key order, numbers the facts of `bind` from them and stores them.

Returns one row (stream, seq, era) per stream: the last number given. It is the last statement of its transaction:
the order of a stream is then the order of the commits. With `Appending.after` further writes leave in the same one.
"""
APPENDING = Appending(_append)
_TO_ONE = Appending(_append_to_one, frozenset((_STREAM,)))
_ONE = Appending(_append_one, frozenset(_BINDS))


def appending(facts: Sequence[Pending]) -> Appending:
    """The form that costs least for these facts: most requests tell of one customer, many tell one fact."""
    if len(facts) == 1:
        return _ONE
    stream = facts[0].stream
    return _TO_ONE if all(fact.stream == stream for fact in facts) else APPENDING
