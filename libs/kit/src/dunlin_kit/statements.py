"""Statements that write rows: built once per table and columns, one text for one row and one for any other number."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from itertools import count
from operator import itemgetter
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Text, Uuid, bindparam, cast, column, func, insert, literal_column, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.postgresql.asyncpg import dialect

from dunlin_events.outbox import Appending

_DIALECT: Any = dialect()  # type: ignore[no-untyped-call]
_numbers = count()
_TENANT = bindparam("own_tenant", type_=Uuid())
"""Of all rows of a flush: sent once, not with every row."""

Values = Mapping[str, Any]
_TOLD_ONCE = frozenset((UUID, datetime, date, str))
"""A number or a nothing that happens to be the same in all rows would only make one statement more."""


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One data-modifying part of the last statement: the names of its binds, and how rows give their values.

    `single` columns are taken of the first row, `listed` ones of all; those at `literals` travel as text.
    """

    statement: Any
    binds: tuple[str, ...]
    single: Callable[[Values], Sequence[Any]]
    listed: Callable[[Values], Sequence[Any]] | None
    literals: frozenset[int]

    def values(self, rows: Sequence[Values]) -> list[Any]:
        """One array per column that differs; what is the same in all rows once."""
        once = self.single(rows[0])
        sent = [*once, *zip(*map(self.listed, rows), strict=True)] if self.listed else [*once]
        for at in self.literals:
            value = sent[at]
            sent[at] = _as_literal(value) if at < len(once) else [_as_literal(one) for one in value]
        return sent


def shared_by(rows: Sequence[Values]) -> frozenset[str]:
    """The columns in which all of these rows hold the very same thing; never all columns, for rows are counted."""
    first, last = rows[0], rows[-1]
    same = frozenset(
        name
        for name, value in first.items()
        if type(value) in _TOLD_ONCE and last[name] is value and all(row[name] is value for row in rows)
    )
    return same if len(same) < len(first) else frozenset()


class Compiled(NamedTuple):
    """The text of a constant statement, and how its positional values are taken out of named ones."""

    text: str
    take: Callable[[Values], Sequence[Any]]
    defaults: dict[str, Any]


@cache
def compiled(statement: Any) -> Compiled:
    """Once for each constant statement."""
    built = statement.compile(dialect=_DIALECT)
    names = tuple(built.positiontup)
    take = itemgetter(*names) if len(names) > 1 else lambda values: [values[name] for name in names]
    return Compiled(built.string, take, {name: built.binds[name].value for name in names})


def _as_literal(items: Sequence[str] | Sequence[int] | None) -> str | None:
    return None if items is None else "{" + ",".join(map(_quoted, items)) + "}"


def _quoted(item: str | int) -> str:
    if isinstance(item, int):
        return str(item)
    return '"' + item.replace("\\", "\\\\").replace('"', '\\"') + '"'


class _Rows(NamedTuple):
    """Values as they come in: by column what a statement takes; bind names of columns that are alike, and differ."""

    taken: dict[str, Any]
    single: dict[str, str]
    listed: dict[str, str]
    arrays: frozenset[str]

    def part(self, statement: Any) -> Part:
        names = (*self.single, *self.listed)
        return Part(
            statement, (*self.single.values(), *self.listed.values()), _taker(tuple(self.single)),
            _taker(tuple(self.listed)) if self.listed else None,
            frozenset(at for at, name in enumerate(names) if name in self.arrays))


def _taker(names: tuple[str, ...]) -> Callable[[Any], Sequence[Any]]:
    if len(names) > 1:
        return itemgetter(*names)
    return lambda row: [row[name] for name in names]


class Shape(NamedTuple):
    """How rows come: their table and columns, whether several, and in which columns all of them are the same."""

    table: Any
    columns: tuple[str, ...]
    many: bool
    shared: frozenset[str]

    @classmethod
    def of(cls, table: Any, columns: tuple[str, ...], rows: Sequence[Values]) -> "Shape":
        many = len(rows) > 1
        return cls(table, columns, many, shared_by(rows) if many else frozenset())


