"""Statements that write rows: built once per table and columns, one text for one row and one for any other number."""

from collections.abc import Mapping, Sequence
from functools import cache
from itertools import count
from typing import Any, NamedTuple

from sqlalchemy import Text, Uuid, bindparam, cast, column, func, insert, literal_column, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.postgresql.asyncpg import dialect

from dunlin_events.outbox import APPEND

_DIALECT: Any = dialect()  # type: ignore[no-untyped-call]
_numbers = count()
_TENANT = bindparam("own_tenant", type_=Uuid())
"""Of all rows of a flush: sent once, not with every row."""

Values = Mapping[str, Any]


class Part(NamedTuple):
    """One data-modifying part of the last statement, and the bind name of each column."""

    statement: Any
    binds: Mapping[str, str]
    arrays: frozenset[str]
    many: bool

    def values(self, rows: Sequence[Values]) -> dict[str, Any]:
        """One array per column, or the one row's own values; an array column travels as its text form."""
        own = {_TENANT.key: rows[0]["tenant_id"]} if "tenant_id" in rows[0] else {}
        if not self.many:
            return own | {bind: self._sent(name, rows[0][name]) for name, bind in self.binds.items()}
        return own | {bind: [self._sent(name, row[name]) for row in rows] for name, bind in self.binds.items()}

    def _sent(self, name: str, value: Any) -> Any:
        return _as_literal(value) if name in self.arrays else value


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


class _Rows(NamedTuple):
    """Values as they come in: by column what a statement takes, the bind names, and which travel as text."""

    taken: dict[str, Any]
    binds: dict[str, str]
    arrays: frozenset[str]
    many: bool

    def part(self, statement: Any) -> Part:
        return Part(statement, self.binds, self.arrays, self.many)


def _rows_of(table: Any, columns: tuple[str, ...], many: bool) -> _Rows:
    """One array per column, as a set of rows; or for one row a value per column, which costs half as much."""
    prefix = f"n{next(_numbers)}"
    types = {name: table.c[name].type for name in columns if name != "tenant_id"}
    sent = {name: Text() if isinstance(kind, ARRAY) else kind for name, kind in types.items()}
    binds = {name: f"{prefix}_{name}" for name in types}
    if many:
        given = [bindparam(binds[name], type_=ARRAY(sent[name])) for name in types]
        rows = func.unnest(*given).table_valued(*(column(name, sent[name]) for name in types))
        source = dict(rows.render_derived(name=f"{prefix}_rows").c)
    else:
        source = {name: bindparam(binds[name], type_=sent[name]) for name in types}
    arrays = frozenset(name for name, kind in types.items() if isinstance(kind, ARRAY))
    taken = {name: cast(one, types[name]) if name in arrays else one for name, one in source.items()}
    return _Rows({name: taken.get(name, _TENANT) for name in columns}, binds, arrays, many)


@cache
def insert_of(table: Any, columns: tuple[str, ...], *, many: bool) -> Part:
    rows = _rows_of(table, columns, many)
    return rows.part(insert(table).from_select(list(columns), select(*rows.taken.values()), include_defaults=False))


@cache
def insert_once_of(table: Any, columns: tuple[str, ...], *, many: bool) -> Part:
    rows = _rows_of(table, columns, many)
    statement = postgres_insert(table).from_select(list(columns), select(*rows.taken.values()), include_defaults=False)
    return rows.part(statement.on_conflict_do_nothing())


@cache
def put_of(table: Any, columns: tuple[str, ...], key: tuple[str, ...], *, many: bool) -> Part:
    rows = _rows_of(table, columns, many)
    statement = postgres_insert(table).from_select(list(columns), select(*rows.taken.values()), include_defaults=False)
    rest = {name: statement.excluded[name] for name in columns if name not in key}
    if rest:
        statement = statement.on_conflict_do_update(index_elements=list(key), set_=rest)
    else:
        statement = statement.on_conflict_do_nothing(index_elements=list(key))
    return rows.part(statement)


@cache
def change_of(table: Any, columns: tuple[str, ...], key: tuple[str, ...], *, many: bool) -> Part:
    rows = _rows_of(table, columns, many)
    statement = update(table).values({name: rows.taken[name] for name in columns if name not in key})
    for name in key:
        statement = statement.where(table.c[name] == rows.taken[name])
    return rows.part(statement)


@cache
def in_one(parts: tuple[Any, ...], with_events: bool) -> Any:
    """All parts as common table expressions of one statement; the heads of the streams come back when events go too."""
    final = APPEND if with_events else select(literal_column("1"))
    return final.add_cte(*(part.cte(f"w{n}") for n, part in enumerate(parts)))
