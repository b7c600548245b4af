"""Statements that write many rows with one text: built once per table and columns, whatever the number of rows."""

from collections.abc import Mapping, Sequence
from functools import cache
from itertools import count
from typing import Any, NamedTuple

from sqlalchemy import Text, bindparam, cast, column, func, insert, literal_column, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.postgresql.asyncpg import dialect

from dunlin_events.outbox import APPEND

_DIALECT: Any = dialect()  # type: ignore[no-untyped-call]
_numbers = count()

Values = Mapping[str, Any]


class Part(NamedTuple):
    """One data-modifying part of the last statement, and the bind name of each column."""

    statement: Any
    binds: Mapping[str, str]
    table: Any

    def values(self, rows: Sequence[Values]) -> dict[str, Any]:
        """One array per column; a column that is an array itself travels as its text form."""
        return {
            bind: [_as_literal(row[name]) if isinstance(self.table.c[name].type, ARRAY) else row[name] for row in rows]
            for name, bind in self.binds.items()
        }


@cache
def compiled(statement: Any) -> tuple[str, tuple[tuple[str, Any], ...]]:
    """The text of a constant statement and its positional binds with their defaults."""
    built = statement.compile(dialect=_DIALECT)
    return built.string, tuple((name, built.binds[name].value) for name in built.positiontup)


def _as_literal(items: Sequence[str] | None) -> str | None:
    if items is None:
        return None
    quoted = (str(item).replace("\\", "\\\\").replace('"', '\\"') for item in items)
    return "{" + ",".join(f'"{item}"' for item in quoted) + "}"


def _rows_of(table: Any, columns: tuple[str, ...]) -> tuple[Any, dict[str, Any], dict[str, str]]:
    """Arrays as a set of rows: the source, its columns by name, and the bind names."""
    prefix = f"n{next(_numbers)}"
    types = {name: table.c[name].type for name in columns}
    sent = {name: Text() if isinstance(kind, ARRAY) else kind for name, kind in types.items()}
    binds = {name: f"{prefix}_{name}" for name in columns}
    arrays = [bindparam(binds[name], type_=ARRAY(sent[name])) for name in columns]
    source = (
        func.unnest(*arrays).table_valued(*(column(n, sent[n]) for n in columns)).render_derived(name=f"{prefix}_rows")
    )
    taken = {n: cast(source.c[n], types[n]) if isinstance(types[n], ARRAY) else source.c[n] for n in columns}
    return source, taken, binds


@cache
def insert_of(table: Any, columns: tuple[str, ...]) -> Part:
    source, taken, binds = _rows_of(table, columns)
    rows = select(*taken.values()).select_from(source)
    return Part(insert(table).from_select(list(columns), rows, include_defaults=False), binds, table)


@cache
def insert_once_of(table: Any, columns: tuple[str, ...]) -> Part:
    source, taken, binds = _rows_of(table, columns)
    rows = select(*taken.values()).select_from(source)
    statement = postgres_insert(table).from_select(list(columns), rows, include_defaults=False).on_conflict_do_nothing()
    return Part(statement, binds, table)


@cache
def put_of(table: Any, columns: tuple[str, ...], key: tuple[str, ...]) -> Part:
    source, taken, binds = _rows_of(table, columns)
    rows = select(*taken.values()).select_from(source)
    statement = postgres_insert(table).from_select(list(columns), rows, include_defaults=False)
    rest = {name: statement.excluded[name] for name in columns if name not in key}
    if rest:
        statement = statement.on_conflict_do_update(index_elements=list(key), set_=rest)
    else:
        statement = statement.on_conflict_do_nothing(index_elements=list(key))
    return Part(statement, binds, table)


@cache
def change_of(table: Any, columns: tuple[str, ...], key: tuple[str, ...]) -> Part:
    _, taken, binds = _rows_of(table, columns)
    statement = update(table).values({name: taken[name] for name in columns if name not in key})
    for name in key:
        statement = statement.where(table.c[name] == taken[name])
    return Part(statement, binds, table)


@cache
def in_one(parts: tuple[Any, ...], with_events: bool) -> Any:
    """All parts as common table expressions of one statement; the heads of the streams come back when events go too."""
    final = APPEND if with_events else select(literal_column("1"))
    return final.add_cte(*(part.cte(f"w{n}") for n, part in enumerate(parts)))
