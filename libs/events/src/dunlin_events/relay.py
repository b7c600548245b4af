"""The relay: takes committed facts from the outbox to the bus, each at least once and each stream in order."""

import asyncio
import contextlib
from collections.abc import Awaitable, Sequence
from typing import Any, Self, TypeVar

import asyncpg

from dunlin_events import sessions
from dunlin_events.crash_points import passing
from dunlin_events.ending import is_told_to_end, rest
from dunlin_events.envelope import Record
from dunlin_events.eras import endings
from dunlin_events.outbox import wire_headers
from dunlin_events.own_log import Beside, Look, never_told_here
from dunlin_events.rebasing import rebase
from dunlin_events.relay_gauges import Shown
from dunlin_events.relay_state import (
    BEGINNING,
    LEADER_LOCK,
    Deposed,
    LogLost,
    RelayStateColumns,
    Restored,
    State,
    disown,
    ids_of,
    look,
    move_mark,
    open_window,
    refuse_after_loss,
    rows_of,
    take_over,
)
from dunlin_events.topics import BusAway, Publisher
from dunlin_events.waking import OUTBOX_CHANNEL, Poker

__all__ = ["Deposed", "LogLost", "Poker", "Relay", "RelayStateColumns", "Restored", "rebase"]

PAGE = 2000
READ_AHEAD = 100_000
"""Ids kept in memory, so that a large window (the bus was away for long) is not sorted anew for every page."""
IDLE_SECONDS, LONGEST_IDLE_SECONDS = 0.25, 1.0
"""Between two looks that nobody asked for; they grow rarer while there is nothing to send."""
FOLLOW_SECONDS = 1.0
BEAT_SECONDS = 3.0
LOG_SECONDS = 30.0
"""Between two looks at the log: whether it is whole, and whether another copy of this database tells as well."""
STOP_SECONDS = 10.0
FIRST_WAIT, LONGEST_WAIT = 0.1, 5.0

T = TypeVar("T")


