"""The feed: the outbox by pull, in the relay's order. A reader's place is a window of its own, never a bare id.

What a place says does not depend on the relay: the feed goes on while the bus is away.
"""

import json
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import ARRAY, BigInteger, Integer, Text, bindparam, text

from dunlin_events.outbox import wire_headers
from dunlin_events.relay_state import BEGINNING, IDENTIFIED_BY, IDENTITY
from dunlin_events.subscription import Statements
from dunlin_kernel.errors import Conflict, NotReady

LOOKED_AT: Final = 10000
"""Ids looked at for one page at most, so that a tenant with few facts among many does not make a page long."""

_HEAD = f"""
CREATE OR REPLACE FUNCTION event_feed_head() RETURNS TABLE (era int, seen text, stands boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  WITH newest AS (SELECT coalesce((SELECT o.txid FROM public.outbox_event o ORDER BY o.txid DESC LIMIT 1)::text::bigint,
                                  0) + 1 AS behind),
  present AS (SELECT pg_current_snapshot() AS snapshot)
  SELECT coalesce((SELECT s.era FROM public.event_stream s WHERE s.stream = ''), 1),
    concat_ws(':', least(pg_snapshot_xmin(snapshot)::text::bigint, behind), behind,
      coalesce((SELECT string_agg(x::text, ',' ORDER BY x) FROM pg_snapshot_xip(snapshot) x
                WHERE x::text::bigint < behind), '')),
    EXISTS (SELECT FROM (SELECT {IDENTIFIED_BY} FROM public.relay_state) r, ({IDENTITY}) c WHERE ROW(r.*) <> ROW(c.*))
  FROM newest, present
$$"""  # noqa: S608

_WINDOW = """
      SELECT o.id FROM public.outbox_event o
      WHERE o.txid >= pg_snapshot_xmax(prev) AND o.txid < pg_snapshot_xmax(cur) AND pg_visible_in_snapshot(o.txid, cur)
      UNION ALL
      SELECT o.id FROM public.outbox_event o
      WHERE o.txid = ANY(ARRAY(SELECT pg_snapshot_xip(prev))) AND pg_visible_in_snapshot(o.txid, cur)"""

_FEED = """
CREATE OR REPLACE FUNCTION event_feed(seen_before text, seen_now text, after_id bigint, wanted text[], most int)
RETURNS TABLE (id bigint, stream text, era int, seq bigint, headers text, payload bytea)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
  prev CONSTANT pg_snapshot := seen_before;
  cur CONSTANT pg_snapshot := seen_now;
  mine CONSTANT text := NULLIF(current_setting('dunlin.tenant', true), '') || ':';
  ids bigint[];
  told bigint;
  reached bigint;
  found int;
BEGIN
  ids := ARRAY(SELECT w.id FROM (%(window)s) w LIMIT %(looked_at)d + 1);
  told := cardinality(ids);
  IF told > %(looked_at)d THEN
    IF after_id = 0 AND seen_before <> '%(beginning)s' THEN
      SELECT min(w.id) - 1 INTO after_id FROM (%(window)s) w;
    END IF;
    SELECT array_agg(s.id) FILTER (WHERE pg_visible_in_snapshot(s.txid, cur)
                                     AND NOT pg_visible_in_snapshot(s.txid, prev)),
           CASE WHEN count(*) = %(looked_at)d THEN max(s.id) END INTO ids, reached
    FROM (SELECT o.id, o.txid FROM public.outbox_event o WHERE o.id > after_id ORDER BY o.id LIMIT %(looked_at)d) s;
  END IF;
  RETURN QUERY
    SELECT o.id, o.stream, o.era, o.seq, o.headers, o.payload FROM public.outbox_event o
    WHERE o.id IN (SELECT f.id FROM public.outbox_event f
                   WHERE f.id = ANY(ids) AND f.id > after_id AND starts_with(f.stream, mine)
                     AND (wanted IS NULL OR f.type = ANY(wanted)) ORDER BY f.id LIMIT most)
    ORDER BY o.id;
  GET DIAGNOSTICS found = ROW_COUNT;
  IF found < most THEN
    RETURN QUERY SELECT reached, NULL::text, NULL::int, told, NULL::text, NULL::bytea;
  END IF;
END
$$"""


def functions(looked_at: int = LOOKED_AT) -> tuple[str, str]:
    """The statements that make `event_feed_head` and `event_feed`, or bring them up to date."""
    return _HEAD, _FEED % {"window": _WINDOW, "beginning": BEGINNING, "looked_at": looked_at}


