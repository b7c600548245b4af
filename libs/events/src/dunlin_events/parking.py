"""What an operator can do about streams that stand still: look, try again, skip with a reason, accept a new era.

Nothing is applied here: the running consumer sees within seconds that a stream may go on, and goes on.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Boolean, Integer, Text, bindparam, text

from dunlin_events import era_told, parked_rows, watermark
from dunlin_events.envelope import Envelope, Record
from dunlin_events.parked_rows import KEY_BINDS, OF_STREAM, Parked, ParkedEventColumns, headers_of
from dunlin_events.structured import in_binary_mode
from dunlin_events.subscription import Statements
from dunlin_events.watermark import ERA, HOLE, POISON, UNREADY, Key, Mark
from dunlin_kernel.errors import Conflict, NotFound, RuleBroken
from dunlin_kernel.ids import NIL

RETRIED = "retried"
"""The reason of a row that says only that somebody had an event tried again."""

__all__ = ["ParkedEventColumns", "Standstill", "accept_era", "list_parked", "retry_parked", "skip_hole", "skip_parked"]


class Standstill(NamedTuple):
    """The record at which a stream stands, and how many wait there. `held` is None where nothing is held up by it."""

    key: Key
    held: str | None
    sequence: int
    waiting: int
    mark: str
    type: str | None
    reason: str
    detail: str
    parked_at: datetime


class Overview(NamedTuple):
    """One parked record with the state of its stream; the last two are 0 for a record without readable headers."""

    consumer: str
    owner: str
    stream: str
    mark: str
    type: str | None
    reason: str
    detail: str
    held: str | None
    parked_at: datetime
    skipped_at: datetime | None
    skipped_by: str | None
    skipped_why: str | None
    era: int
    sequence: int

    @property
    def place(self) -> tuple[str | int, ...]:
        """Where it stands in the order of a page."""
        return tuple(getattr(self, name) for name in PLACE)


PLACE = ("consumer", "owner", "stream", "era", "sequence", "mark")

_LIST = text("""
SELECT consumer, owner, stream, w.held, coalesce(w.sequence, 0), p.waiting,
       p.mark, p.type, p.reason, p.detail, p.parked_at
FROM (SELECT *, count(*) OVER s AS waiting, row_number() OVER (s ORDER BY era, sequence) AS nth FROM parked_event
      WHERE skipped_at IS NULL AND stream LIKE :streams WINDOW s AS (PARTITION BY consumer, owner, stream)) AS p
LEFT JOIN watermark w USING (consumer, owner, stream)
WHERE p.nth = 1 OR p.sequence IS NULL ORDER BY consumer, owner, stream, p.nth
""").bindparams(bindparam("streams", type_=Text))

_OVERVIEW = """
SELECT p.consumer, p.owner, p.stream, p.mark, p.type, p.reason, p.detail, w.held, p.parked_at,
       p.skipped_at, p.skipped_by, p.skipped_why, coalesce(p.era, 0) AS era, coalesce(p.sequence, 0) AS sequence
FROM parked_event p LEFT JOIN watermark w USING (consumer, owner, stream)
WHERE starts_with(p.stream, :streams) AND """
_PAGE = text(_OVERVIEW + """(p.skipped_at IS NOT NULL) = :skipped
  AND (p.consumer, p.owner, p.stream, coalesce(p.era, 0), coalesce(p.sequence, 0), p.mark)
      > (:consumer, :owner, :stream, :era, :sequence, :mark)
ORDER BY p.consumer, p.owner, p.stream, coalesce(p.era, 0), coalesce(p.sequence, 0), p.mark LIMIT :most
""").bindparams(
    *KEY_BINDS, *(bindparam(name, type_=Text) for name in ("streams", "mark")), bindparam("skipped", type_=Boolean),
    bindparam("era", type_=Integer), bindparam("sequence", type_=BigInteger), bindparam("most", type_=Integer))
_ONE = text(_OVERVIEW + "(consumer, owner, stream, p.mark) = (:consumer, :owner, :stream, :mark)").bindparams(
    *KEY_BINDS, *(bindparam(name, type_=Text) for name in ("streams", "mark")))

_SKIP = text(f"""
UPDATE parked_event SET skipped_at = clock_timestamp(), skipped_by = :who, skipped_why = :why
WHERE {OF_STREAM} AND mark = :mark RETURNING headers, payload, sequence, reason
""").bindparams(*KEY_BINDS, *(bindparam(name, type_=Text) for name in ("who", "why", "mark")))  # noqa: S608

_DONE = text(f"""
INSERT INTO parked_event (consumer, owner, stream, mark, era, sequence, type, headers, reason, detail,
                          skipped_at, skipped_by, skipped_why)
SELECT consumer, owner, stream, mark || to_char(clock_timestamp(), ' YYYY-MM-DD"T"HH24:MI:SS.US'), era, sequence, type,
       '[]', :what, detail, clock_timestamp(), :who, ''
FROM parked_event WHERE {OF_STREAM} AND sequence IS NOT NULL ORDER BY era, sequence LIMIT 1
""").bindparams(*KEY_BINDS, bindparam("who", type_=Text), bindparam("what", type_=Text))  # noqa: S608
"""A row of its own, with why the event had waited: the event's own row goes when it is applied."""

_AT = text(f"""
SELECT headers, payload FROM parked_event
WHERE {OF_STREAM} AND era > :era AND sequence = :sequence ORDER BY era DESC LIMIT 1
""").bindparams(*KEY_BINDS, bindparam("era", type_=Integer), bindparam("sequence", type_=BigInteger))  # noqa: S608


