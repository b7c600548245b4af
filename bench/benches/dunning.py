"""The daily run of the ladder: every customer judged by looks at real neighbours, queued, handed over and noted.

Both moments are read from the server: when the last message was queued, and when the last outcome was kept. Payments of
the same customers come in beside, and notify-svc hears of them while it runs; the longest wait for any lock is watched
in the databases. The limit judges and queues the same customers right before, and what it wrote is removed. `--growth`:
so many settled items, messages and facts of the past behind each customer.
"""

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import asyncpg
from bench import by_hand_dunning
from bench.archive import archived
from bench.beside import ROUND_SECONDS, Payers, longest_wait, pay, pay_until, report_payments
from bench.by_hand_events import connected
from bench.company import Company, founded, owe, settled_down
from bench.facts import told
from bench.history import Past, lived
from bench.load import Loaded
from bench.processes import Share
from bench.report import Report, Spread, progress, under
from bench.stage import Server, Stage

from dunlin_kernel.ids import new_id

CUSTOMERS, ITEMS, ROUNDS = 2_000, 5, 3
PAYMENTS_A_SECOND = 10
_ITEMS = """SELECT id, customer_id, invoice_id, number, due_on FROM item WHERE tenant_id = $1"""
_DUNNED = """
INSERT INTO dunned_item (tenant_id, id, customer_id, invoice_id, number, currency, open, disputed, issued_on, due_on,
                         due_version, active, passed_offset_days, last_sent_on, next_level, next_on)
SELECT $1, id, customer, invoice, number, 'CNY', 10000, 0, due, due, 1, true, NULL, NULL, 1, due + 3
FROM unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::date[]) t (id, customer, invoice, number, due)"""
REMINDED = """
WITH n AS (
  SELECT customer, uuidv7() AS item, uuidv7() AS message, 'OLD-' || n AS number, current_date - 200 - n AS due
  FROM unnest($2::uuid[]) c (customer) CROSS JOIN generate_series(1, $3::int) n),
items AS (
  INSERT INTO dunned_item (tenant_id, id, customer_id, invoice_id, number, currency, open, disputed, issued_on, due_on,
                           due_version, active, passed_offset_days, last_sent_on)
  SELECT $1, item, customer, item, number, 'CNY', 0, 0, due, due, 1, true, 3, due + 3 FROM n),
messages AS (
  INSERT INTO message (tenant_id, id, customer_id, job_id, judged_on, status, channel, level, policy_version, language,
                       tone, looked_at, handed_over_at, recorded_at)
  SELECT $1, message, customer, item, due + 3, 'sent', 'email', 1, 1, 'zh', 'friendly', due + 3, due + 3, due + 3
  FROM n),
steps AS (
  INSERT INTO message_item (tenant_id, message_id, item_id, invoice_id, number, due_on, due_version, policy_version,
                            level, offset_days, currency, amount, outcome)
  SELECT $1, message, item, item, number, due, 1, 1, 1, 3, 'CNY', 10000, 'sent' FROM n),
facts AS (
  INSERT INTO outbox_event (txid, event_id, stream, era, seq, type, headers, payload)
  SELECT '3', uuidv7(), $1 || ':' || customer, 1, -row_number() OVER (PARTITION BY customer),
         'dunlin.notify.ReminderScheduled.v1', '{}', '{}' FROM n)
INSERT INTO message_content (tenant_id, message_id, customer_id, recipient, subject, body)
SELECT $1, message, customer, 'ap@heron.example', 'Reminder', repeat('a line of a letter ', 20) FROM n"""
"""Settled items that were reminded of once each, told long ago."""
_RUN = """INSERT INTO job (tenant_id, job_id, kind, key, due_at, payload)
VALUES ($1, $2::uuid, 'run_ladder', $2::uuid::text, now(), '{}') RETURNING extract(epoch FROM clock_timestamp())"""
_QUEUED = """SELECT count(*) AS count, max(extract(epoch FROM pg_xact_commit_timestamp(c.xmin)))::float8 AS at
FROM message_content c JOIN message m ON (m.tenant_id, m.id) = (c.tenant_id, c.message_id)
WHERE c.tenant_id = $1 AND m.judged_on > current_date - 100"""
_MOVED = "SELECT sum(10000 - open)::int / 100 FROM dunned_item WHERE tenant_id = $1"
"""How many payments of 1.00 notify-svc has heard of."""
_NOTED = """SELECT count(*) AS count, max(extract(epoch FROM pg_xact_commit_timestamp(xmin)))::float8 AS at
FROM outbox_event WHERE type = 'dunlin.notify.ReminderSent.v1' AND stream LIKE $1::text || ':%'"""


