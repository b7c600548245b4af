"""The limit of facts on their way: a bare relay, a bare log, and bare hearers of it, each a process on asyncpg.

`python -m bench.by_hand_events relay|credit|notify`. The relay sends what is committed by one SELECT, one INSERT into
the log and one UPDATE of its mark. A hearer takes up to 500 facts, locks the watermarks of their streams, folds, and
writes what it keeps, watermarks and its mark in one durable transaction under row-level security. None has parking,
eras, groups, fencing, metrics or checks of a fact's shape; credit keeps the account's figures alone, notify what is
open of an item and the reminder that is cancelled.
"""

import asyncio
import json
import os
import sys
from collections.abc import Sequence
from typing import Any

import asyncpg
import uvloop

PAGE, BATCH, IDLE_SECONDS = 2000, 500, 0.05
WOKEN = "by_hand"
LOG = """
CREATE TABLE IF NOT EXISTS by_hand_log (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, stream text NOT NULL, seq bigint NOT NULL, type text NOT NULL,
  headers text NOT NULL, value bytea NOT NULL)"""
MARK = """CREATE TABLE IF NOT EXISTS by_hand_mark (
            name text PRIMARY KEY, last bigint NOT NULL, txid xid8 NOT NULL DEFAULT '0');
          GRANT SELECT, INSERT, UPDATE ON by_hand_mark TO {}"""
WAKE = """
CREATE FUNCTION by_hand_wake() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NOTIFY by_hand; RETURN NULL; END $$;
CREATE TRIGGER by_hand AFTER INSERT ON outbox_event FOR EACH STATEMENT EXECUTE FUNCTION by_hand_wake()"""
_BEGIN = """INSERT INTO by_hand_mark VALUES ($1, 0)
            ON CONFLICT (name) DO UPDATE SET last = by_hand_mark.last RETURNING last, txid::text"""
_MOVE = "UPDATE by_hand_mark SET txid = $1::text::xid8, last = $2 WHERE name = 'relay'"
_TAKE = f"""SELECT id, stream, seq, type, headers, payload, txid::text FROM outbox_event
            WHERE (txid, id) > ($1::text::xid8, $2) AND txid < pg_snapshot_xmin(pg_current_snapshot())
            ORDER BY txid, id LIMIT {PAGE}"""
_APPEND = """
WITH appended AS (
  INSERT INTO by_hand_log (stream, seq, type, headers, value)
  SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::bytea[]))
SELECT pg_notify('by_hand', '')"""
_READ = f"SELECT id, stream, seq, type, value FROM by_hand_log WHERE id > $1 ORDER BY id LIMIT {BATCH}"
_WATERMARKS = """SELECT stream, sequence FROM watermark
                 WHERE consumer = $1 AND owner = 'billing' AND stream = ANY($2) ORDER BY stream FOR UPDATE"""
_HEARD = """
heard AS (
  INSERT INTO watermark (consumer, owner, stream, era, sequence, event_id)
  SELECT $1, 'billing', stream, 1, sequence, uuidv7() FROM unnest($2::text[], $3::bigint[]) h (stream, sequence)
  ON CONFLICT (consumer, owner, stream) DO UPDATE SET sequence = excluded.sequence),
moved AS (UPDATE by_hand_mark SET last = $4 WHERE name = $1)"""
_CREDIT = f"""
WITH {_HEARD}
INSERT INTO exposure (tenant_id, customer_id, currency, open, disputed, unapplied, sequence, delivered, accrued, kept)
SELECT current_setting('dunlin.tenant')::uuid, customer, currency, open, disputed, unapplied, sequence, 0, 0, 0
FROM unnest($5::uuid[], $6::text[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[])
  e (customer, currency, open, disputed, unapplied, sequence)
ON CONFLICT (tenant_id, customer_id, currency) DO UPDATE SET open = excluded.open, disputed = excluded.disputed,
  unapplied = excluded.unapplied, sequence = excluded.sequence"""
