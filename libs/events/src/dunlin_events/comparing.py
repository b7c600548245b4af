"""Comparing a projection with its copy, row by row, wherever both stand at the same event; and putting rows right."""

import json
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from dunlin_events.projection import Copied, Projection
from dunlin_events.shadow import REAL
from dunlin_events.watermark import ERA

_UNALIGNED = """
SELECT l.stream FROM {real}.watermark l LEFT JOIN "{shadow}".watermark s USING (consumer, owner, stream)
WHERE l.consumer = $1 AND l.owner = $2 AND l.held IS DISTINCT FROM '{era}'
  AND ($3::text[] IS NULL OR l.stream = ANY($3))
  AND ((coalesce(s.sequence, 0)) <> l.sequence OR (l.sequence > 0 AND s.era <> l.era))"""
_REWINDING = """
SELECT l.stream, coalesce(s.sequence, 0) AS sequence FROM {real}.watermark l
LEFT JOIN "{shadow}".watermark s USING (consumer, owner, stream)
WHERE l.consumer = $1 AND l.owner = $2 AND l.held = '{era}' ORDER BY l.stream"""

_NOTED = """
INSERT INTO "{shadow}".rebuild_healed SELECT DISTINCT * FROM unnest($1::uuid[], $2::uuid[]) AS h(tenant_id, customer_id)
WHERE customer_id IS NOT NULL ON CONFLICT DO NOTHING"""


class Difference(NamedTuple):
    """A row that is not as the log has it. `real` or `rebuilt` is None where the row is missing."""

    table: str
    stream: str
    real: dict[str, Any] | None
    rebuilt: dict[str, Any] | None

    def told(self, copied: Copied) -> str:
        """On one line: the key, and each column that differs."""
        row = self.real or self.rebuilt or {}
        key = " ".join([*(f"{name}={row.get(name)}" for name in copied.key), f"in stream {self.stream}"])
        if self.real is None or self.rebuilt is None:
            return f"{self.table} {key}: {'is missing' if self.real is None else 'was never told of'}"
        changed = ", ".join(
            f"{name} is {self.real[name]!r}, the log says {self.rebuilt[name]!r}"
            for name in copied.told if self.real[name] != self.rebuilt[name])
        return f"{self.table} {key}: {changed}"


async def unaligned(owner: Any, projection: Projection, streams: Collection[str] | None = None) -> set[str]:
    """Streams in which the copy stands elsewhere than the original; those that rewind are not among them."""
    one = projection.subscription
    statement = _UNALIGNED.format(real=REAL, shadow=projection.schema, era=ERA)
    rows = await owner.fetch(statement, one.consumer, one.owner, None if streams is None else list(streams))
    return {row["stream"] for row in rows}


async def rewinding(owner: Any, projection: Projection) -> dict[str, int]:
    """Streams held because of a new era, and up to which number the eras agree, once the copy has read all."""
    one = projection.subscription
    rows = await owner.fetch(
        _REWINDING.format(real=REAL, shadow=projection.schema, era=ERA), one.consumer, one.owner)
    return {row["stream"]: row["sequence"] for row in rows}


async def applied(owner: Any, projection: Projection) -> int:
    """How many events the copy is made of."""
    found: int = await owner.fetchval(
        f'SELECT coalesce(sum(sequence), 0)::bigint FROM "{projection.schema}".watermark')  # noqa: S608
    return found


async def on_a_snapshot(
    owner: Any, projection: Projection, streams: Collection[str] | None = None
) -> tuple[list[Difference], set[str]]:
    """What differs in these streams (all, when None), and those that could not be compared on this snapshot."""
    async with owner.transaction(isolation="repeatable_read", readonly=True):
        moving = await unaligned(owner, projection, streams)
        return await differences(owner, projection, but=moving, streams=streams), moving


async def differences(
    owner: Any, projection: Projection, *, but: Collection[str], streams: Collection[str] | None
) -> list[Difference]:
    """What differs now in these streams (all, when None), but for those in which the two stand apart."""
    found: list[Difference] = []
    for copied in projection.tables:
        rows = await owner.fetch(
            _different(projection.schema, copied), list(but), None if streams is None else list(streams))
        found += [Difference(copied.name, row["stream"], _loaded(row["real"]), _loaded(row["rebuilt"])) for row in rows]
    return found