FUNCTIONS: Final = functions()
"""What the feed needs in a service's database, made by its owner. Both look at the outbox, which a request may not.

`event_feed_head()`: the present era; what the statement's snapshot sees, cut off behind the newest fact it sees; and
whether the database was restored and not rebased. Cut off so, a snapshot names no transaction that a crash could undo
and whose number could be given again. It does name those under way, of other databases too, and so changes when one of
them ends, though nothing was told by it.

`event_feed(...)`: the next facts of the tenant in force in a window, by id; then, when these were fewer than asked for,
a row without a stream: its id is up to where was looked, null when the window has ended; its seq is how many facts of
all tenants the window has, counted no further than was looked: zero where nothing was told.
"""

_HEAD_NOW = text("SELECT era, seen, stands FROM event_feed_head()")
_READ = text("SELECT id, stream, era, seq, headers, payload FROM event_feed(:prev, :cur, :last_id, :types, :most)"
             ).bindparams(
    bindparam("prev", type_=Text), bindparam("cur", type_=Text), bindparam("last_id", type_=BigInteger),
    bindparam("types", type_=ARRAY(Text)), bindparam("most", type_=Integer))


class Place(NamedTuple):
    """How far a reader is, as `relay_state` says it of the relay: all that `prev` sees was read, and of what `cur` sees
    beyond it all up to `last_id`."""

    era: int
    prev: str
    cur: str
    last_id: int

    @classmethod
    def behind(cls, era: int, seen: str) -> "Place":
        """The place of a reader who has read exactly what a snapshot sees."""
        return cls(era, seen, seen, 0)


class Page(NamedTuple):
    """Facts in order, as CloudEvents in structured JSON; the place behind them; whether there is more at once."""

    events: list[bytes]
    place: Place
    has_more: bool


async def present(tx: Statements) -> Place:
    """The place behind everything that this transaction's snapshot sees."""
    head = await tx.row(_HEAD_NOW)
    return Place.behind(head["era"], head["seen"])


async def read(tx: Statements, place: Place | None, *, types: Sequence[str] | None, limit: int) -> Page:
    """Up to `limit` facts behind a place (None: from the first on), of the tenant in force.

    While nothing is told the place stays as it is and there is no more, whatever other transactions do. Refuses:
    era_ended, stands_after_restore.
    """
    era, seen, stands = await tx.row(_HEAD_NOW)
    if stands:
        raise NotReady("stands_after_restore", "The database was restored: facts are told again after `relay rebase`.")
    place = place or Place.behind(era, BEGINNING)
    if place.era != era or _end_of(place.cur) > _end_of(seen):
        raise Conflict("era_ended", "The owner was restored since: begin again without a cursor.", era=era)
    window = place._replace(cur=seen) if place.prev == place.cur else place
    rows, end = await _look(tx, window, types, limit + 1)
    shown = rows[:limit]
    if end is None or end["id"] is not None:
        place = window._replace(last_id=end["id"] if end else shown[-1]["id"])
    elif window is place or end["seq"]:
        place = Place.behind(era, window.cur)
    more = place.prev != place.cur or (window.cur != seen and await _is_more(tx, place._replace(cur=seen), types))
    return Page([structured(row) for row in shown], place, more)


async def _look(tx: Statements, window: Place, types: Sequence[str] | None, most: int) -> tuple[list[Any], Any]:
    """The next facts of an open window; and the row that ends them, where they were fewer than asked for."""
    asked = {"types": list(types) if types else None, "most": most}
    rows = list(await tx.rows(_READ, prev=window.prev, cur=window.cur, last_id=window.last_id, **asked))
    end = rows.pop() if rows and rows[-1]["stream"] is None else None
    return rows, end


async def _is_more(tx: Statements, window: Place, types: Sequence[str] | None) -> bool:
    """Whether the window has a fact, or is too long to be looked through at once."""
    rows, end = await _look(tx, window, types, 1)
    return bool(rows) or end["id"] is not None


def structured(row: Any) -> bytes:
    """One fact of the outbox as CloudEvents in structured JSON; attributes that are not set are null."""
    said = {name: value.decode() for name, value in wire_headers(row["headers"], row["era"], row["seq"])}
    attributes = {name: said.get(f"ce_{name}") for name in ATTRIBUTES} | {"datacontenttype": said.get("content-type")}
    payload: bytes = row["payload"]
    return json.dumps(attributes, ensure_ascii=False).encode()[:-1] + b', "data": ' + payload + b"}"


ATTRIBUTES: Final = (
    "specversion", "id", "source", "type", "time", "subject", "dataschema", "partitionkey", "era", "sequence",
    "correlationid", "causationid", "recordedtime", "tenantid", "traceparent",
)


def _end_of(snapshot: str) -> int:
    return int(snapshot.split(":")[1])
