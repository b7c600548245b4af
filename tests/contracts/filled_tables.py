"""Rows by the thousand for any table of a service: made up column by column, so that the planner sees a grown one."""

import re
from typing import Any
from uuid import UUID

COLUMNS = """
SELECT a.attname AS name, format_type(a.atttypid, NULL) AS type, a.attgenerated <> '' AS generated,
       a.attidentity <> '' AS identity, a.attnotnull AS needed
FROM pg_attribute a WHERE a.attrelid = $1::regclass AND a.attnum > 0 AND NOT a.attisdropped"""
CONSTRAINTS = """
SELECT conrelid::regclass::text AS place, conname AS name, contype, pg_get_constraintdef(oid) AS said
FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype IN ('c', 'f')"""
_ONE_OF = re.compile(r"\(+(\w+)\)*(?:::text)? = ANY \(\(?ARRAY\[([^\]]+)\]")
_BY_TYPE = {
    "text": "'t' || n", "character varying": "'t' || n", "boolean": "n % 2 = 0", "jsonb": "'{}'::jsonb",
    "date": "current_date - (n % 1000)::int", "timestamp with time zone": "now() - n * interval '1 hour'",
    "integer": "n", "bigint": "n", "smallint": "n % 100", "numeric": "n", "time without time zone": "'12:00'",
    "uuid": "lpad(to_hex(n), 32, '0')::uuid", "bytea": "''::bytea", "xid8": "'1'::xid8"}

ONE_OF_EACH = ("customer", "customer_owner", "customer_group", "rating_look")
SELDOM = ("open", "unapplied", "closed_on", "outcome")


async def loosened(owner: Any) -> dict[tuple[str, str], list[str]]:
    """Take checks and references away; the words that a column may have, by table and column."""
    words: dict[tuple[str, str], list[str]] = {}
    for one in await owner.fetch(CONSTRAINTS):
        if one["contype"] == "c" and (found := _ONE_OF.search(one["said"])):
            words[one["place"], found[1]] = re.findall(r"'([^']*)'", found[2])
        if not one["said"].startswith("NOT NULL"):
            await owner.execute(f'ALTER TABLE {one["place"]} DROP CONSTRAINT "{one["name"]}"')
    return words


async def fill(
    owner: Any, table: str, tenant: UUID, rows: int, words: dict[tuple[str, str], list[str]],
) -> None:
    """So many rows of one tenant; a customer has some eighty of them, where it may have more, and words take turns."""
    columns = [one for one in await owner.fetch(COLUMNS, table) if not (one["generated"] or one["identity"])]
    made = [_value(one, words.get((table, one["name"])), table) for one in columns]
    names = ", ".join(f'"{one["name"]}"' for one in columns)
    await owner.execute(f"""INSERT INTO {table} ({names}) SELECT {", ".join(made)}
        FROM generate_series(1, {rows}) n ON CONFLICT DO NOTHING""".replace(":tenant", f"'{tenant}'::uuid"))
    await owner.execute(f"ANALYZE {table}")


def _value(column: Any, words: list[str] | None, table: str) -> str:
    name, type_ = column["name"], column["type"]
    if name == "tenant_id":
        return ":tenant"
    if name == "customer_id" and table not in ONE_OF_EACH:
        return "lpad(to_hex(1 + n % 100), 32, '0')::uuid"
    if words:
        usual = min(2, len(words))
        given = ", ".join(f"'{word}'" for word in words)
        return f"(ARRAY[{given}])[CASE WHEN n % 10 = 0 THEN 1 + n / 10 % {len(words)} ELSE {usual} END]"
    if name in SELDOM:
        rest = "NULL" if not column["needed"] else "0" if type_ in ("bigint", "integer") else _BY_TYPE[type_]
        return f"CASE WHEN n % 20 = 0 THEN {_BY_TYPE[type_]} ELSE {rest} END"
    if name == "currency":
        return "'CNY'"
    return "'{}'" if type_.endswith("[]") else _BY_TYPE[type_]