def dunning(stage: Stage, report: Report, *, quick: bool, growth: int = 1) -> None:
    """Seconds for all customers of a tenant, a tenant of its own each round."""
    customers = 200 if quick else CUSTOMERS
    past = growth if growth > 1 else 0
    with _issuer(stage) as token_url:
        billing, customer = stage.api("billing"), stage.api("customer")
        worker = stage.worker("notify", SMTP_URL="recorder:", BILLING_URL=_at(billing), CUSTOMER_URL=_at(customer),
                     TOKEN_URL=token_url, CLIENT_ID="notify-svc", CLIENT_SECRET="none")
        relay = stage.worker("billing")
        report.line("dunning", "setting", customers=customers, items=customers * ITEMS, settled_each=past, workers=1,
                    payments_beside_a_second=PAYMENTS_A_SECOND)
        shares = {"notify": Share([worker.pid]), "billing": Share([*billing.share.pids, relay.pid]),
                  "customer": customer.share, "database": stage.database_share}
        runs = [asyncio.run(_run(stage, billing, (customers, past), shares)) for _ in range(1 if quick else ROUNDS)]
    seen = [one for one, _ in runs]
    items = customers * ITEMS
    report.figure("dunning", f"{items} items of {customers} customers: judged and queued",
                  Spread([one["queued"] for one in seen]).beside(Spread([one["by_hand"] for one in seen])),
                  "s", under(3))
    report.figure("dunning", "handed over, outcomes kept", Spread([one["noted"] for one in seen]), "s")
    report.figure("dunning", "burnt by all, payments beside included", Spread([one["burnt"] for one in seen]), "core s")
    for part in shares:
        report.line("dunning", f"burnt by {part}", core_seconds=[round(one[part], 2) for one in seen])
    report.figure("dunning", "longest wait for a lock meanwhile", Spread([one["waited"] for one in seen]), "ms",
                  under(100))
    report.line("dunning", "payments heard by notify meanwhile", counted=[one["heard"] for one in seen])
    report_payments(report, "dunning", {which: [round_ for _, paid in runs for round_ in paid[which]]
                                        for which in ("alone", "beside")})