def _rows_of(shape: Shape, columns: Sequence[str]) -> _Rows:
    """One array per column, as a set of rows; or a value, which costs half as much, for one row or where all agree."""
    table, prefix = shape.table, f"n{next(_numbers)}"
    types = {name: table.c[name].type for name in columns if name != "tenant_id"}
    sent = {name: Text() if isinstance(kind, ARRAY) else kind for name, kind in types.items()}
    binds = {name: f"{prefix}_{name}" for name in types}
    listed = [name for name in types if name not in shape.shared] if shape.many else []
    source: dict[str, Any] = {
        name: bindparam(binds[name], type_=sent[name]) for name in types if name not in listed}
    if listed:
        given = [bindparam(binds[name], type_=ARRAY(sent[name])) for name in listed]
        rows = func.unnest(*given).table_valued(*(column(name, sent[name]) for name in listed))
        source |= dict(rows.render_derived(name=f"{prefix}_rows").c)
    arrays = frozenset(name for name, kind in types.items() if isinstance(kind, ARRAY))
    taken = {name: cast(source[name], types[name]) if name in arrays else source[name] for name in types}
    return _Rows({name: taken.get(name, _TENANT) for name in columns},
                 {name: binds[name] for name in types if name not in listed},
                 {name: binds[name] for name in listed}, arrays)


def _all_columns(shape: Shape) -> list[str]:
    """With the tenant's, which rows leave out."""
    return list(dict.fromkeys((*(("tenant_id",) if "tenant_id" in shape.table.c else ()), *shape.columns)))


@cache
def insert_of(shape: Shape) -> Part:
    columns = _all_columns(shape)
    rows = _rows_of(shape, columns)
    return rows.part(insert(shape.table).from_select(columns, select(*rows.taken.values()), include_defaults=False))


@cache
def insert_once_of(shape: Shape) -> Part:
    columns = _all_columns(shape)
    rows = _rows_of(shape, columns)
    statement = postgres_insert(shape.table).from_select(columns, select(*rows.taken.values()), include_defaults=False)
    return rows.part(statement.on_conflict_do_nothing())


@cache
def put_of(shape: Shape, key: tuple[str, ...]) -> Part:
    columns = _all_columns(shape)
    rows = _rows_of(shape, columns)
    statement = postgres_insert(shape.table).from_select(columns, select(*rows.taken.values()), include_defaults=False)
    rest = {name: statement.excluded[name] for name in columns if name not in key}
    if rest:
        statement = statement.on_conflict_do_update(index_elements=list(key), set_=rest)
    else:
        statement = statement.on_conflict_do_nothing(index_elements=list(key))
    return rows.part(statement)


@cache
def change_of(shape: Shape, key: tuple[str, ...]) -> Part:
    columns = _all_columns(shape)
    rows = _rows_of(shape, columns)
    statement = update(shape.table).values({name: rows.taken[name] for name in columns if name not in key})
    for name in key:
        statement = statement.where(shape.table.c[name] == rows.taken[name])
    return rows.part(statement)


class Whole(NamedTuple):
    """The one statement that writes all parts, and how its positional values are taken out of those of the parts."""

    text: str
    take: Callable[[Sequence[Any]], Sequence[Any]]
    constants: tuple[Any, ...]

    def values(self, tenant: UUID, given: Sequence[Any]) -> Sequence[Any]:
        """`given` are the values of the parts one after the other, then those of the events."""
        return self.take([tenant, *given, *self.constants])


@cache
def whole(parts: tuple[Part, ...], events: Appending | None) -> Whole:
    """All parts as common table expressions of one statement; the heads of the streams come back when events go too."""
    final = events.statement if events else select(literal_column("1"))
    built = final.add_cte(*(part.statement.cte(f"w{n}") for n, part in enumerate(parts))).compile(dialect=_DIALECT)
    names = [_TENANT.key, *(bind for part in parts for bind in part.binds), *(events.binds if events else ())]
    taken = list(built.positiontup or ())
    constants = [name for name in dict.fromkeys(taken) if name not in names]
    place = {name: at for at, name in enumerate((*names, *constants))}
    at = [place[name] for name in taken]
    take: Callable[[Any], Sequence[Any]] = itemgetter(*at) if len(at) > 1 else lambda given: [given[one] for one in at]
    return Whole(built.string, take, tuple(built.binds[name].value for name in constants))
