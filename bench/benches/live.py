"""A payment posted until credit-svc and notify-svc have both committed what follows from it.

The moment is not asked for but read from the server: the commit time of the transaction in which each service moved
its watermark past the payment's last fact, with credit and reminders in it. It counts from when the payment was due
to be sent. It fails where a payment did not cancel its reminder.
"""

import asyncio
import json
import os
import time
from typing import Any
from uuid import UUID

import asyncpg
from bench.benches.payment import payment_of
from bench.company import CURRENCY, settled_down
from bench.facts import told
from bench.load import ask, http, written
from bench.report import Report, Spread, progress, under
from bench.stage import Stage

from dunlin_events.broker_for_tests import broker, startable
from dunlin_kernel.ids import new_id

OFFERED = 50
HEARERS = ("credit", "notify")
_COMMITTED = """SELECT stream, sequence, extract(epoch FROM pg_xact_commit_timestamp(xmin))::float8 AS at
                FROM watermark WHERE owner = 'billing'"""
_REMINDERS = "SELECT count(*) FROM outbox_event WHERE type = 'dunlin.notify.ReminderCancelled.v1'"
NOWHERE = {"SMTP_URL": "recorder:", "BILLING_URL": "http://127.0.0.1:1", "CUSTOMER_URL": "http://127.0.0.1:1",
           "TOKEN_URL": "http://127.0.0.1:1", "CLIENT_ID": "notify-svc", "CLIENT_SECRET": "none"}


def live(stage: Stage, report: Report, *, quick: bool) -> None:
    """On the PostgreSQL log, then on Kafka where a broker can be had."""
    report.line("live", "setting", payments_a_second=OFFERED, workers="one of each service", api_processes=1,
                customers="one a payment")
    _on_bus(stage, report, "postgres", {}, quick=quick)
    if quick:
        return
    if startable() in (None, "mock"):
        report.line("live", "kafka: left out, no broker can be had here")
        return
    with broker(f"bench-{os.getpid()}") as found:
        _on_bus(stage, report, "kafka", {"BUS": "kafka", "KAFKA_BOOTSTRAP": found.bootstrap}, quick=quick)


def _on_bus(stage: Stage, report: Report, bus: str, told_more: dict[str, str], *, quick: bool) -> None:
    seconds, rounds = (5, 1) if quick else (10, 3)
    tenant, customers = new_id(), [new_id() for _ in range(OFFERED * seconds * rounds)]
    asyncio.run(_told_to_all(stage, tenant, customers))
    workers = [stage.worker("billing", **told_more)]
    workers += [stage.worker(service, **told_more, **NOWHERE) for service in HEARERS]
    server = stage.api("billing")
    token = stage.token(tenant)
    issued = written(stage.folder / "issued", (_invoice(token, customer) for customer in customers))
    ask({"connections": 8, "seconds": 120}, [issued], server.ports[:1])
    streams = [f"{tenant}:{customer}" for customer in customers]
    asyncio.run(_heard(stage, dict.fromkeys(streams, 1)))
    asyncio.run(_settle(stage))
    before = asyncio.run(_fetched(stage, "notify", _REMINDERS))[0]["count"]
    p50, p99 = [], []
    for number in range(rounds):
        part = customers[number * OFFERED * seconds:(number + 1) * OFFERED * seconds]
        latencies = _paid(stage, tenant, part, (server.ports[0], seconds))
        p50.append(latencies[len(latencies) // 2])
        p99.append(latencies[int(len(latencies) * 0.99)])
        progress(f"{bus}: p50 {p50[-1]:.1f} ms, p99 {p99[-1]:.1f} ms")
    after = asyncio.run(_fetched(stage, "notify", _REMINDERS))[0]["count"]
    report.line("live", f"{bus}: reminders cancelled per payment", ratio=(after - before) / len(customers))
    if after - before < len(customers):
        raise RuntimeError(f"{bus}: {after - before} reminders cancelled by {len(customers)} payments")
    report.figure("live", f"{bus}: p50 at {OFFERED}/s", Spread(p50), "ms", under(25))
    report.figure("live", f"{bus}: p99 at {OFFERED}/s", Spread(p99), "ms", under(100))
    for worker in (*workers, *server.processes):
        worker.terminate()
        worker.wait(20)


def _paid(stage: Stage, tenant: UUID, customers: list[UUID], at: tuple[int, int]) -> list[float]:
    """Milliseconds from the moment each payment was due until both hearers had committed, sorted."""
    (port, seconds), token = at, stage.token(tenant)
    requests = [http("POST", "/billing/v1/payments", token, json.dumps(payment_of(
        customer, "113.00", allocation="oldest_first")).encode(), key=str(new_id())) for customer in customers]
    paid = ask({"connections": 16, "seconds": seconds, "rate": OFFERED},
               [written(stage.folder / "paid", requests)], [port])
    if paid.refused or paid.broken:
        raise RuntimeError(f"{paid.refused} payments refused, {paid.broken} broken")
    heard = asyncio.run(_heard(stage, {f"{tenant}:{customer}": 4 for customer in customers}))
    due = {f"{tenant}:{customer}": paid.began + number / OFFERED for number, customer in enumerate(customers)}
    return sorted((heard[stream] - due[stream]) * 1000 for stream in due)


async def _heard(stage: Stage, wanted: dict[str, int]) -> dict[str, float]:
    """Wait until both have heard these streams so far; when the later one committed that."""
    until = time.monotonic() + 90
    last: dict[str, float] = {}
    for service in HEARERS:
        while True:
            rows = {row["stream"]: row for row in await _fetched(stage, service, _COMMITTED)}
            if all(stream in rows and rows[stream]["sequence"] >= wanted[stream] for stream in wanted):
                break
            if time.monotonic() > until:
                raise RuntimeError(f"{service} did not hear all of {len(wanted)} streams")
            await asyncio.sleep(0.2)
        for stream in wanted:
            last[stream] = max(last.get(stream, 0.0), rows[stream]["at"])
    return last


async def _fetched(stage: Stage, service: str, text: str) -> list[Any]:
    connection = await asyncpg.connect(stage.admin_url(service))
    try:
        return list(await connection.fetch(text))
    finally:
        await connection.close()


async def _told_to_all(stage: Stage, tenant: UUID, customers: list[UUID]) -> None:
    for service in ("billing", *HEARERS):
        await told(stage, service, tenant, customers)


async def _settle(stage: Stage) -> None:
    for service in ("billing", *HEARERS):
        connection = await asyncpg.connect(stage.admin_url(service))
        await settled_down(connection)
        await connection.close()


def _invoice(token: str, customer: UUID) -> bytes:
    line = {"description": "Goods", "product": "SKU-1", "quantity": "1", "unit_price": "100.00", "tax_rate": "13"}
    body = {"customer_id": str(customer), "currency": CURRENCY, "lines": [line], "issue": True}
    return http("POST", "/billing/v1/invoices", token, json.dumps(body).encode(), key=str(new_id()))