async def _run(
    stage: Stage, billing: Server, many: tuple[int, int], shares: dict[str, Share],
) -> tuple[dict[str, float], dict[str, list[Loaded]]]:
    customers, past = many
    company = await founded(stage.admin_url("billing"), customers=customers, series=1)
    if past:
        await lived(company, company.customers, Past(0, past))
    await owe(company, company.customers, ITEMS, 100_00)
    notify = await _owing_in_notify(stage, company)
    if past:
        await notify.execute(REMINDED, company.tenant, company.customers, past)
    await settled_down(company.connection)
    await settled_down(notify)
    paying = company.customers[::max(1, customers // (PAYMENTS_A_SECOND * ROUND_SECONDS))]
    payers, done = Payers(company.tenant, paying, PAYMENTS_A_SECOND), asyncio.Event()
    alone = await asyncio.to_thread(pay, stage, billing, payers, ROUND_SECONDS)
    beside = asyncio.create_task(pay_until(stage, billing, payers, done))
    await asyncio.sleep(1)
    by_hand = await _by_hand(stage, notify, company)
    before = await notify.fetchval(_MOVED, company.tenant)
    watching = [asyncio.create_task(longest_wait(stage, name)) for name in ("billing", "notify")]
    burnt = {name: share.cpu_seconds() for name, share in shares.items()}
    began = float(await notify.fetchval(_RUN, company.tenant, new_id()))
    queued = await _until(notify, _QUEUED, company.tenant, customers)
    noted = await _until(notify, _NOTED, str(company.tenant), customers)
    burnt = {name: share.cpu_seconds() - burnt[name] for name, share in shares.items()}
    heard = await notify.fetchval(_MOVED, company.tenant) - before
    if heard < 1:
        raise RuntimeError("no payment was heard of while customers were judged: nothing could meet")
    for task in watching:
        task.cancel()
    waits = await asyncio.gather(*watching)
    done.set()
    seen = {"by_hand": by_hand, "queued": queued - began, "noted": noted - began,
            "waited": max(waits) * 1000, "heard": float(heard),
            "burnt": sum(burnt.values()), **burnt}
    paid = {"alone": [alone], "beside": await beside}
    progress(", ".join(f"{name} {value:.2f}" for name, value in seen.items()))
    await company.connection.close()
    await notify.close()
    return seen, paid


async def _by_hand(stage: Stage, notify: "asyncpg.Connection", company: Company) -> float:
    """Seconds that the limit takes; nothing of it is left."""
    own = [await connected(stage.databases.url(service, "app")) for service in ("notify", "billing", "customer")]
    today = await notify.fetchval("SELECT (now() AT TIME ZONE zone)::date FROM tenant WHERE tenant_id = $1",
                                  company.tenant)
    began = time.perf_counter()
    queued = await by_hand_dunning.queued(*own, tenant=company.tenant, today=today)
    took = time.perf_counter() - began
    if queued < len(company.customers):
        raise RuntimeError(f"the limit queued {queued} of {len(company.customers)}")
    for table in ("message_content", "message_item", "message"):
        of = "id" if table == "message" else "message_id"
        await notify.execute(f"""DELETE FROM {table} WHERE tenant_id = $1 AND {of} IN (
            SELECT id FROM message WHERE tenant_id = $1 AND status = 'queued')""", company.tenant)
    for connection in own:
        await connection.close()
    return took


async def _owing_in_notify(stage: Stage, company: Company) -> "asyncpg.Connection":
    """The same items as notify-svc keeps them, all of them due; it is one in the afternoon where the tenant is."""
    zone = f"Etc/GMT{datetime.now(UTC).hour - 13:+d}"
    await archived(stage.admin_url("customer"), company.tenant, company.customers, zone=zone, contacts=True)
    await told(stage, "notify", company.tenant, company.customers)
    notify = await asyncpg.connect(stage.admin_url("notify"))
    await notify.execute("UPDATE tenant SET zone = $2 WHERE tenant_id = $1", company.tenant, zone)
    rows = await company.connection.fetch(_ITEMS, company.tenant)
    await notify.execute(_DUNNED, company.tenant, *(
        [row[name] for row in rows] for name in ("id", "customer_id", "invoice_id", "number", "due_on")))
    return notify


async def _until(connection: "asyncpg.Connection", counted: str, of: Any, wanted: int) -> float:
    """When the last of so many was committed."""
    until = time.monotonic() + 120
    while (row := await connection.fetchrow(counted, of))["count"] < wanted:
        if time.monotonic() > until:
            raise RuntimeError(f"{row['count']} of {wanted} after two minutes")
        await asyncio.sleep(0.1)
    return float(row["at"])


def _at(server: Server) -> str:
    return f"http://127.0.0.1:{server.ports[-1]}"


@contextmanager
def _issuer(stage: Stage) -> Iterator[str]:
    """The URL of a token endpoint that gives notify-svc its own token."""
    answer = json.dumps({"expires_in": 3600, "access_token": stage.issuer.token(
        "contacts:read", "items:read", "tenants:act", subject="notify-svc")}).encode()

    class Giving(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: Any) -> None:
            """Said nowhere."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Giving)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/token"
    finally:
        server.shutdown()