class Relay:
    """Sends the outbox of one service. Several may run; one leads, under a session advisory lock.

    The publisher is stopped and started again after each failure, and is then given the same facts again.
    """

    def __init__(
        self, dsn: str, publisher: Publisher, *, topic: str, page: int = PAGE, read_ahead: int = READ_AHEAD
    ) -> None:
        self._dsn, self._publisher, self._topic = dsn, publisher, topic
        self._page, self._read_ahead = page, read_ahead
        self._ahead: list[int] = []
        self._more_behind_them = False
        self._woken = asyncio.Event()
        self._drained = False
        self._wait = FIRST_WAIT
        self._behind = 0
        self._tail: Look | None = None
        self._compared = False
        self._shown = Shown(topic)

    def comparing_with(self, tail: Look) -> Self:
        """Send nothing where the log ends with what this database never told, or before what was confirmed."""
        self._tail = tail
        return self

    def poke(self) -> None:
        """Look at the outbox now. Call it after a commit, in the relay's own event loop."""
        self._drained = False
        self._woken.set()

    def drained(self) -> bool:
        """Whether the last look, begun after the last poke, found nothing left to send."""
        return self._drained

    async def run(self, stop: asyncio.Event) -> None:
        """Lead, or wait to lead, until `stop` is set. Whatever breaks is tried again with growing waits.

        So is a cancellation that nobody asked for: the bus's client cancels within itself.
        """
        ending = asyncio.create_task(self._wake_at(stop))
        try:
            while not stop.is_set():
                try:
                    await self._connected(stop)
                except (Exception, asyncio.CancelledError) as broken:
                    if is_told_to_end():
                        raise
                    self._shown.failed(broken, self._wait)
                    await rest(stop, self._wait)
                    self._wait = min(self._wait * 2, LONGEST_WAIT)
        finally:
            ending.cancel()

    async def _connected(self, stop: asyncio.Event) -> None:
        settings = {
            "application_name": f"relay {self._topic}",
            "enable_seqscan": "off",  # after a rebase all rows share one txid, and statistics speak for a full scan
            "max_parallel_workers_per_gather": "0",
            **sessions.impatient(),
            "idle_session_timeout": sessions.SILENCE_MS,  # silent or not: the lock hangs on the session
        }
        connection = await asyncpg.connect(self._dsn, timeout=5, command_timeout=30, server_settings=settings)
        try:
            while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", LEADER_LOCK):
                self._shown.follows()
                await rest(stop, FOLLOW_SECONDS)
                if stop.is_set():
                    return
            await self._lead(connection, stop)
        finally:
            self._drained = False
            connection.terminate()

    async def _lead(self, connection: asyncpg.Connection, stop: asyncio.Event) -> None:
        state, self._ahead, self._compared = await take_over(connection), [], False
        self._shown.leads(state.epoch)
        await connection.add_listener(OUTBOX_CHANNEL, lambda *_: self.poke())
        beside = Beside()
        try:
            await self._measure(connection, state)
            await self._while_leading(connection, self._publisher.start())
            idle, looked_at = IDLE_SECONDS, -LOG_SECONDS
            while not stop.is_set():
                self._woken.clear()
                if (now := asyncio.get_running_loop().time()) >= looked_at + LOG_SECONDS or beside.is_under_way:
                    looked_at = now
                    with contextlib.suppress(BusAway):  # with nothing to send, that is no trouble of the relay
                        await self._look_at_the_log(connection, state, beside)
                state, sent = await self._tick(connection, state)
                if sent:
                    self._wait, idle = FIRST_WAIT, IDLE_SECONDS
                else:
                    self._drained = not self._woken.is_set()
                    await rest(self._woken, idle)
                    idle = min(2 * idle, LONGEST_IDLE_SECONDS)
        finally:
            self._shown.leads_no_more()
            await beside.end(STOP_SECONDS)
            async with asyncio.timeout(STOP_SECONDS):
                await self._publisher.stop()

    async def _tick(self, connection: asyncpg.Connection, state: State) -> tuple[State, int]:
        """Send one page of the open window, else of a new one; its bounds are stored before anything of it is sent."""
        opening, ids = not state.window_is_open, await self._next_ids(connection, state)
        if not ids:
            state = await self._end(connection, state)
            opening, (snapshot, self._behind) = True, await look(connection, state)
            state = state.closed().opened(snapshot)
            ids = await self._next_ids(connection, state)
        if not ids:
            state = await self._end(connection, state)
            self._shown.waits([], [], self._behind)
            return state.closed(), 0
        if opening:
            await open_window(connection, state)
        rows = await rows_of(connection, state, ids)
        self._shown.waits(ids, rows, self._behind)
        state = await self._send(connection, state, rows)
        ended = not self._ahead and not self._more_behind_them
        if ended:
            state = await self._end(connection, state)
        state = state.closed() if ended else state._replace(last_id=ids[-1])
        await move_mark(connection, state)
        return state, len(ids)

    async def _look_at_the_log(
        self, connection: asyncpg.Connection, state: State, beside: Beside | None = None
    ) -> None:
        """Nothing is sent before it; later ones go on beside the sending.

        Raises BusAway, Restored where another database told under this one's name, and LogLost.
        """
        if self._tail is None:
            return
        if self._compared and beside is not None:
            told = beside.told(self._tail, state)
        else:
            told = await self._while_leading(connection, self._tail()), state
        if told is None:
            return
        tail, as_it_began = told
        if lost := as_it_began.lost(tail.ends):
            raise LogLost(lost)
        self._compared = True
        self._shown.log_is_whole()
        if foreign := await never_told_here(connection, tail.records, self._topic):
            await disown(connection, state, f"the log has {foreign}, which this database never told")

    async def _end(self, connection: asyncpg.Connection, state: State) -> State:
        """All of the window was sent. Say so of the first one of a new era: what was not told by then is no more."""
        if state.window_is_open and state.prev == BEGINNING:
            records = await endings(connection, self._topic)
            await look(connection, state)  # after the look: they are not those of a rebase since
            if records:
                passing("before_ending")
                state = await self._publish(connection, state, records)
                passing("after_ending")
        return state

    async def _next_ids(self, connection: asyncpg.Connection, state: State) -> list[int]:
        """The next page of the open window."""
        if not self._ahead and state.window_is_open:
            self._ahead = await ids_of(connection, state, self._read_ahead)
            self._more_behind_them = len(self._ahead) == self._read_ahead
        page, self._ahead = self._ahead[: self._page], self._ahead[self._page :]
        return page

    async def _measure(self, connection: asyncpg.Connection, state: State) -> None:
        """Tell what waits, at each attempt to reach the bus and before it: the bus may keep silent for long."""
        snapshot, self._behind = await look(connection, state)
        ids = await ids_of(connection, state, self._page)
        if not ids:
            ids = await ids_of(connection, state.closed().opened(snapshot), self._page)
        self._shown.waits(ids, await rows_of(connection, state, ids), self._behind)

    async def _send(self, connection: asyncpg.Connection, state: State, rows: Sequence[Any]) -> State:
        records = [
            Record(row["stream"], wire_headers(row["headers"], row["era"], row["seq"]), row["payload"]) for row in rows
        ]
        passing("before_publish")
        state = await self._publish(connection, state, records)
        passing("after_publish")
        self._shown.sent(len(rows))
        return state

    async def _publish(self, connection: asyncpg.Connection, state: State, records: Sequence[Record]) -> State:
        """How far the log goes by then. Raises LogLost, too, where they came to stand before what was confirmed."""
        if not self._compared:
            await self._look_at_the_log(connection, state)
        stand = await self._while_leading(connection, self._publisher.publish(self._topic, records))
        grown = state.with_appended(stand)
        if lost := grown.lost(dict(enumerate(grown.ends)) | {part: one.next for part, one in stand.items()}):
            await refuse_after_loss(connection, grown, lost)
        return grown

    async def _while_leading(self, connection: asyncpg.Connection, work: Awaitable[T]) -> T:
        """Await it; meanwhile the session is kept alive, for the lock hangs on it."""
        working = asyncio.ensure_future(work)
        try:
            while not (await asyncio.wait({working}, timeout=BEAT_SECONDS))[0]:
                await connection.execute("SELECT 1")
            return await working
        finally:
            working.cancel()
            await asyncio.wait({working}, timeout=STOP_SECONDS)

    async def _wake_at(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._woken.set()
