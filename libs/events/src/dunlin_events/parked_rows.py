"""The rows of `parked_event`: records that wait because their stream stands still."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ARRAY, BigInteger, DateTime, Integer, LargeBinary, Text, bindparam, text
from sqlmodel import Field, SQLModel

from dunlin_events.envelope import Envelope, Record
from dunlin_events.postgres_reader import read_headers, written_headers
from dunlin_events.structured import in_binary_mode
from dunlin_events.subscription import Statements
from dunlin_events.watermark import Key, Mark


class ParkedEventColumns(SQLModel):
    """The columns of `parked_event`: a record as it came over the bus, why it waits, and who skipped it.

    `mark` is `era/sequence`, or the place on the bus of a record without readable headers.
    """

    consumer: str = Field(primary_key=True, sa_type=Text)
    owner: str = Field(primary_key=True, sa_type=Text)
    stream: str = Field(primary_key=True, sa_type=Text)
    mark: str = Field(primary_key=True, sa_type=Text)
    era: int | None = Field(default=None, sa_type=Integer)
    sequence: int | None = Field(default=None, sa_type=BigInteger)
    type: str | None = Field(default=None, sa_type=Text)
    headers: str = Field(sa_type=Text)
    payload: bytes | None = Field(default=None, sa_type=LargeBinary)
    reason: str = Field(sa_type=Text)
    detail: str = Field(sa_type=Text)
    parked_at: datetime = Field(
        sa_type=DateTime(timezone=True), sa_column_kwargs={"server_default": text("clock_timestamp()")}
    )
    skipped_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    skipped_by: str | None = Field(default=None, sa_type=Text)
    skipped_why: str | None = Field(default=None, sa_type=Text)


class Parked(NamedTuple):
    """A record that waits. `reason` is that of the watermark, `behind` for one that only follows, or `undecodable`."""

    key: Key
    place: str
    record: Record
    envelope: Envelope | None
    reason: str
    detail: str

    @property
    def mark(self) -> str:
        return f"{self.envelope.era}/{self.envelope.sequence}" if self.envelope else self.place


_TEXTS = ("consumers", "owners", "streams", "marks", "types", "headers", "reasons", "details")
_PARK = text("""
INSERT INTO parked_event (consumer, owner, stream, mark, era, sequence, type, headers, payload, reason, detail)
SELECT * FROM unnest(:consumers, :owners, :streams, :marks, :eras, :sequences, :types, :headers, :payloads,
                     :reasons, :details)
ON CONFLICT (consumer, owner, stream, mark) DO NOTHING RETURNING mark
""").bindparams(
    *(bindparam(name, type_=ARRAY(Text)) for name in _TEXTS),
    bindparam("eras", type_=ARRAY(Integer)),
    bindparam("sequences", type_=ARRAY(BigInteger)),
    bindparam("payloads", type_=ARRAY(LargeBinary)),
)

_WAITED = text("""
SELECT consumer, owner, stream, mark, headers, payload FROM parked_event
JOIN unnest(:consumers, :owners, :streams, :marks) AS given (consumer, owner, stream, mark)
    USING (consumer, owner, stream, mark)
""").bindparams(*(bindparam(name, type_=ARRAY(Text)) for name in _TEXTS[:4]))

OF_STREAM = "consumer = :consumer AND owner = :owner AND stream = :stream AND skipped_at IS NULL"
KEY_BINDS = tuple(bindparam(name, type_=Text) for name in ("consumer", "owner", "stream"))
_PLACE = (bindparam("era", type_=Integer), bindparam("sequence", type_=BigInteger))

_FORGET = text(f"""
DELETE FROM parked_event WHERE {OF_STREAM}
    AND (era < :era OR (era = :era AND sequence <= :sequence) OR (sequence IS NULL AND reason = 'era'))
""").bindparams(*KEY_BINDS, *_PLACE)  # noqa: S608

_WAITING = text(f"""
SELECT stream, mark, headers, payload FROM parked_event WHERE {OF_STREAM} AND sequence IS NOT NULL
ORDER BY era, sequence LIMIT 200
""").bindparams(*KEY_BINDS)  # noqa: S608

_FIRST = text(f"""
SELECT mark, headers, payload, reason, detail FROM parked_event WHERE {OF_STREAM} AND sequence IS NOT NULL
ORDER BY era, sequence LIMIT 1
""").bindparams(*KEY_BINDS)  # noqa: S608

_BLAME = text(f"""
UPDATE parked_event SET reason = :reason, detail = :detail, parked_at = clock_timestamp()
WHERE {OF_STREAM} AND mark = :mark
""").bindparams(*KEY_BINDS, *(bindparam(name, type_=Text) for name in ("mark", "reason", "detail")))  # noqa: S608

_CONSUMER = bindparam("consumer", type_=Text)
_POISONED = text("""
SELECT count(*) FROM parked_event
WHERE consumer = :consumer AND reason IN ('poison', 'undecodable')
    AND parked_at > clock_timestamp() - CAST(:within AS interval)
