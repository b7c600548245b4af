"""One transaction: the tenant rides on BEGIN, reads come one by one, writes leave as one statement."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from dunlin_events.contracts.base import Event
from dunlin_events.envelope import stream_of
from dunlin_events.outbox import Pending, Trace, appending, pending
from dunlin_kernel.clock import Clock
from dunlin_kit import statements
from dunlin_kit.gathering import Gathering
from dunlin_kit.lock_order import turn_of
from dunlin_kit.statements import Values
from dunlin_kit.telemetry import current_trace

_SANDBOX_CLOCK = "SELECT clock_at FROM tenant WHERE tenant_id = $1 AND sandbox"


class Transaction:
    """What a use case reads and writes through. Rows of tables with a `tenant_id` get it by themselves."""

    def __init__(self, driver: Any, tenant: UUID, *, source: str, clock: Clock) -> None:
        self.driver = driver
        self.tenant = tenant
        self.clock = clock
        self.actor = "system"
        self.scopes: frozenset[str] = frozenset()
        self.recorded_at: datetime | None = None
        self.heads: dict[str, int] = {}
        self.conditions: list[Callable[[Transaction], Awaitable[None]]] = []
        self.source = source
        self.trace: Trace = current_trace()
        self._gathered = Gathering(tenant)
        self.facts: list[tuple[Event, Trace]] = []
        self.told: list[Pending] = []
        self._ahead: asyncio.Task[None] | None = None

    async def row(self, statement: Any, **values: Any) -> Any:
        """First row of a constant statement, or None; binds by name."""
        if self._ahead is not None:
            await self._caught_up()
        return await self.driver.fetchrow(*_ready(statement, values))

    async def rows(self, statement: Any, **values: Any) -> list[Any]:
        """All rows of a constant statement; binds by name."""
        if self._ahead is not None:
            await self._caught_up()
        return list(await self.driver.fetch(*_ready(statement, values)))

    def insert(self, row: Any, *rows: Values) -> None:
        """Gather new rows of one table over all calls; each has every column that has no default in the database."""
        self._gathered.insert(getattr(row, "__table__", row), rows)

    def once(self, row: Any, *rows: Values, key: tuple[str, ...] = ("id",)) -> None:
        """Gather new rows; those whose key is there already are passed over."""
        self._gathered.insert(getattr(row, "__table__", row), rows, once=key)

    def put(self, row: Any, *rows: Values, key: tuple[str, ...] = ("id",)) -> None:
        """Gather rows that replace those with the same key, or are new; a later one of the same key wins."""
        self._gathered.put(getattr(row, "__table__", row), rows, key)

    def change(self, row: Any, *rows: Values, key: tuple[str, ...] = ("id",)) -> None:
        """Gather new values of rows named by key, over all calls; a row made here is changed in place."""
        self._gathered.change(getattr(row, "__table__", row), rows, key)

    def emit(self, *facts: Event) -> None:
        """Gather facts; they leave with the last statement, in this order, each in its stream."""
        self.facts.extend((fact, self.trace) for fact in facts)

    def streams(self) -> tuple[str, ...]:
        """The streams of the facts gathered or written so far."""
        gathered = (stream_of(self.tenant, fact.concerns) for fact, _ in self.facts)
        return tuple(sorted({*self.heads, *gathered, *(fact.stream for fact in self.told)}))

    def cause(self, correlation_id: str, causation_id: str) -> None:
        """What is emitted from now on follows from this event."""
        self.trace = Trace(correlation_id=correlation_id, causation_id=causation_id, traceparent=self.trace.traceparent)

    async def act_for(self, tenant: UUID) -> None:
        """Write what was gathered, then work for another tenant in the same database transaction."""
        await self.flush()
        await _tell(self)
        if tenant != self.tenant:
            await self.driver.execute(f"SET LOCAL dunlin.tenant = '{UUID(int=tenant.int)}'")
            self.tenant, self.recorded_at = tenant, None
            self._gathered = Gathering(tenant)

    async def flush(self, *, last: bool = False) -> None:
        """Write the rows gathered so far in one statement, if the `conditions` hold; with the `last` also all facts.

        It keeps the heads it moved. Rows go table by table in the order of locks; then all streams are taken at once,
        by key, and nothing follows that could wait.
        """
        await self._caught_up()
        while self.conditions:
            await self.conditions.pop()(self)
        if last:
            await _tell(self)
        await self._write(last=last)

    async def write_ahead(self) -> None:
        """Begin to write what was gathered so far, and let the work go on meanwhile: for long lists of facts.

        The next statement waits until it is written, and fails where that failed.
        """
        await self._caught_up()
        self._ahead = asyncio.create_task(self._write())
        await asyncio.sleep(0)
        if self.recorded_at is not None:
            await _tell(self)

    async def abandon(self) -> None:
        """Nothing is under way any more on the driver; what came of it does not matter."""
        if self._ahead is not None:
            self._ahead.cancel()
            await asyncio.gather(self._ahead, return_exceptions=True)

    async def _caught_up(self) -> None:
        if self._ahead is not None:
            await self._ahead
            self._ahead = None

    async def _write(self, *, last: bool = False) -> None:
        gathered, self._gathered = self._gathered, Gathering(self.tenant)
        told: Sequence[Pending] = ()
        if last:
            told, self.told = self.told, []
        written = gathered.written(turn_of(self.source))
        if written.parts or told:
            events = appending(told) if told else None
            whole = statements.whole(written.parts, events)
            values = [*written.values, *events.values(told)] if events else written.values
            heads = await self.driver.fetch(whole.text, *whole.values(written.tenant, values))
            if events:
                self.heads |= {head["stream"]: head["seq"] for head in heads}


def _ready(statement: Any, values: Values) -> tuple[Any, ...]:
    text, take, defaults = statements.compiled(statement)
    return text, *take({**defaults, **values})


async def _tell(tx: Transaction) -> None:
    """Put the facts gathered so far into the form in which they leave."""
    if not tx.facts:
        return
    now, (gathered, tx.facts) = tx.clock.now(), (tx.facts, [])
    if tx.recorded_at is None:
        tx.recorded_at = await tx.driver.fetchval(_SANDBOX_CLOCK, tx.tenant) or now
    tx.told += [pending(fact, tenant=tx.tenant, now=now, recorded_at=tx.recorded_at, trace=trace, source=tx.source)
                for fact, trace in gathered]