_NOTIFY = f"""
WITH {_HEARD},
owing AS (
  UPDATE dunned_item d SET open = o.open, next_level = CASE WHEN o.open > 0 THEN d.next_level END,
    next_on = CASE WHEN o.open > 0 THEN d.next_on END
  FROM unnest($5::uuid[], $6::bigint[]) o (id, open) WHERE d.id = o.id
  RETURNING d.tenant_id || ':' || d.customer_id AS stream, d.open, old.next_on AS planned, json_build_object(
    'customer_id', d.customer_id, 'item_id', d.id, 'invoice_id', d.invoice_id, 'number', d.number,
    'due_version', d.due_version, 'policy_version', 1, 'level', old.next_level, 'planned_on', old.next_on,
    'reason', 'settled')::text AS payload),
cancelled AS (SELECT * FROM owing WHERE open = 0 AND planned IS NOT NULL),
head AS (
  INSERT INTO event_stream (stream, seq) SELECT stream, count(*) FROM cancelled GROUP BY stream ORDER BY stream
  ON CONFLICT (stream) DO UPDATE SET seq = event_stream.seq + excluded.seq RETURNING stream, seq, era)
INSERT INTO outbox_event (event_id, stream, era, seq, type, headers, payload)
SELECT uuidv7(), stream, era, seq + 1 - row_number() OVER (PARTITION BY stream),
       'dunlin.notify.ReminderCancelled.v1', '{{}}', convert_to(payload, 'UTF8')
FROM cancelled JOIN head USING (stream)"""


async def connected(url: str) -> Any:
    """Tuned as a service's own connection is."""
    return await asyncpg.connect(url, statement_cache_size=512, server_settings={
        "TimeZone": "UTC", "jit": "off", "plan_cache_mode": "force_generic_plan"})


async def relay(source: Any, log: Any) -> None:
    """Send for ever, by transaction: one that is still open, and all that began after it, are left for later."""
    (last, txid), woken = await source.fetchrow(_BEGIN, "relay"), asyncio.Event()
    await source.add_listener(WOKEN, lambda *_: woken.set())
    while True:
        woken.clear()
        rows = await source.fetch(_TAKE, txid, last)
        if not rows:
            await _rest(woken)
            continue
        await log.fetch(_APPEND, *([row[at] for row in rows] for at in range(1, 6)))
        last, txid = rows[-1]["id"], rows[-1]["txid"]
        await source.execute(_MOVE, txid, last)


async def hear(name: str, own: Any, log: Any) -> None:
    """Fold for ever; `name` is the consumer's."""
    last, woken = await own.fetchval(_BEGIN, name), asyncio.Event()
    await log.add_listener(WOKEN, lambda *_: woken.set())
    while True:
        woken.clear()
        rows = await log.fetch(_READ, last)
        if not rows:
            await _rest(woken)
            continue
        last = rows[-1]["id"]
        by_tenant: dict[str, list[Any]] = {}
        for row in rows:
            by_tenant.setdefault(row["stream"].partition(":")[0], []).append(row)
        for tenant, facts in by_tenant.items():
            await _folded(name, own, (tenant, facts), last)


async def _folded(name: str, own: Any, given: tuple[str, list[Any]], last: int) -> None:
    tenant, facts = given
    await own.execute(f"BEGIN; SET LOCAL dunlin.tenant = '{tenant}'")
    known = dict(await own.fetch(_WATERMARKS, name, list({row["stream"] for row in facts})))
    new = [row for row in facts if row["seq"] > known.get(row["stream"], 0)]
    reached = {row["stream"]: row["seq"] for row in new}
    fold = _figures if name == "credit" else _items
    await own.execute(_CREDIT if name == "credit" else _NOTIFY, name, list(reached), list(reached.values()), last,
                      *fold(new))
    await own.execute("COMMIT")


def _figures(rows: Sequence[Any]) -> list[list[Any]]:
    """The last figures of each account, as columns."""
    kept: dict[tuple[str, str], tuple[Any, ...]] = {}
    for row in rows:
        fact = json.loads(row["value"])
        account = fact["account"]
        customer, currency = fact["customer_id"], account["open"]["currency"]
        kept[customer, currency] = (
            customer, currency, *(minor(account[name]) for name in ("open", "disputed", "unapplied")), row["seq"])
    return _columns(kept.values(), 6)


def _items(rows: Sequence[Any]) -> list[list[Any]]:
    """What is open of each item that was paid, as columns."""
    facts = [json.loads(row["value"]) for row in rows if row["type"] == "dunlin.billing.CreditAllocated.v1"]
    kept = {fact["item_id"]: (fact["item_id"], minor(fact["open_after"])) for fact in facts}
    return _columns(kept.values(), 2)


def _columns(rows: Any, width: int) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(width)]


def minor(amount: dict[str, str]) -> int:
    """Two digits after the point: the limit knows no other currencies."""
    return int(amount["amount"].replace(".", ""))


async def _rest(woken: asyncio.Event) -> None:
    try:
        await asyncio.wait_for(woken.wait(), IDLE_SECONDS)
    except TimeoutError:
        return


async def main(part: str) -> None:
    """The part's own database, and the log's."""
    own = await connected(os.environ["DUNLIN_DATABASE_URL"])
    log = await connected(os.environ["DUNLIN_BUS_DATABASE_URL"])
    await (relay(own, log) if part == "relay" else hear(part, own, log))


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1]))
