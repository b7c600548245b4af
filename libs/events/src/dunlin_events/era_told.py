"""Streams that a new era no longer has: held once their owner says that all the era began with was told.

Each partition has such a record. What of its streams stands in an earlier era by then, and has nothing of the new one
that waits, was not told in it as far as it was heard: it began, or went on, after the backup was made. Of a stream of
which nothing was heard, what waits of an earlier era is no more either, and goes.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Final
from uuid import UUID

from sqlalchemy import ARRAY, Integer, Text, bindparam, text

from dunlin_events import parked_rows, watermark
from dunlin_events.envelope import Envelope, Record, stream_of
from dunlin_events.parked_rows import Parked
from dunlin_events.subscription import Statements
from dunlin_events.topics import PARTITIONS, partition_of
from dunlin_events.watermark import ERA, HOLE, Key, Mark
from dunlin_kernel.ids import NIL

_OF_OWNER = (bindparam("consumer", type_=Text), bindparam("owner", type_=Text), bindparam("era", type_=Integer))
_WAITS = """EXISTS (
    SELECT FROM parked_event p WHERE (p.consumer, p.owner, p.stream) = (w.consumer, w.owner, w.stream)
    AND p.skipped_at IS NULL AND p.era >= :era)"""
_BEHIND = text(f"""
SELECT stream FROM watermark w WHERE consumer = :consumer AND owner = :owner AND era < :era
    AND (sequence > 0 AND (held IS DISTINCT FROM 'era' OR NOT {_WAITS})
         OR sequence = 0 AND held IS NOT NULL AND NOT starts_with(stream, '{NIL}'))
""").bindparams(*_OF_OWNER)  # noqa: S608
_TOLD = text("""
SELECT stream, era FROM watermark WHERE consumer = :consumer AND owner = :owner AND stream = ANY(:streams)
""").bindparams(*_OF_OWNER[:2], bindparam("streams", type_=ARRAY(Text)))
_HOLD = text(f"""
WITH stopped AS (
    UPDATE watermark w SET held = 'era' WHERE consumer = :consumer AND owner = :owner AND stream = ANY(:streams)
        AND (held IS DISTINCT FROM 'era' OR NOT {_WAITS}) RETURNING consumer, owner, stream)
INSERT INTO parked_event (consumer, owner, stream, mark, era, type, headers, reason, detail)
SELECT consumer, owner, stream, :mark, :era, :type, '[]', 'era', :detail FROM stopped
ON CONFLICT (consumer, owner, stream, mark) DO NOTHING RETURNING stream
""").bindparams(  # noqa: S608
    *_OF_OWNER, bindparam("streams", type_=ARRAY(Text)),
    *(bindparam(name, type_=Text) for name in ("mark", "type", "detail")))
"""A note without a number: it is no event, and goes when the stream goes on."""


PLACES: Final = tuple(stream_of(NIL, UUID(int=part + 1)) for part in range(PARTITIONS))
"""Where a consumer keeps which era was told in full, by partition; without an id where it joined in that era."""


def place_of(stream: str) -> str:
    """That of the partition of this stream."""
    return PLACES[partition_of(stream)]


async def last_told(tx: Statements, keys: Iterable[Key]) -> dict[Key, int]:
    """The last era that was told in full in the partition of each of these streams; 0 where none was."""
    owners: dict[tuple[str, str], dict[Key, str]] = {}
    for key in keys:
        owners.setdefault((key.consumer, key.owner), {})[key] = place_of(key.stream)
    told: dict[Key, int] = {}
    for (consumer, owner), places in owners.items():
        rows = await tx.rows(_TOLD, consumer=consumer, owner=owner, streams=sorted({*places.values()}))
        eras = {row[0]: row[1] for row in rows}
        told |= {key: eras.get(place, 0) for key, place in places.items()}
    return told


def is_told_by_another(mark: Mark, envelope: Envelope) -> bool:
    """Whether two restores began an era under the same number: this record is another's than the one heard before."""
    return mark.era == envelope.era and mark.event_id not in (envelope.event_id, NIL)


async def behind(tx: Statements, key: Key, envelope: Envelope) -> list[Key]:
    """The streams of this partition that may have to be held: the caller locks them, in one order with all others.

    `key` is the partition's place. A stream that waits for its first event is among them: it may move meanwhile.
    """
    rows = await tx.rows(_BEHIND, consumer=key.consumer, owner=key.owner, era=envelope.era)
    return [key._replace(stream=row[0]) for row in rows if place_of(row[0]) == key.stream]


async def hold_place(tx: Statements, key: Key, envelope: Envelope) -> list[Parked]:
    """Hold the partition's place: another restore told an era under this number before.

    Nobody can say which of the two an event is of. Returns what is shown to an operator.
    """
    return await _hold(tx, key, envelope, [key.stream], f"Another restore began an era {envelope.era} too.")


async def hold_missing(
    tx: Statements, key: Key, envelope: Envelope, marks: Mapping[Key, Mark]
) -> list[Parked]:
    """Hold those of the locked streams that were not told in the era; returns what is shown to an operator."""
    begun = Mark(envelope.era, 0, NIL, None)
    await parked_rows.forget(tx, key, begun)
    here = {one: mark for one, mark in marks.items() if one != key and one[:2] == key[:2]
            and mark.era < envelope.era and place_of(one.stream) == key.stream}
    for one in sorted(one for one, mark in here.items() if not mark.sequence and mark.held):
        await parked_rows.forget(tx, one, begun)
        waits = await parked_rows.first_waiting(tx, key=one)
        await watermark.advance(tx, {one: begun._replace(held=HOLE if waits else None)})
    missing = [one.stream for one, mark in here.items() if mark.sequence]
    detail = f"The stream was not told in era {envelope.era} as far as it was heard."
    return await _hold(tx, key, envelope, missing, detail)


async def _hold(
    tx: Statements, key: Key, envelope: Envelope, streams: Collection[str], detail: str
) -> list[Parked]:
    if not streams:
        return []
    mark = f"era {envelope.era}"
    held = [row[0] for row in await tx.rows(
        _HOLD, consumer=key.consumer, owner=key.owner, era=envelope.era, streams=list(streams), mark=mark,
        type=envelope.type, detail=detail)]
    return [Parked(key._replace(stream=one), mark, Record(one, (), None), None, ERA, detail) for one in held]
