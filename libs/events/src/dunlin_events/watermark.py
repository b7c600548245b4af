"""The watermark: up to which event of each stream a consumer has come. It is the inbox, and it locks the stream."""

from collections.abc import Collection, Mapping
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Integer, Text, Uuid, bindparam, text
from sqlmodel import Field, SQLModel

from dunlin_events.subscription import Statements

HOLE: Final = "hole"
"""An event before the waiting ones has not come; it is applied when it comes."""
ERA: Final = "era"
"""The owner was restored from a backup: an operator must accept the new era, which `relay rebase` there begins."""
POISON: Final = "poison"
"""The first waiting event can never work: an operator must retry or skip it."""
UNREADY: Final = "unready"
"""The first waiting event needs something that is on its way; it is tried again by itself."""


class WatermarkColumns(SQLModel):
    """The columns of `watermark`. `held` says why the stream stands still: hole, era, poison, unready."""

    consumer: str = Field(primary_key=True, sa_type=Text)
    owner: str = Field(primary_key=True, sa_type=Text)
    stream: str = Field(primary_key=True, sa_type=Text)
    era: int = Field(sa_type=Integer)
    sequence: int = Field(sa_type=BigInteger)
    event_id: UUID = Field(sa_type=Uuid)
    held: str | None = Field(default=None, sa_type=Text)


class Key(NamedTuple):
    """One stream of one owner, as one consumer hears it."""

    consumer: str
    owner: str
    stream: str


class Mark(NamedTuple):
    """How far one stream was read; sequence 0 before its first event."""

    era: int
    sequence: int
    event_id: UUID
    held: str | None


_OF_OWNER = (bindparam("consumer", type_=Text), bindparam("owner", type_=Text))
_STREAMS = bindparam("streams", type_=ARRAY(Text))
_LOCK = text("""
SELECT stream, era, sequence, event_id, held FROM watermark
WHERE consumer = :consumer AND owner = :owner AND stream = ANY(:streams) ORDER BY stream FOR UPDATE
""").bindparams(*_OF_OWNER, _STREAMS)
# A blank row for a stream not heard before; one that another process made meanwhile is waited for.
_MAKE = text("""
INSERT INTO watermark (consumer, owner, stream, era, sequence, event_id)
SELECT :consumer, :owner, stream, 0, 0, '00000000-0000-0000-0000-000000000000'
FROM unnest(:streams) AS given (stream) ORDER BY stream
ON CONFLICT (consumer, owner, stream) DO UPDATE SET era = watermark.era
RETURNING stream, era, sequence, event_id, held
""").bindparams(*_OF_OWNER, _STREAMS)

_ADVANCE = text("""
UPDATE watermark SET era = given.era, sequence = given.sequence, event_id = given.event_id, held = given.held
FROM unnest(:streams, :eras, :sequences, :event_ids, :helds) AS given (stream, era, sequence, event_id, held)
WHERE watermark.consumer = :consumer AND watermark.owner = :owner AND watermark.stream = given.stream
""").bindparams(
    *_OF_OWNER, _STREAMS,
    bindparam("helds", type_=ARRAY(Text)),
    bindparam("eras", type_=ARRAY(Integer)),
    bindparam("sequences", type_=ARRAY(BigInteger)),
    bindparam("event_ids", type_=ARRAY(Uuid)),
)


async def lock(tx: Statements, keys: Collection[Key]) -> dict[Key, Mark]:
    """Lock the streams until the transaction ends; a stream not heard before begins at 0."""
    found: dict[Key, Mark] = {}
    for (consumer, owner), streams in _by_owner(keys).items():
        named = {"consumer": consumer, "owner": owner}
        rows = await tx.rows(_LOCK, **named, streams=streams)
        if len(rows) < len(streams):
            known = {row[0] for row in rows}
            rows = [*rows, *await tx.rows(_MAKE, **named, streams=[one for one in streams if one not in known])]
        found |= {Key(consumer, owner, row[0]): Mark(*row[1:]) for row in map(tuple, rows)}
    return found


async def advance(tx: Statements, marks: Mapping[Key, Mark]) -> None:
    """Store marks of streams that were locked."""
    for (consumer, owner), streams in _by_owner(marks).items():
        moved = [marks[Key(consumer, owner, stream)] for stream in streams]
        eras, sequences, event_ids, helds = (list(part) for part in zip(*moved, strict=True))
        await tx.rows(
            _ADVANCE, consumer=consumer, owner=owner, streams=streams, eras=eras, sequences=sequences,
            event_ids=event_ids, helds=helds)


def _by_owner(keys: Collection[Key]) -> dict[tuple[str, str], list[str]]:
    """The streams of each consumer and owner, in one order for every process."""
    streams: dict[tuple[str, str], list[str]] = {}
    for key in sorted(set(keys)):
        streams.setdefault((key.consumer, key.owner), []).append(key.stream)
    return streams
