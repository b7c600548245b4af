"""How far the relay has read, who may move that mark, and which outbox of which database it was read from."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, NoReturn

import asyncpg
from sqlalchemy import ARRAY, BigInteger, Integer, Text
from sqlmodel import Field, SQLModel

from dunlin_events.crash_points import passing
from dunlin_events.topics import Stretch

LEADER_LOCK = 0x44756E6C696E
"""The session advisory lock of the one relay that sends; advisory locks are per database, so it is the same in all."""
BEGINNING = "1:1:"
BEFORE_ALL = "3"
"""The txid of rows that every snapshot sees: no transaction is given it, and it stays behind any new cluster's."""

IDENTITY = """
SELECT (SELECT system_identifier FROM pg_control_system()) AS system_identifier,
       ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::int AS timeline_id,
       (SELECT oid::bigint FROM pg_database WHERE datname = current_database()) AS database_id,
       'outbox_event'::regclass::oid::bigint AS outbox_id"""
"""Of the cluster a base backup is restored in; of the database and table a dump is restored in, in the same one too."""
_DISOWNED = 0
"""The outbox of no database: the log holds what this one never told."""
IDENTIFIED_BY = "system_identifier, timeline_id, database_id, outbox_id"
_FIRST_STATE = f"""
INSERT INTO relay_state(id, prev, cur, last_id, epoch, {IDENTIFIED_BY})
VALUES (1, $1, $1, 0, 0, $2, $3, $4, $5) ON CONFLICT (id) DO NOTHING"""  # noqa: S608  a constant
_STATE = f"SELECT {IDENTIFIED_BY} FROM relay_state WHERE id = 1"  # noqa: S608  a constant
_ERA = f"""
SELECT (SELECT ROW(s.*) = ROW(c.*) FROM (SELECT {IDENTIFIED_BY} FROM relay_state) s) IS NOT FALSE AS is_settled,
       coalesce((SELECT era FROM event_stream WHERE stream = ''), 1) AS era
FROM ({IDENTITY}) c"""  # noqa: S608  a constant
_NEXT_EPOCH = "UPDATE relay_state SET epoch = epoch + 1 WHERE id = 1 RETURNING prev, cur, last_id, epoch, ends"
_BEGIN_AGAIN = f"""
UPDATE relay_state SET prev = $1, cur = $1, last_id = 0, epoch = epoch + 1, ends = '{{}}',
    ({IDENTIFIED_BY}) = ($2, $3, $4, $5)
WHERE id = 1"""  # noqa: S608  a constant
_STORE = "UPDATE relay_state SET prev = $1, cur = $2, last_id = $3, ends = $5 WHERE id = 1 AND epoch = $4"
_STORE_ENDS = "UPDATE relay_state SET ends = $1 WHERE id = 1 AND epoch = $2"
_DISOWN = "UPDATE relay_state SET outbox_id = $1 WHERE id = 1 AND epoch = $2"
_SNAPSHOT = """
SELECT (SELECT epoch FROM relay_state WHERE id = 1) AS epoch,
       pg_current_snapshot()::text AS snapshot, coalesce(max(id), 0) AS last_id FROM outbox_event"""
_WINDOW = """
SELECT id FROM (
  SELECT id FROM outbox_event
  WHERE txid >= pg_snapshot_xmax($1::text::pg_snapshot) AND txid < pg_snapshot_xmax($2::text::pg_snapshot)
    AND pg_visible_in_snapshot(txid, $2::text::pg_snapshot)
  UNION ALL
  SELECT id FROM outbox_event
  WHERE txid = ANY(ARRAY(SELECT pg_snapshot_xip($1::text::pg_snapshot)))
    AND pg_visible_in_snapshot(txid, $2::text::pg_snapshot)) committed_between
WHERE +id > $3 ORDER BY +id LIMIT $4"""
_ROWS = """
SELECT stream, era, seq, headers, payload, extract(epoch FROM clock_timestamp() - created_at)::float8 AS age,
       (SELECT epoch FROM relay_state WHERE id = 1) AS epoch
FROM outbox_event WHERE id = ANY($1::bigint[]) ORDER BY id"""


class RelayStateColumns(SQLModel):
    """`relay_state`, one row: all that `prev` sees is sent, and of what `cur` sees beyond it all up to `last_id`.

    `ends`, by partition: the log goes at least so far, as the bus has confirmed; one that ends earlier has lost facts.
    """

    id: int = Field(primary_key=True, sa_type=Integer, sa_column_kwargs={"autoincrement": False})
    prev: str = Field(sa_type=Text)
    cur: str = Field(sa_type=Text)
    last_id: int = Field(sa_type=BigInteger)
    epoch: int = Field(sa_type=BigInteger)
    system_identifier: int = Field(sa_type=BigInteger)
    timeline_id: int = Field(sa_type=Integer)
    database_id: int = Field(sa_type=BigInteger)
    outbox_id: int = Field(sa_type=BigInteger)
    ends: list[int] = Field(sa_type=ARRAY(BigInteger), sa_column_kwargs={"server_default": "{}"})


class Deposed(Exception):
    """Another relay leads by now: this one may not move the mark any more."""


class Restored(Exception):
    """The database is not the one the mark was made in: nothing is sent until an operator runs `relay rebase`."""


class LogLost(Exception):
    """The log ends before what the bus has confirmed: nothing is sent until the facts are back on it."""