async def heal(owner: Any, projection: Projection, streams: Sequence[str]) -> dict[str, int]:
    """Put the rows of these streams right, in the transaction under way, and note whose they were. Rows by table."""
    places = [stream.partition(":") for stream in streams]
    tenants = [UUID(tenant) for tenant, _, _ in places]
    customers = [UUID(customer) if customer else None for _, _, customer in places]
    healed: dict[str, int] = {}
    for copied in projection.tables:
        for statement in _healing(projection.schema, copied):
            rows = await owner.fetch(statement, tenants, customers)
            healed[copied.name] = healed.get(copied.name, 0) + len(rows)
            await owner.execute(
                _NOTED.format(shadow=projection.schema),
                [row["tenant_id"] for row in rows], [row["customer_id"] for row in rows])
    return healed


def _different(schema: str, copied: Copied) -> str:
    stream = _stream_of(copied)
    missing = "" if copied.known is None else f"AND NOT (s.{_q(copied.key[0])} IS NULL AND NOT r.{_q(copied.known)})"
    return f"""
SELECT * FROM (
  SELECT {stream} AS stream, CASE WHEN r.{_q(copied.key[0])} IS NOT NULL THEN to_jsonb(r) END AS real,
         CASE WHEN s.{_q(copied.key[0])} IS NOT NULL THEN to_jsonb(s) END AS rebuilt
  FROM {REAL}.{_q(copied.name)} r FULL JOIN "{schema}".{_q(copied.name)} s ON {_same_key("r", "s", copied)}
  WHERE (r.{_q(copied.key[0])} IS NULL OR s.{_q(copied.key[0])} IS NULL OR {_unlike(copied)}) {missing}) d
WHERE d.stream <> ALL($1::text[]) AND ($2::text[] IS NULL OR d.stream = ANY($2)) ORDER BY d.stream"""  # noqa: S608


def _healing(schema: str, copied: Copied) -> list[str]:
    """What was never told of goes, what differs is changed, what is missing comes; each returns whose rows it were."""
    real, rebuilt = f"{REAL}.{_q(copied.name)}", f'"{schema}".{_q(copied.name)}'
    known = "" if copied.known is None else f"AND r.{_q(copied.known)}"
    columns = ", ".join(map(_q, copied.columns))
    taken = {name: "NULL" if name in copied.derived else f"s.{_q(name)}" for name in copied.columns}
    change = ", ".join(f"{_q(name)} = {taken[name]}" for name in (*copied.told, *copied.derived))
    given = "unnest($1::uuid[], $2::uuid[]) AS g(tenant_id, customer_id)"
    touched = f"r.tenant_id, {_customer_of('r', copied)} AS customer_id"
    gone = f"""
DELETE FROM {real} r USING {given} WHERE {_of_given("r", copied)} {known}
  AND NOT EXISTS (SELECT FROM {rebuilt} s WHERE {_same_key("r", "s", copied)}) RETURNING {touched}"""  # noqa: S608
    changed = f"""
UPDATE {real} r SET {change} FROM {rebuilt} s, {given} WHERE {_of_given("s", copied)}
  AND {_same_key("r", "s", copied)} AND {_unlike(copied)} RETURNING {touched}"""  # noqa: S608
    new = f"""
INSERT INTO {real} AS r ({columns}) SELECT {", ".join(taken.values())} FROM {rebuilt} s, {given}
WHERE {_of_given("s", copied)} ON CONFLICT DO NOTHING RETURNING {touched}"""  # noqa: S608
    return [gone, changed, new] if copied.told else [gone, new]


def _stream_of(copied: Copied) -> str:
    """As `stream_of` writes it; where the two rows name different customers, the log is believed."""
    tenant = "coalesce(s.tenant_id, r.tenant_id)::text || ':'"
    if copied.customer is None:
        return tenant
    return f"{tenant} || coalesce(s.{_q(copied.customer)}, r.{_q(copied.customer)})::text"


def _customer_of(side: str, copied: Copied) -> str:
    return f"{side}.{_q(copied.customer)}" if copied.customer is not None else "NULL::uuid"


def _of_given(side: str, copied: Copied) -> str:
    customer = f"{side}.{_q(copied.customer)} = g.customer_id" if copied.customer else "g.customer_id IS NULL"
    return f"{side}.tenant_id = g.tenant_id AND {customer}"


def _same_key(one: str, other: str, copied: Copied) -> str:
    return " AND ".join(f"{one}.{_q(name)} = {other}.{_q(name)}" for name in copied.key)


def _unlike(copied: Copied) -> str:
    if not copied.told:
        return "false"
    sides = (f"ROW({', '.join(f'{side}.{_q(name)}' for name in copied.told)})" for side in "rs")
    return " IS DISTINCT FROM ".join(sides)


def _loaded(row: str | None) -> dict[str, Any] | None:
    return None if row is None else dict(json.loads(row))


def _q(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
