"""The order of locks, watched while tests run: a lock that is taken out of its turn is refused."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final, NamedTuple
from uuid import UUID

from dunlin_kit import database, statements
from dunlin_kit.gathering import Written
from dunlin_kit.lock_order import order_of, turn_of, written_of
from dunlin_kit.transaction import Transaction

ADVISORY: Final = "advisory lock"
_NAMED = re.compile(r"\b(?:FROM|JOIN)\s+(\w+)(?:\s+(?:AS\s+)?(?![A-Z]+\b)(\w+))?")
_HELD = re.compile(r"FOR (?:NO KEY )?UPDATE(?: OF (\w+))?( SKIP LOCKED)?")
_CHANGED = re.compile(r"(?:INSERT INTO|DELETE FROM|(?<!FOR )(?<!NO KEY )(?<!DO )\bUPDATE) (?!SET\b|OF\b|SKIP\b)(\w+)")


class OutOfOrder(AssertionError):
    """A lock was taken out of its turn: two such transactions can wait for each other."""


class Lock(NamedTuple):
    """What a statement locks: a table's rows or advisory keys. It `waits` but where locked rows are skipped, and is
    `said` where the statement asks for nothing but the lock."""

    name: str
    waits: bool
    said: bool


@cache
def locks_of(text: str) -> tuple[Lock, ...]:
    """In the order in which the statement takes them."""
    named = _NAMED.findall(text)
    tables = {table: table for table, _ in named} | {alias: table for table, alias in named if alias}
    found = [Lock(ADVISORY, True, True)] if "pg_advisory_xact_lock" in text else []
    for of, skips in _HELD.findall(text):
        found.append(Lock(tables[of or named[0][0]], not skips, True))
    return (*found, *(Lock(table, True, False) for table in _CHANGED.findall(text)))


class Turns:
    """What one transaction holds so far, by the order of its service; and by that of tables that are only written."""

    def __init__(self, order: Sequence[str], written: Sequence[str] = ()) -> None:
        self._place = {name: n for n, name in enumerate(order)}
        self._written = {name: n for n, name in enumerate(written)}
        self._bare: str | None = None
        self._asked = False
        self._held: dict[str, set[Any]] = {}
        self._came: dict[str, set[Any]] = defaultdict(set)
        self._over = False

    def ask(self, lock: Lock, named: frozenset[Any]) -> None:
        """Raises OutOfOrder where something later is held, or a later row, or the streams of its facts."""
        if lock.name not in self._place:
            assert not lock.said, f"{lock.name} has no place in the order of locks"
            self._behind(lock.name)
            return
        self._asked = self._asked or lock.said
        known = lock.name in self._held
        if known and (not lock.said or lock.name == ADVISORY):
            return  # what a statement changes was locked before, and there is one advisory lock
        new = named - self._came[lock.name] if known else None
        if (new is None or new) and lock.waits:
            if self._over:
                raise OutOfOrder(f"{lock.name} after the facts were written")
            self._check(lock.name, new)

    def have(self, lock: Lock, named: frozenset[Any], came: frozenset[Any] = frozenset()) -> None:
        """It was not in vain: of what was named all that `came` is held now, or all where nothing came by its key."""
        if lock.name in self._place:
            self._held.setdefault(lock.name, set()).update(named & came or named)
            self._came[lock.name] |= came if any(isinstance(one, UUID) for one in came) else named

    def _behind(self, name: str) -> None:
        """Of a table that is only written, rows that others could meet at are written behind a lock of the order, or
        with nothing to wait for any more but what comes later in theirs. Where no row was there to lock, there are none
        that belong to it either."""
        place = self._written.get(name)
        if place is None or self._held or self._asked:
            return
        if self._bare is not None and self._written[self._bare] > place:
            raise OutOfOrder(f"{name} after {self._bare}, which no lock covers")
        self._bare = name

    def _check(self, name: str, new: frozenset[Any] | None) -> None:
        if self._bare is not None:
            raise OutOfOrder(f"{name} after {self._bare}, which no lock covers")
        later = [held for held in self._held if self._place[held] > self._place[name]]
        if later:
            raise OutOfOrder(f"{name} after {', '.join(later)}")
        held, wanted = (
            [one for one in some if isinstance(one, UUID)] for some in (self._held.get(name, ()), new or ()))
        if held and wanted and min(wanted) < max(held):
            raise OutOfOrder(f"{name}: a row after a later one")

    def write(self, name: str, named: frozenset[Any]) -> None:
        """Rows by their keys: what was not locked before is waited for as it is written."""
        if name not in self._place:
            self._behind(name)
            return
        new = named - self._came[name]
        if new or name not in self._held:
            self._check(name, new)
            self.have(Lock(name, True, False), new)

    def end(self) -> None:
        """The streams of the facts were taken: nothing may be waited for any more."""
        self._over = True


class WatchedTransaction(Transaction):
    """As the kit's, and it refuses locks out of turn."""

    def __init__(self, driver: Any, tenant: UUID, *, source: str, clock: Any) -> None:
        super().__init__(driver, tenant, source=source, clock=clock)
        self._turns = Turns(order_of(source), written_of(source))

    async def row(self, statement: Any, **values: Any) -> Any:
        locks = self._asked(statement, values)
        found = await super().row(statement, **values)
        self._had(locks, values, [] if found is None else [found])
        return found

    async def rows(self, statement: Any, **values: Any) -> list[Any]:
        locks = self._asked(statement, values)
        found = await super().rows(statement, **values)
        self._had(locks, values, found)
        return found

    async def _write(self, *, last: bool = False) -> None:
        told = last and bool(self.told)
        self._asked_of_parts(self._gathered.written(turn_of(self.source)))
        await super()._write(last=last)
        if told:
            self._turns.end()

    def _asked_of_parts(self, written: Written) -> None:
        """Those that change or put rows; new rows are had when they are written."""
        values = iter(written.values)
        for part in written.parts:
            given = [next(values) for _ in part.binds]
            if part.key is not None:
                self._turns.write(part.table, frozenset(_scalars(given[at] for at in part.key)))
            else:
                self._turns.have(Lock(part.table, False, False), frozenset(_scalars(given)))

    def _asked(self, statement: Any, values: Mapping[str, Any]) -> tuple[Lock, ...]:
        locks = locks_of(statements.compiled(statement).text)
        for lock in locks:
            self._turns.ask(lock, frozenset(_scalars(values.values())))
        return locks

    def _had(self, locks: Sequence[Lock], values: Mapping[str, Any], found: Sequence[Any]) -> None:
        for lock in locks:
            if found or not lock.said:
                self._turns.have(lock, frozenset(_scalars(values.values())), frozenset(_scalars(map(tuple, found))))


def watch() -> None:
    """From now on, every transaction of this process whose service has an order."""

    def watched(driver: Any, tenant: UUID, *, source: str, clock: Any) -> Transaction:
        kind = WatchedTransaction if order_of(source) else Transaction
        return kind(driver, tenant, source=source, clock=clock)

    vars(database)["Transaction"] = watched


def _scalars(values: Any) -> Any:
    for value in values:
        if isinstance(value, (list, tuple, set, frozenset)):
            yield from _scalars(value)
        elif isinstance(value, UUID):
            yield UUID(int=value.int)
        else:
            yield str(value)