class State(NamedTuple):
    """The relay's mark, and how far the log goes at least. While a window is open, `cur` is not `prev`."""

    prev: str
    cur: str
    last_id: int
    epoch: int
    ends: tuple[int, ...] = ()

    @property
    def window_is_open(self) -> bool:
        return self.cur != self.prev

    def opened(self, snapshot: str) -> "State":
        """A new window, from where the last one ended to `snapshot`."""
        return self._replace(cur=snapshot, last_id=0)

    def closed(self) -> "State":
        """All of the window is sent."""
        return self._replace(prev=self.cur, last_id=0)

    def with_appended(self, stand: Mapping[int, Stretch]) -> "State":
        """Where the log ends after these, had it lost nothing before them."""
        ends = [*self.ends, *[0] * (1 + max(stand, default=-1) - len(self.ends))]
        for part, stretch in stand.items():
            ends[part] = max(ends[part], stretch.first) + stretch.next - stretch.first
        return self._replace(ends=tuple(ends))

    def lost(self, ends: Mapping[int, int]) -> str | None:
        """The first partition that ends earlier than it should, in words; `ends` has none that are empty."""
        short = ((part, end, ends.get(part, 0)) for part, end in enumerate(self.ends) if ends.get(part, 0) < end)
        return next((f"partition {part} ends at {found}, and not at {end}" for part, end, found in short), None)


async def take_over(connection: asyncpg.Connection) -> State:
    """Begin a new epoch, in which all earlier leaders are refused. Raises Restored."""
    identity = await connection.fetchrow(IDENTITY)
    await connection.execute(_FIRST_STATE, BEGINNING, *identity)
    known = await connection.fetchrow(_STATE)
    if known["outbox_id"] == _DISOWNED:
        raise Restored("the log holds what this database never told: it is a copy, or was set back")
    if tuple(known) != tuple(identity):
        raise Restored(f"read from {dict(known)}, but this is {dict(identity)}")
    passing("before_leading")
    prev, cur, last_id, epoch, ends = await connection.fetchrow(_NEXT_EPOCH)
    passing("after_leading")
    return State(prev, cur, last_id, epoch, tuple(ends))


async def era_of(connection: asyncpg.Connection) -> int | None:
    """The era in which this service tells; None while a restored database waits for `relay rebase`."""
    row = await connection.fetchrow(_ERA)
    era: int | None = row["era"] if row["is_settled"] else None
    return era


async def open_window(connection: asyncpg.Connection, state: State) -> None:
    """Store the bounds of a new window, of which nothing is sent yet. Raises Deposed if a later epoch has begun."""
    passing("before_opening")
    await _store(connection, state)
    passing("after_opening")


async def move_mark(connection: asyncpg.Connection, state: State) -> None:
    """Store what is sent by now. Raises Deposed if a later epoch has begun."""
    passing("before_mark")
    await _store(connection, state)
    passing("after_mark")


async def _store(connection: asyncpg.Connection, state: State) -> None:
    _refuse_after(state, await connection.execute(_STORE, *state) == "UPDATE 1")


def _refuse_after(state: State, is_of_now: bool) -> None:
    if not is_of_now:
        raise Deposed(f"epoch {state.epoch} is over")


async def look(connection: asyncpg.Connection, state: State) -> tuple[str, int]:
    """The snapshot of this moment, and the highest id given so far. Raises Deposed if a later epoch has begun."""
    epoch, snapshot, last_id = await connection.fetchrow(_SNAPSHOT)
    _refuse_after(state, state.epoch == epoch)
    return snapshot, last_id


async def ids_of(connection: asyncpg.Connection, state: State, limit: int) -> list[int]:
    """The next ids of the open window, ascending: what `cur` sees and `prev` did not.

    The plus before the id keeps PostgreSQL from walking the whole archive along its primary key.
    """
    return [row[0] for row in await connection.fetch(_WINDOW, state.prev, state.cur, state.last_id, limit)]


async def rows_of(connection: asyncpg.Connection, state: State, ids: Sequence[int]) -> Sequence[Any]:
    """These rows, ascending by id, with their age in seconds.

    Raises Deposed if a later epoch has begun: a rebase has put the rows in another era, which begins at its first fact.
    """
    rows: Sequence[Any] = await connection.fetch(_ROWS, ids)
    _refuse_after(state, all(row["epoch"] == state.epoch for row in rows))
    return rows


async def begin_again(connection: asyncpg.Connection) -> None:
    """Vouch for this database's outbox, with all of it still to send; earlier leaders are refused."""
    identity = await connection.fetchrow(IDENTITY)
    await connection.execute(_FIRST_STATE, BEGINNING, *identity)
    await connection.execute(_BEGIN_AGAIN, BEGINNING, *identity)


async def disown(connection: asyncpg.Connection, state: State, why: str) -> NoReturn:
    """Vouch for it no more: nothing is sent, heard or worked on until `relay rebase`.

    Raises Restored, and Deposed if a later epoch has begun: what an earlier leader has seen is not of its time.
    """
    passing("before_refusal")
    _refuse_after(state, await connection.execute(_DISOWN, _DISOWNED, state.epoch) == "UPDATE 1")
    passing("after_refusal")
    raise Restored(why)


async def refuse_after_loss(connection: asyncpg.Connection, state: State, why: str) -> NoReturn:
    """Store where the log should end, so that no later relay takes it for whole. Raises LogLost, and Deposed."""
    passing("before_refusal")
    _refuse_after(state, await connection.execute(_STORE_ENDS, state.ends, state.epoch) == "UPDATE 1")
    passing("after_refusal")
    raise LogLost(why)
