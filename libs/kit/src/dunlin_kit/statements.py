"""Statements that write rows: built once per table and columns, one text for one row and one for any other number."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from itertools import count
from operator import itemgetter
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
from sqlalchemy import Text, Uuid, bindparam, cast, column, func, literal_column, select, update
from sqlalchemy.dialects.postgresql import ARRAY, Insert, insert
from sqlalchemy.dialects.postgresql.asyncpg import dialect

from dunlin_events.outbox import Appending, written

_DIALECT: Any = dialect()  # type: ignore[no-untyped-call]
_numbers = count()
_TENANT = bindparam("own_tenant", type_=Uuid())
"""Of all rows of a flush: sent once, not with every row."""

Values = Mapping[str, Any]
_TOLD_ONCE = frozenset((UUID, asyncpg.pgproto.pgproto.UUID, datetime, date))
"""Sent once where all rows hold the very same one; a text where it is equal. A number or a nothing that happens to be
the same in all rows would only make one statement more."""


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One data-modifying part of the last statement, its table, and the name of the bind of each column of its rows.

    Columns at `key` name rows that may be there already, and are waited for then; of new rows it is None. Columns at
    `literals` hold arrays, which travel as text: one, or (`many`) one of each row.
    """

    statement: Any
    table: str
    key: tuple[int, ...] | None
    binds: tuple[str, ...]
    literals: tuple[int, ...]
    many: bool

    def sent(self, values: Sequence[Any]) -> Sequence[Any]:
        """The values of its binds."""
        if not self.literals:
            return values
        sent = [*values]
        for at in self.literals:
            sent[at] = [_as_literal(one) for one in sent[at]] if self.many else _as_literal(sent[at])
        return sent


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


class Shape(NamedTuple):
    """How rows come: their table and columns, and of each column whether all rows hold the very same; None of one row.
    """

    table: Any
    columns: tuple[str, ...]
    alike: tuple[bool, ...] | None


def taken(table: Any, columns: tuple[str, ...], rows: Sequence[Values]) -> tuple[Shape, Sequence[Any]]:
    """How these rows come, and their values by column: what is the same in all once, else those of all rows."""
    take = _taker(columns)
    if len(rows) == 1:
        return Shape(table, columns, None), take(rows[0])
    each = [*zip(*map(take, rows), strict=True)]
    alike = tuple([_told_once(one) for one in each])
    if all(alike):  # rows are counted by a column that comes as an array
        alike = (False, *alike[1:])
    return Shape(table, columns, alike), [one[0] if same else one for one, same in zip(each, alike, strict=True)]


def _told_once(values: Sequence[Any]) -> bool:
    first, last = values[0], values[-1]
    text = type(first) is str
    if first is not last and not (text and first == last):
        return False
    return values.count(first) == len(values) if text else type(first) in _TOLD_ONCE and len({*map(id, values)}) == 1


@cache
def _taker(names: tuple[str, ...]) -> Callable[[Any], Sequence[Any]]:
    if len(names) > 1:
        return itemgetter(*names)
    return lambda row: [row[name] for name in names]


class _Rows(NamedTuple):
    """What a statement takes, by column, and how it comes in."""

    taken: dict[str, Any]
    shape: Shape
    prefix: str

    def part(self, statement: Any, key: tuple[str, ...] | None = None) -> Part:
        table, columns, alike = self.shape
        arrays = tuple(at for at, name in enumerate(columns) if isinstance(table.c[name].type, ARRAY))
        binds = tuple(f"{self.prefix}_{name}" for name in columns)
        named = None if key is None else tuple(at for at, name in enumerate(columns) if name in key)
        return Part(statement, table.name, named, binds, arrays, alike is not None)


def _rows_of(shape: Shape) -> _Rows:
    """One array per column, as a set of rows; or a value, which costs half as much, for one row or where all agree."""
    table, prefix = shape.table, f"n{next(_numbers)}"
    types = {name: table.c[name].type for name in shape.columns if name != "tenant_id"}
    sent = {name: Text() if isinstance(kind, ARRAY) else kind for name, kind in types.items()}
    same = dict(zip(shape.columns, shape.alike or (True,) * len(shape.columns), strict=True))
    listed = [name for name in types if not same[name]]
    source: dict[str, Any] = {
        name: bindparam(f"{prefix}_{name}", type_=sent[name]) for name in types if same[name]}
    if listed:
        given = [bindparam(f"{prefix}_{name}", type_=ARRAY(sent[name])) for name in listed]
        rows = func.unnest(*given).table_valued(*(column(name, sent[name]) for name in listed))
        source |= dict(rows.render_derived(name=f"{prefix}_rows").c)
    taken = {name: cast(source[name], kind) if isinstance(kind, ARRAY) else source[name]
             for name, kind in types.items()}
    own = ("tenant_id",) if "tenant_id" in table.c else ()
    return _Rows({name: taken.get(name, _TENANT) for name in dict.fromkeys((*own, *shape.columns))}, shape, prefix)


def _inserted(table: Any, values: Mapping[str, Any]) -> Insert:
    return insert(table).from_select([*values], select(*values.values()), include_defaults=False)


@cache
def insert_of(shape: Shape) -> Part:
    rows = _rows_of(shape)
    return rows.part(_inserted(shape.table, rows.taken))


@cache
def insert_once_of(shape: Shape, key: tuple[str, ...]) -> Part:
    rows = _rows_of(shape)
    statement = _inserted(shape.table, rows.taken)
    return rows.part(statement.on_conflict_do_nothing(), key)


@cache
def put_of(shape: Shape, key: tuple[str, ...]) -> Part:
    rows = _rows_of(shape)
    statement = _inserted(shape.table, rows.taken)
    rest = {name: statement.excluded[name] for name in rows.taken if name not in key}
    if rest:
        statement = statement.on_conflict_do_update(index_elements=list(key), set_=rest)
    else:
        statement = statement.on_conflict_do_nothing(index_elements=list(key))
    return rows.part(statement, key)


@cache
def change_of(shape: Shape, key: tuple[str, ...]) -> Part:
    rows = _rows_of(shape)
    statement = update(shape.table).values({name: one for name, one in rows.taken.items() if name not in key})
    for name in key:
        statement = statement.where(shape.table.c[name] == rows.taken[name])
    return rows.part(statement, key)


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
    """All parts in their order as one statement; then the heads of the streams are taken, and come back, if events go.
    """
    done = [part.statement.returning(literal_column("1").label("one")).cte(f"w{n}") for n, part in enumerate(parts)]
    final = events.after(done) if events else select(literal_column("1")).where(written(done))
    built = final.compile(dialect=_DIALECT)
    names = [_TENANT.key, *(bind for part in parts for bind in part.binds), *(events.binds if events else ())]
    taken = list(built.positiontup or ())
    constants = [name for name in dict.fromkeys(taken) if name not in names]
    place = {name: at for at, name in enumerate((*names, *constants))}
    at = [place[name] for name in taken]
    take: Callable[[Any], Sequence[Any]] = itemgetter(*at) if len(at) > 1 else lambda given: [given[one] for one in at]
    return Whole(built.string, take, tuple(built.binds[name].value for name in constants))
