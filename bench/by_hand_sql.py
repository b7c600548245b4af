"""Hand-written statements with named places, sent one by one or fused into one by common table expressions."""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

PLACE = re.compile(r"\{(\w+)\}")
Values = Mapping[str, Any]


@cache
def numbered(text: str) -> tuple[str, tuple[str, ...]]:
    """The text with `$1` for its first named place and so on, and the names in that order."""
    names: list[str] = []

    def place(match: re.Match[str]) -> str:
        if match[1] not in names:
            names.append(match[1])
        return f"${names.index(match[1]) + 1}"

    return PLACE.sub(place, text), tuple(names)


@cache
def fused(parts: tuple[str, ...], last: str) -> str:
    """One statement: the parts in its WITH; a part `name AS (...)` keeps its name."""
    named = (part if re.match(r"\w+ AS \(", part) else f"part{n} AS ({part})" for n, part in enumerate(parts))
    return f"WITH {', '.join(named)} {last}"


async def row(connection: Any, text: str, values: Values) -> Any:
    """The first row, or None."""
    sql, names = numbered(text)
    return await connection.fetchrow(sql, *(values[name] for name in names))


async def rows(connection: Any, text: str, values: Values) -> list[Any]:
    sql, names = numbered(text)
    return list(await connection.fetch(sql, *(values[name] for name in names)))


async def written(connection: Any, form: str, parts: Sequence[str], values: Values) -> int:
    """Write all parts and the events; returns the last number taken in the stream."""
    if form == "merged":
        whole = fused((*parts, HEAD_PART, EVENTS_PART, KEEP_KEY), "SELECT seq FROM head")
        head = await row(connection, whole, values)
        return int(head["seq"])
    for part in parts:
        await row(connection, part, values)
    head = await row(connection, HEAD, values)
    await row(connection, EVENTS, {**values, "seq": head["seq"], "era": head["era"]})
    await row(connection, KEEP_KEY, values)
    return int(head["seq"])


FIND_KEY = "SELECT fingerprint, status, etag, location, body FROM idempotency_key WHERE key = {key}"
BARRIER = "SELECT pg_advisory_xact_lock_shared({barrier})"
LOCK = """SELECT open, disputed, unapplied, entries, version, aged_on, turns_on, aged, aged_items FROM account
          WHERE customer_id = {customer} AND currency = {currency} FOR UPDATE"""
KEY_AND_LOCK = """WITH barrier AS MATERIALIZED (SELECT pg_advisory_xact_lock_shared({barrier}) AS held)
  SELECT a.open, a.disputed, a.unapplied, a.entries, a.version, a.aged_on, a.turns_on, a.aged, a.aged_items, held,
         k.fingerprint, k.status, k.etag, k.location, k.body
  FROM barrier CROSS JOIN account a LEFT JOIN idempotency_key k ON k.key = {key}
  WHERE a.customer_id = {customer} AND a.currency = {currency} FOR UPDATE OF a"""
TENANT = """SELECT name, coalesce(clock_at, now()) AS now, (coalesce(clock_at, now()) AT TIME ZONE zone)::date AS today
            FROM tenant"""
CLOSED_UNTIL = """SELECT greatest((SELECT closed_until FROM period_lock ORDER BY sequence DESC LIMIT 1),
                                  (SELECT max(closed_until) FROM period_lock WHERE hard)) AS closed_until"""
MOVE_ACCOUNT = """UPDATE account SET open = {open}, unapplied = {unapplied}, entries = {entries}, version = {version},
                    aged_on = {aged_on}, turns_on = {turns_on}, aged = {aged}, aged_items = {aged_items}
                  WHERE customer_id = {customer} AND currency = {currency}"""
ENTER = """INSERT INTO ledger_entry (tenant_id, customer_id, currency, position, side, item_id, credit_id, fact_kind,
             fact_id, amount, effective_on, recorded_at)
           SELECT {tenant}, {customer}, {currency}, e.*, {today}, {now}
           FROM unnest({e_position}::bigint[], {e_side}::text[], {e_item}::uuid[], {e_credit}::uuid[], {e_kind}::text[],
                       {e_fact}::uuid[], {e_amount}::bigint[]) e"""
JOURNAL = """INSERT INTO journal_entry (tenant_id, id, fact_kind, fact_id, customer_id, effective_on, recorded_at)
             SELECT {tenant}, j.*, {customer}, {today}, {now}
             FROM unnest({j_id}::uuid[], {j_kind}::text[], {j_fact}::uuid[]) j"""
JOURNAL_LINES = """INSERT INTO journal_line (tenant_id, journal_entry_id, account, currency, amount)
                   SELECT {tenant}, l.id, l.account, {currency}, l.amount
                   FROM unnest({l_id}::uuid[], {l_account}::text[], {l_amount}::bigint[]) l (id, account, amount)"""
AUDIT = """INSERT INTO audit_log (tenant_id, id, recorded_at, actor, action, subject_id, customer_id, before, after,
             correlation_id)
           SELECT {tenant}, u.id, {now}, {actor}, u.action, u.subject, {customer}, u.before, u.after, {correlation}
           FROM unnest({u_id}::uuid[], {u_action}::text[], {u_subject}::uuid[], {u_before}::jsonb[],
                       {u_after}::jsonb[]) u (id, action, subject, before, after)"""
HEAD = """INSERT INTO event_stream (stream, seq) VALUES ({stream}, {told})
          ON CONFLICT (stream) DO UPDATE SET seq = event_stream.seq + excluded.seq RETURNING seq, era"""
HEAD_PART = f"head AS ({HEAD})"
_EVENTS = """INSERT INTO outbox_event (event_id, stream, era, seq, type, headers, payload)
             SELECT v.id, {{stream}}, {era}, {seq} - {{told}} + v.n, v.type, v.headers, v.payload
             FROM {source}unnest({{v_id}}::uuid[], {{v_type}}::text[], {{v_headers}}::text[], {{v_payload}}::bytea[])
               WITH ORDINALITY v (id, type, headers, payload, n) ORDER BY v.n"""
EVENTS = _EVENTS.format(era="{era}::int", seq="{seq}::bigint", source="")
EVENTS_PART = _EVENTS.format(era="head.era", seq="head.seq", source="head, ")
KEEP_KEY = """INSERT INTO idempotency_key (tenant_id, key, fingerprint, status, etag, location, streams, body)
              VALUES ({tenant}, {key}, {fingerprint}, {status}, {etag}, {location}, {stream}, {body})"""
