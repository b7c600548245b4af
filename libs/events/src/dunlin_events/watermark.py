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
"""The owner was restored from a backup: an operator must accept the new era."""
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


# A blank row for a stream not heard before, and the lock on every row, in key order.
_LOCK = text("""
INSERT INTO watermark (consumer, owner, stream, era, sequence, event_id)
SELECT consumer, owner, stream, 0, 0, '00000000-0000-0000-0000-000000000000'
FROM unnest(:consumers, :owners, :streams) AS given (consumer, owner, stream) ORDER BY consumer, owner, stream
ON CONFLICT (consumer, owner, stream) DO UPDATE SET era = watermark.era
RETURNING consumer, owner, stream, era, sequence, event_id, held
""").bindparams(*(bindparam(name, type_=ARRAY(Text)) for name in ("consumers", "owners", "streams")))

_ADVANCE = text("""
UPDATE watermark SET era = given.era, sequence = given.sequence, event_id = given.event_id, held = given.held
FROM unnest(:consumers, :owners, :streams, :eras, :sequences, :event_ids, :helds)
    AS given (consumer, owner, stream, era, sequence, event_id, held)
WHERE watermark.consumer = given.consumer AND watermark.owner = given.owner AND watermark.stream = given.stream
""").bindparams(
    *(bindparam(name, type_=ARRAY(Text)) for name in ("consumers", "owners", "streams", "helds")),
    bindparam("eras", type_=ARRAY(Integer)),
    bindparam("sequences", type_=ARRAY(BigInteger)),
    bindparam("event_ids", type_=ARRAY(Uuid)),
)


async def lock(tx: Statements, keys: Collection[Key]) -> dict[Key, Mark]:
    """Lock the streams until the transaction ends; a stream not heard before begins at 0."""
    rows = await tx.rows(_LOCK, **_key_arrays(keys))
    return {Key(*row[:3]): Mark(*row[3:]) for row in map(tuple, rows)}


async def advance(tx: Statements, marks: Mapping[Key, Mark]) -> None:
    """Store marks of streams that were locked."""
    if marks:
        eras, sequences, event_ids, helds = (list(part) for part in zip(*marks.values(), strict=True))
        await tx.rows(
            _ADVANCE, **_key_arrays(marks), eras=eras, sequences=sequences, event_ids=event_ids, helds=helds)


def _key_arrays(keys: Collection[Key]) -> dict[str, list[str]]:
    columns = zip(*keys, strict=True) if keys else ((), (), ())
    return dict(zip(("consumers", "owners", "streams"), map(list, columns), strict=True))