async def list_parked(tx: Statements, *, streams: str = "%") -> list[Standstill]:
    """One per stream that stands still, and one per record without readable headers; `streams` is a LIKE pattern."""
    rows = map(tuple, await tx.rows(_LIST, streams=streams))
    return [Standstill(Key(*row[:3]), *row[3:]) for row in rows]


async def page_of_parked(
    tx: Statements, *, streams: str, skipped: bool, after: Sequence[Any] | None, most: int
) -> list[Overview]:
    """Up to `most` that wait, or that were skipped, in streams that begin so: by stream, in order.

    `after` is the `place` of the last one seen.
    """
    place = dict(zip(PLACE, after or ("", "", "", -1, -1, ""), strict=True))
    return [Overview(*row) for row in map(tuple, await tx.rows(
        _PAGE, streams=streams, skipped=skipped, most=most, **place))]


async def parked_one(tx: Statements, key: Key, mark: str) -> Overview:
    """One that waits, or was skipped. Refuses: not_parked."""
    row = await tx.row(_ONE, streams=key.stream, mark=mark, **key._asdict())
    if row is None:
        raise NotFound("not_parked", f"No event {mark} of this stream is parked.", mark=mark)
    return Overview(*row)


async def first_parked(tx: Statements, key: Key) -> Overview:
    """The one at which a stream stands. Refuses: not_parked."""
    behind_unreadable = {"era": 0, "sequence": 1, "mark": ""}
    row = await tx.row(_PAGE, streams=key.stream, skipped=False, most=1, **behind_unreadable, **key._asdict())
    if row is None or Key(*tuple(row)[:3]) != key:
        raise NotFound("not_parked", "No event of this stream is parked.")
    return Overview(*row)


async def retry_parked(tx: Statements, key: Key, *, who: str) -> None:
    """Let the first event that waits be tried again; that it was, and by whom, is kept. Refuses: nothing_to_retry."""
    mark = await _locked(tx, key)
    if mark.held not in (POISON, UNREADY):
        raise Conflict("nothing_to_retry", f"The stream is held by: {mark.held}.", held=mark.held)
    await tx.rows(_DONE, **key._asdict(), who=who, what=RETRIED)
    await watermark.advance(tx, {key: mark._replace(held=UNREADY)})


async def skip_parked(tx: Statements, key: Key, mark: str, *, who: str, why: str) -> None:
    """Give one event up: it has no effect here, ever. Refuses: reason_missing, not_parked, not_next."""
    _reason(why)
    stands = await _locked(tx, key)
    row = await tx.row(_SKIP, **key._asdict(), mark=mark, who=who, why=why)
    if row is None:
        raise NotFound("not_parked", f"No event {mark} of this stream is parked.", mark=mark)
    headers, payload, sequence, reason = row
    if sequence is None and reason != ERA:
        return
    if sequence is None:
        raise Conflict("not_next", "Only the first event that waits can be skipped.", mark=mark)
    envelope = _envelope_of(key, headers, payload)
    if stands.held == ERA or sequence != stands.sequence + 1 or (stands.sequence and envelope.era != stands.era):
        raise Conflict("not_next", "Only the first event that waits can be skipped.", mark=mark)
    await watermark.advance(tx, {key: Mark(envelope.era, sequence, envelope.event_id, HOLE)})


async def skip_hole(tx: Statements, key: Key, *, who: str, why: str) -> str:
    """Give up the events that have not come; returns their mark. Refuses: reason_missing, no_hole."""
    _reason(why)
    stands = await _locked(tx, key)
    waiting = await parked_rows.waiting(tx, key)
    first = Envelope.of(in_binary_mode(waiting[0][1])) if waiting else None
    if stands.held != HOLE or first is None or first.sequence <= stands.sequence + 1:
        raise Conflict("no_hole", "No event is missing before those that wait.")
    missing = f"{first.era}/{stands.sequence + 1}-{first.sequence - 1}"
    record = Record(key.stream, (), None)
    await parked_rows.park(tx, [Parked(key, missing, record, None, HOLE, "These events never came.")])
    await tx.row(_SKIP, **key._asdict(), mark=missing, who=who, why=why)
    await watermark.advance(tx, {key: Mark(first.era, first.sequence - 1, NIL, HOLE)})
    return missing


async def accept_era(tx: Statements, key: Key, *, who: str) -> None:
    """Read on in a new era: proved by the event at the watermark, which came again under its old id.

    An era is not accepted once a later one was told in full: what it told is no more.
    Who did it is kept. Refuses: no_new_era; era_not_proved, after which the projection is rebuilt from the log.
    """
    stands = await _locked(tx, key)
    if stands.held != ERA:
        raise Conflict("no_new_era", f"The stream is held by: {stands.held}.", held=stands.held)
    row = await tx.row(_AT, **key._asdict(), era=stands.era, sequence=stands.sequence)
    again = _envelope_of(key, *row) if row else None
    told = (await era_told.last_told(tx, [key]))[key]
    if again is None or again.event_id != stands.event_id or again.era < told:
        raise RuleBroken("era_not_proved", "The event at the watermark did not come again: rebuild the projection.")
    await tx.rows(_DONE, **key._asdict(), who=who, what=ERA)
    accepted = stands._replace(era=again.era, held=HOLE)
    await parked_rows.forget(tx, key, accepted)
    await watermark.advance(tx, {key: accepted})


async def _locked(tx: Statements, key: Key) -> Mark:
    return (await watermark.lock(tx, [key]))[key]


def _envelope_of(key: Key, headers: str, payload: bytes | None) -> Envelope:
    return Envelope.of(in_binary_mode(Record(key.stream, headers_of(headers), payload)))


def _reason(why: str) -> None:
    if not why.strip():
        raise RuleBroken("reason_missing", "Skipping needs a reason; it is kept.")
