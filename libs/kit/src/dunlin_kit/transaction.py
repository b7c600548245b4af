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
from dunlin_kit.statements import Values
from dunlin_kit.telemetry import current_trace


class Transaction:
    """What a use case reads and writes through. Rows of tables with a `tenant_id` get it by themselves."""

    def __init__(self, driver: Any, tenant: UUID, *, source: str, clock: Clock) -> None:
        self.driver = driver
        self.tenant = tenant
        self.clock = clock
        self.actor = "system"
        self.recorded_at: datetime | None = None
        self.heads: dict[str, int] = {}
        self.conditions: list[Callable[[Transaction], Awaitable[None]]] = []
        self._source = source
        self.trace: Trace = current_trace()
        self._gathered = Gathering(tenant)
        self._facts: list[tuple[Event, Trace]] = []
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
        self._gathered.insert(getattr(row, "__table__", row), rows, once=False)

    def once(self, row: Any, *rows: Values) -> None:
        """Gather new rows; those whose key is there already are passed over."""
        self._gathered.insert(getattr(row, "__table__", row), rows, once=True)

    def put(self, row: Any, *rows: Values, key: tuple[str, ...] = ("id",)) -> None:
        """Gather rows that replace those with the same key, or are new; a later one of the same key wins."""
        self._gathered.put(getattr(row, "__table__", row), rows, key)

    def change(self, row: Any, *rows: Values, key: tuple[str, ...] = ("id",)) -> None:
        """Gather new values of rows named by key, over all calls; a row made here is changed in place."""
        self._gathered.change(getattr(row, "__table__", row), rows, key)

    def emit(self, *facts: Event) -> None:
        """Gather facts; they leave with the last statement, in this order, each in its stream."""
        self._facts.extend((fact, self.trace) for fact in facts)

    def streams(self) -> tuple[str, ...]:
        """The streams of the facts gathered or written so far."""
        gathered = (stream_of(self.tenant, fact.concerns) for fact, _ in self._facts)
        return tuple(sorted({*self.heads, *gathered}))

    def cause(self, correlation_id: str, causation_id: str) -> None:
        """What is emitted from now on follows from this event."""
        self.trace = Trace(correlation_id=correlation_id, causation_id=causation_id, traceparent=self.trace.traceparent)

    async def act_for(self, tenant: UUID) -> None:
        """Write what was gathered, then work for another tenant in the same database transaction."""
        await self.flush()
        if tenant != self.tenant:
            await self.driver.execute(f"SET LOCAL dunlin.tenant = '{UUID(int=tenant.int)}'")
            self.tenant, self.recorded_at = tenant, None
            self._gathered = Gathering(tenant)

    async def flush(self) -> None:
        """Write everything gathered in one statement, if the `conditions` hold, and keep the heads it moved."""
        await self._caught_up()
        while self.conditions:
            await self.conditions.pop()(self)
        await self._write()

    async def write_ahead(self) -> None:
        """Begin to write what was gathered so far, and let the work go on meanwhile: for long lists of facts.

        The next statement waits until it is written, and fails where that failed.
        """
        await self._caught_up()
        self._ahead = asyncio.create_task(self._write())
        await asyncio.sleep(0)

    async def abandon(self) -> None:
        """Nothing is under way any more on the driver; what came of it does not matter."""
        if self._ahead is not None:
            self._ahead.cancel()
            await asyncio.gather(self._ahead, return_exceptions=True)

    async def _caught_up(self) -> None:
        if self._ahead is not None:
            await self._ahead
            self._ahead = None

    async def _write(self) -> None:
        gathered, self._gathered = self._gathered, Gathering(self.tenant)
        told, self._facts = self._facts, []
        written, facts = gathered.written(), await _pending(self, told, self._source)
        if written.parts or facts:
            events = appending(facts) if facts else None
            whole = statements.whole(written.parts, events)
            values = [*written.values, *events.values(facts)] if events else written.values
            heads = await self.driver.fetch(whole.text, *whole.values(written.tenant, values))
            if events:
                self.heads |= {head["stream"]: head["seq"] for head in heads}


def _ready(statement: Any, values: Values) -> tuple[Any, ...]:
    text, take, defaults = statements.compiled(statement)
    return text, *take({**defaults, **values})


async def _pending(tx: Transaction, told: Sequence[tuple[Event, Trace]], source: str) -> list[Pending]:
    if not told:
        return []
    now = tx.clock.now()
    if tx.recorded_at is None:
        stands = await tx.driver.fetchval("SELECT clock_at FROM tenant WHERE tenant_id = $1 AND sandbox", tx.tenant)
        tx.recorded_at = stands or now
    return [
        pending(fact, tenant=tx.tenant, now=now, recorded_at=tx.recorded_at, trace=trace, source=source)
        for fact, trace in told
    ]