""").bindparams(_CONSUMER, bindparam("within"))

_REASONS = text("""
SELECT w.held, count(DISTINCT (w.owner, w.stream)) FROM parked_event p JOIN watermark w USING (consumer, owner, stream)
WHERE consumer = :consumer AND p.skipped_at IS NULL AND w.held IS NOT NULL GROUP BY w.held
UNION ALL
SELECT 'undecodable', count(*) FROM parked_event
WHERE consumer = :consumer AND skipped_at IS NULL AND reason = 'undecodable'
""").bindparams(_CONSUMER)

# Also where what waits was passed meanwhile, as when it came again before a drain that failed.
_CAN_GO_ON = text("""
SELECT DISTINCT owner, stream FROM parked_event p JOIN watermark w USING (consumer, owner, stream)
WHERE consumer = :consumer AND p.skipped_at IS NULL AND w.held IN ('hole', 'unready') AND p.sequence <= w.sequence + 1
""").bindparams(_CONSUMER)


async def park(tx: Statements, parked: Sequence[Parked]) -> list[Parked]:
    """Store them; one that waits already stays as it is. Returns those under whose number another event waits."""
    if not parked:
        return []
    places = {
        "consumers": [p.key.consumer for p in parked], "owners": [p.key.owner for p in parked],
        "streams": [p.key.stream for p in parked], "marks": [p.mark for p in parked],
    }
    stored = await tx.rows(
        _PARK, **places,
        eras=[p.envelope and p.envelope.era for p in parked],
        sequences=[p.envelope and p.envelope.sequence for p in parked],
        types=[p.envelope and p.envelope.type for p in parked],
        headers=[written_headers(p.record.headers) for p in parked],
        payloads=[p.record.value for p in parked],
        reasons=[p.reason for p in parked], details=[p.detail[:1000] for p in parked],
    )
    if len(stored) == len(parked):
        return []
    waited = {(Key(*row[:3]), row[3]): row[4:] for row in map(tuple, await tx.rows(_WAITED, **places))}
    return [one for one in parked if one.envelope and _is_another(one.envelope, *waited[one.key, one.mark])]


def _is_another(envelope: Envelope, headers: str, payload: bytes | None) -> bool:
    waits = in_binary_mode(Record(envelope.stream, headers_of(headers), payload))
    return Envelope.of(waits).event_id != envelope.event_id


async def waiting(tx: Statements, key: Key) -> list[tuple[str, Record]]:
    """Mark and record of the next up to 200 that wait, in order."""
    rows = await tx.rows(_WAITING, **key._asdict())
    return [
        (mark, Record(stream, headers_of(headers), payload))
        for stream, mark, headers, payload in map(tuple, rows)
    ]


async def first_waiting(tx: Statements, *, key: Key) -> Parked | None:
    """The record at which a stream stands; its place is its mark."""
    row = await tx.row(_FIRST, **key._asdict())
    if row is None:
        return None
    mark, headers, payload, reason, detail = row
    return Parked(key, mark, Record(key.stream, headers_of(headers), payload), None, reason, detail)


def headers_of(stored: str) -> tuple[tuple[str, bytes | None], ...]:
    """The headers of a stored record."""
    return read_headers(stored)


def storable(said: str) -> str:
    """The text, with what no database stores as text written out: NUL, and halves of characters."""
    return said.replace("\0", "\\0").encode(errors="backslashreplace").decode()


async def forget(tx: Statements, key: Key, mark: Mark) -> None:
    """Remove what the watermark has passed."""
    await tx.rows(_FORGET, **key._asdict(), era=mark.era, sequence=mark.sequence)


async def blame(tx: Statements, key: Key, mark: str, reason: str, detail: str) -> None:
    """Say of a waiting record that it is the one at which its stream stands."""
    await tx.rows(_BLAME, **key._asdict(), mark=mark, reason=reason, detail=storable(detail)[:1000])


async def poisoned(tx: Statements, *, consumer: str, within: timedelta) -> int:
    """How many events this consumer has parked in the last while because they could not be applied."""
    row = await tx.row(_POISONED, consumer=consumer, within=within)
    return int(row[0])


async def standing(tx: Statements, *, consumer: str) -> tuple[dict[str, int], list[Key]]:
    """How many streams stand still, by reason, and how many records wait that are in no stream, being undecodable; then
    streams whose next event is here and may be tried, and those in which nothing that waits is still to come."""
    reasons = {row[0]: row[1] for row in await tx.rows(_REASONS, consumer=consumer)}
    return reasons, [Key(consumer, owner, stream) for owner, stream in map(
        tuple, await tx.rows(_CAN_GO_ON, consumer=consumer))]
