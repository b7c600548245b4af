"""One transaction: the tenant rides on BEGIN, reads come one by one, writes leave as one statement."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from dunlin_events.contracts.base import Event
from dunlin_events.envelope import stream_of
from dunlin_events.outbox import Pending, Trace, bind, pending
from dunlin_kernel.clock import Clock
from dunlin_kit import statements
from dunlin_kit.statements import Values
from dunlin_kit.telemetry import current_trace

_Gathered = dict[tuple[Any, tuple[str, ...], tuple[str, ...]], dict[tuple[Any, ...], dict[str, Any]]]


class Transaction:
    """What a use case reads and writes through. Rows of tables with a `tenant_id` get it by themselves."""

    def __init__(self, driver: Any, tenant: UUID, *, source: str, clock: Clock) -> None:
        self.driver = driver
        self.tenant = tenant
        self.clock = clock
        self.actor = "system"
        self.recorded_at: datetime | None = None
        self.heads: dict[str, int] = {}
        self._source = source
        self.trace: Trace = current_trace()
        self._new: dict[tuple[Any, tuple[str, ...], bool], list[Values]] = {}
        self._puts: _Gathered = {}
        self._changes: _Gathered = {}
        self._facts: list[tuple[Event, Trace]] = []

    async def row(self, statement: Any, **values: Any) -> Any:
        """First row of a constant statement, or None; binds by name."""
        return await self.driver.fetchrow(*_ready(statement, values))

    async def rows(self, statement: Any, **values: Any) -> list[Any]:
        """All rows of a constant statement; binds by name."""
        return list(await self.driver.fetch(*_ready(statement, values)))

    def insert(self, row: Any, *rows: Values) -> None:
        """Gather new rows of one table over all calls; each has every column that has no default in the database."""
        self._gather_new(row, rows, once=False)

    def once(self, row: Any, *rows: Values) -> None:
        """Gather new rows; those whose key is there already are passed over."""
        self._gather_new(row, rows, once=True)

    def put(self, row: Any, *rows: Values, key: tuple[str, ...] = ("id",)) -> None:
        """Gather rows that replace those with the same key, or are new; a later one of the same key wins."""
        self._gather(self._puts, row, rows, key)
        table = _table_of(row)
        for (other, _, _), by_key in self._changes.items():
            for at in [at for at, change in by_key.items() if other is table and _one_of(change, rows, key)]:
                del by_key[at]

    def change(self, row: Any, *rows: Values, key: tuple[str, ...] = ("id",)) -> None:
        """Gather new values of rows named by key, over all calls; a row made here is changed in place."""
        fresh = [change for change in rows if not self._changed_in_place(_table_of(row), change, key)]
        self._gather(self._changes, row, fresh, key)

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

    async def flush(self) -> None:
        """Write everything gathered in one statement and keep the heads of the streams it moved."""
        parts, values = self._written()
        facts = await self._pending()
        if facts:
            values |= bind(facts)
        if parts or facts:
            statement = statements.in_one(tuple(parts), bool(facts))
            heads = await self.driver.fetch(*_ready(statement, values))
            if facts:
                self.heads |= {head["stream"]: head["seq"] for head in heads}
        self._new, self._puts, self._changes, self._facts = {}, {}, {}, []

    async def _pending(self) -> list[Pending]:
        if not self._facts:
            return []
        now = self.clock.now()
        if self.recorded_at is None:
            stands = await self.driver.fetchval(
                "SELECT clock_at FROM tenant WHERE tenant_id = $1 AND sandbox", self.tenant
            )
            self.recorded_at = stands or now
        return [
            pending(fact, tenant=self.tenant, now=now, recorded_at=self.recorded_at, trace=trace, source=self._source)
            for fact, trace in self._facts
        ]

    def _written(self) -> tuple[list[Any], dict[str, Any]]:
        parts: list[Any] = []
        values: dict[str, Any] = {}
        for (table, columns, once), new in self._new.items():
            part = (statements.insert_once_of if once else statements.insert_of)(table, columns, many=len(new) > 1)
            parts.append(part.statement)
            values |= part.values(new)
        for gathered, build in ((self._puts, statements.put_of), (self._changes, statements.change_of)):
            for (table, columns, key), by_key in gathered.items():
                if not by_key:
                    continue
                part = build(table, columns, key, many=len(by_key) > 1)
                parts.append(part.statement)
                values |= part.values([by_key[at] for at in sorted(by_key, key=_sortable)])
        return parts, values

    def _owned(self, table: Any, row: Values) -> dict[str, Any]:
        return {"tenant_id": self.tenant, **row} if "tenant_id" in table.c else dict(row)

    def _gather_new(self, row: Any, rows: Sequence[Values], *, once: bool) -> None:
        table = _table_of(row)
        for one in rows:
            owned = self._owned(table, one)
            self._new.setdefault((table, tuple(owned), once), []).append(owned)

    def _gather(self, gathered: _Gathered, row: Any, rows: Sequence[Values], key: tuple[str, ...]) -> None:
        table = _table_of(row)
        full_key = ("tenant_id", *(name for name in key if name != "tenant_id")) if "tenant_id" in table.c else key
        for one in rows:
            owned = self._owned(table, one)
            at = tuple(owned[name] for name in full_key)
            for (other, columns, other_key), by_key in list(gathered.items()):
                if other is table and other_key == full_key and at in by_key and set(columns) != set(owned):
                    owned = by_key.pop(at) | owned
                    if not by_key:
                        del gathered[other, columns, other_key]
            gathered.setdefault((table, tuple(sorted(owned)), full_key), {})[at] = owned

    def _changed_in_place(self, table: Any, change: Values, key: tuple[str, ...]) -> bool:
        wanted = [(name, change[name]) for name in key]
        for (other, _, _), new in self._new.items():
            for n, made in enumerate(new if other is table else ()):
                if all(made.get(name) == value for name, value in wanted):
                    assert made.keys() >= change.keys(), (
                        "a row made here is changed in a column that it was made without"
                    )
                    new[n] = {**made, **change}
                    return True
        for (other, columns, _), by_key in self._puts.items():
            for at, made in by_key.items() if other is table else ():
                if _one_of(made, (change,), key):
                    assert set(columns) >= change.keys(), "a row put here is changed in a column it was put without"
                    by_key[at] = {**made, **change}
                    return True
        return False


def _table_of(row: Any) -> Any:
    return getattr(row, "__table__", row)


def _ready(statement: Any, values: Values) -> tuple[Any, ...]:
    text, names = statements.compiled(statement)
    return text, *(values.get(name, default) for name, default in names)


def _one_of(row: Values, rows: Sequence[Values], key: tuple[str, ...]) -> bool:
    """Whether the key of `row` is that of one of the rows; all are of one tenant."""
    return any(all(name in row and row[name] == one[name] for name in key) for one in rows)


def _sortable(key: tuple[Any, ...]) -> tuple[str, ...]:
    return tuple(str(part) for part in key)
