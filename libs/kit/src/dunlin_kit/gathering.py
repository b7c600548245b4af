"""What a transaction is going to write: gathered over all calls, until one statement writes it."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from dunlin_kit import statements
from dunlin_kit.statements import Part, Values

_Shape = tuple[Any, tuple[str, ...], tuple[str, ...]]
_Place = tuple[list[Values], int]


class Written(NamedTuple):
    """The parts of the one statement, their values one after the other, and whose rows they are."""

    parts: tuple[Part, ...]
    values: list[Any]
    tenant: UUID


class Gathering:
    """New rows, rows put and rows changed, by table and columns. Rows of tables with a `tenant_id` get the tenant's;
    they are kept as they come, and are not to be changed by who gave them."""

    def __init__(self, tenant: UUID) -> None:
        self._tenant = tenant
        self._made: set[Any] = set()
        self._new: dict[_Shape, list[Values]] = {}
        self._puts: dict[_Shape, dict[tuple[Any, ...], Values]] = {}
        self._changes: dict[_Shape, dict[tuple[Any, ...], Values]] = {}
        self._places: dict[tuple[Any, tuple[str, ...]], dict[tuple[Any, ...], _Place]] = {}
        self._placed: dict[tuple[Any, tuple[str, ...]], dict[tuple[tuple[str, ...], tuple[str, ...]], int]] = {}

    def insert(self, table: Any, rows: Sequence[Values], *, once: tuple[str, ...] = ()) -> None:
        """New rows. Those that are put in `once` are passed over where their key is there already, and go in the order
        of that key: two that put in the same ones wait for each other one way only."""
        self._made.add(table)
        for one in rows:
            self._new.setdefault((table, tuple(one), once), []).append(one)

    def put(self, table: Any, rows: Sequence[Values], key: tuple[str, ...]) -> None:
        """Rows that replace those with the same key, or are new; a later one of the same key wins."""
        full_key = _own_key(key)
        self._add(self._puts, table, rows, full_key)
        named = {tuple(one[name] for name in full_key) for one in rows}
        for (other, _, other_key), by_key in self._changes.items():
            if other is table:
                for at in [at for at, change in by_key.items()
                           if _at(at, change, other_key, full_key) in named]:
                    del by_key[at]

    def change(self, table: Any, rows: Sequence[Values], key: tuple[str, ...]) -> None:
        """New values of rows named by key; a row that is new or put here is changed in place."""
        if rows:
            full_key = _own_key(key)
            fresh = [one for one in rows if not self._changed_in_place(table, one, full_key)]
            self._add(self._changes, table, fresh, full_key)

    def written(self, turn: Callable[[str], Any]) -> Written:
        """What is to be written, by parts of one statement, in the order of the tables that `turn` sorts them by.

        In one table what is put comes first: what is put in once is passed over where it was put, not the other way
        round.
        """
        found: list[tuple[Part, Sequence[Any]]] = []
        tenant = self._tenant
        for gathered, build in ((self._puts, statements.put_of), (self._changes, statements.change_of)):
            for (table, columns, key), by_key in gathered.items():
                if not by_key:
                    continue
                rows = [by_key[at] for at in sorted(by_key, key=_sortable)] if len(by_key) > 1 else [*by_key.values()]
                shape, given = statements.taken(table, columns, rows)
                part = build(shape, _full_key(table, key))
                found.append((part, part.sent(given)))
                tenant = rows[0].get("tenant_id", tenant)
        for (table, columns, once), made in self._new.items():
            new = sorted(made, key=lambda row: _sortable([row.get(name) for name in once])) if once else made
            shape, given = statements.taken(table, columns, new)
            part = statements.insert_once_of(shape, once) if once else statements.insert_of(shape)
            found.append((part, part.sent(given)))
            tenant = new[0].get("tenant_id", tenant)
        found.sort(key=lambda one: turn(one[0].table))
        return Written(tuple([part for part, _ in found]), [value for _, given in found for value in given], tenant)

    def _add(
        self, gathered: dict[_Shape, dict[tuple[Any, ...], Values]], table: Any, rows: Sequence[Values],
        key: tuple[str, ...],
    ) -> None:
        for one in rows:
            row, at = one, tuple(one[name] for name in key)
            for (other, columns, other_key), by_key in list(gathered.items()):
                if other is table and other_key == key and at in by_key and set(columns) != row.keys():
                    row = {**by_key.pop(at), **row}
                    if not by_key:
                        del gathered[other, columns, other_key]
            gathered.setdefault((table, tuple(sorted(row)), key), {})[at] = row

    def _changed_in_place(self, table: Any, change: Values, key: tuple[str, ...]) -> bool:
        at = tuple(change[name] for name in key)
        place = self._places_of(table, key).get(at) if table in self._made else None
        if place is not None:
            new, n = place
            assert new[n].keys() >= change.keys(), "a row made here is changed in a column that it was made without"
            new[n] = {**new[n], **change}
            return True
        for (other, columns, other_key), by_key in self._puts.items():
            if other is table:
                put_at = next((held for held, made in by_key.items() if _at(held, made, other_key, key) == at), None) \
                    if other_key != key else at
                if put_at in by_key:
                    assert set(columns) >= change.keys(), "a row put here is changed in a column it was put without"
                    by_key[put_at] = {**by_key[put_at], **change}
                    return True
        return False

    def _places_of(self, table: Any, key: tuple[str, ...]) -> dict[tuple[Any, ...], _Place]:
        """Where the new rows of a table stand, by key: found once, and only added to as rows come."""
        places = self._places.setdefault((table, key), {})
        placed = self._placed.setdefault((table, key), defaultdict(int))
        for (other, columns, once), new in self._new.items():
            if other is table:
                for n in range(placed[columns, once], len(new)):
                    places.setdefault(tuple(new[n].get(name) for name in key), (new, n))
                placed[columns, once] = len(new)
        return places


def _own_key(key: tuple[str, ...]) -> tuple[str, ...]:
    """Without the tenant, which is the same of all."""
    return tuple(name for name in key if name != "tenant_id") if "tenant_id" in key else key


def _full_key(table: Any, key: tuple[str, ...]) -> tuple[str, ...]:
    return ("tenant_id", *key) if "tenant_id" in table.c else key


def _at(at: tuple[Any, ...], row: Values, its_key: tuple[str, ...], key: tuple[str, ...]) -> tuple[Any, ...]:
    """A row's place by `key`, when it stands at `at` by its own key."""
    return at if its_key == key else tuple(row.get(name) for name in key)


def _sortable(key: Sequence[Any]) -> tuple[str, ...]:
    return tuple(str(part) for part in key)
