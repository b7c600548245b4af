"""A payment posted until credit-svc and notify-svc have both committed what follows from it.

The moment is not asked for but read from the server: the commit time of the transaction in which each service moved
its watermark past the payment's last fact, with credit and reminders in it. It counts from when the payment was due
to be sent. It fails where a payment did not cancel its reminder. On the PostgreSQL log the limit goes the same way in
turn, in copies of the databases: the API by hand, a bare relay, and two bare hearers. `--growth`: so many settled
items, reminders and ten times as many facts of the past behind each customer.
"""

import asyncio
import json
import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
from bench.benches.dunning import REMINDED
from bench.benches.events import ARCHIVES
from bench.benches.payment import payment_of
from bench.by_hand_events import LOG, MARK, WAKE
from bench.company import ACCOUNTS, CURRENCY, Company, settled_down
from bench.facts import told
from bench.history import Past, lived
from bench.load import ask, http, written
from bench.report import Report, Spread, progress, under
from bench.stage import Copied, Stage, by_hand_worker, copied

from dunlin_events.broker_for_tests import broker, startable
from dunlin_kernel.ids import new_id

OFFERED = 50
HEARERS = ("credit", "notify")
_COMMITTED = """SELECT stream, sequence, extract(epoch FROM pg_xact_commit_timestamp(xmin))::float8 AS at
                FROM watermark WHERE owner = 'billing'"""
_REMINDERS = "SELECT count(*) FROM outbox_event WHERE type = 'dunlin.notify.ReminderCancelled.v1'"
NOWHERE = {"SMTP_URL": "recorder:", "BILLING_URL": "http://127.0.0.1:1", "CUSTOMER_URL": "http://127.0.0.1:1",
           "TOKEN_URL": "http://127.0.0.1:1", "CLIENT_ID": "notify-svc", "CLIENT_SECRET": "none"}


@dataclass(frozen=True, slots=True)
class Chain:
    """An API and what hears of it: the API's port, and where each hearer's watermarks are."""

    name: str
    port: int
    hearers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Paying:
    """The customers of a bus, each with one open invoice: the first part warms up, then one part for each round."""

    tenant: UUID
    customers: Sequence[UUID]
    seconds: int

    def part(self, number: int) -> Sequence[UUID]:
        """Number 0 takes one second."""
        first = OFFERED * (1 + (number - 1) * self.seconds) if number else 0
        return self.customers[first:first + OFFERED * (self.seconds if number else 1)]


def live(stage: Stage, report: Report, *, quick: bool, growth: int = 1) -> None:
    """On the PostgreSQL log, then on Kafka where a broker can be had."""
    past = growth if growth > 1 else 0
    report.line("live", "setting", payments_a_second=OFFERED, workers="one of each service", api_processes=1,
                customers="one a payment", settled_each=past)
    seconds, rounds = (2, 1) if quick else (10, 3)
    _on_bus(stage, report, "postgres", {}, (seconds, rounds, past))
    if quick:
        return
    if startable() in (None, "mock"):
        report.line("live", "kafka: left out, no broker can be had here")
        return
    with broker(f"bench-{os.getpid()}") as found:
        _on_bus(stage, report, "kafka", {"BUS": "kafka", "KAFKA_BOOTSTRAP": found.bootstrap}, (seconds, rounds, past))


def _on_bus(
    stage: Stage, report: Report, bus: str, told_more: dict[str, str], many: tuple[int, int, int],
) -> None:
    seconds, rounds, past = many
    paying = Paying(new_id(), [new_id() for _ in range(OFFERED * (1 + seconds * rounds))], seconds)
    asyncio.run(_told_to_all(stage, paying, past))
    ours, started = _ours(stage, told_more)
    _issue(stage, ours, paying)
    if past:
        asyncio.run(_archived(stage, past))
    asyncio.run(_settle(stage))
    chains = [ours]
    if bus == "postgres":
        _end(started)
        limit, by_hand = _by_hand(stage)
        ours, started = _ours(stage, told_more)
        chains, started = [ours, limit], [*started, *by_hand]
    before = asyncio.run(_fetched(stage.admin_url("notify"), _REMINDERS))[0]["count"]
    seen: dict[str, list[list[float]]] = {chain.name: [] for chain in chains}
    for number in range(rounds + 1):
        for chain in chains:
            latencies = _paid(stage, chain, paying, number)
            if number:
                seen[chain.name].append(latencies)
                progress(f"{bus}, {chain.name}: p50 {_at(0.5, latencies):.1f} ms, p99 {_at(0.99, latencies):.1f} ms")
    after = asyncio.run(_fetched(stage.admin_url("notify"), _REMINDERS))[0]["count"]
    report.line("live", f"{bus}: reminders cancelled per payment", ratio=(after - before) / len(paying.customers))
    if after - before < len(paying.customers):
        raise RuntimeError(f"{bus}: {after - before} reminders cancelled by {len(paying.customers)} payments")
    for name, share, aim in (("p50", 0.5, under(25)), ("p99", 0.99, under(100))):
        both = [Spread([_at(share, one) for one in seen[chain.name]]) for chain in chains]
        report.figure("live", f"{bus}: {name} at {OFFERED}/s", both[0].beside((*both[1:], None)[0]), "ms", aim)
    _end(started)


def _at(share: float, ordered: Sequence[float]) -> float:
    return ordered[int(len(ordered) * share)]


def _ours(stage: Stage, told_more: dict[str, str]) -> tuple[Chain, list["subprocess.Popen[bytes]"]]:
    workers = [stage.worker("billing", **told_more)]
    workers += [stage.worker(service, **told_more, **NOWHERE) for service in HEARERS]
    server = stage.api("billing")
    hearers = {service: stage.admin_url(service) for service in HEARERS}
    return Chain("dunlin", server.ports[0], hearers), [*workers, *server.processes]


def _by_hand(stage: Stage) -> tuple[Chain, list["subprocess.Popen[bytes]"]]:
    """The limit on copies of what is there now; nobody may be connected."""
    billing, *hearing = [asyncio.run(copied(stage, service)) for service in ("billing", *HEARERS)]
    asyncio.run(_marked(stage, billing, dict(zip(HEARERS, hearing, strict=True))))
    parts = [by_hand_worker(stage, "relay", billing.ops_url)]
    parts += [by_hand_worker(stage, name, one.app_url) for name, one in zip(HEARERS, hearing, strict=True)]
    server = stage.by_hand("merged", processes=1, DATABASE_URL=billing.app_url)
    urls = {service: one.admin_url for service, one in zip(HEARERS, hearing, strict=True)}
    return Chain("by hand", server.ports[0], urls), [*parts, *server.processes]


async def _marked(stage: Stage, billing: Copied, hearing: Mapping[str, Copied]) -> None:
    """The limit begins after what was told and heard before."""
    await _executed(stage.admin_url("bus"), f"{LOG}; GRANT ALL ON by_hand_log TO bus")
    await _executed(billing.admin_url, WAKE, MARK.format("billing_ops"),
                    "INSERT INTO by_hand_mark SELECT 'relay', 0, pg_snapshot_xmax(pg_current_snapshot())")
    for one in hearing.values():
        await _executed(one.admin_url, MARK.format(", ".join(f"{name}_app" for name in hearing)))


async def _executed(url: str, *texts: str) -> None:
    connection = await asyncpg.connect(url)
    for text in texts:
        await connection.execute(text)
    await connection.close()


def _end(processes: Sequence["subprocess.Popen[bytes]"]) -> None:
    for process in processes:
        process.terminate()
        process.wait(20)


def _issue(stage: Stage, ours: Chain, paying: Paying) -> None:
    """An invoice for each customer, heard by all."""
    token = stage.token(paying.tenant)
    issued = written(stage.folder / "issued", (_invoice(token, customer) for customer in paying.customers))
    ask({"connections": 8, "seconds": 120}, [issued], [ours.port])
    asyncio.run(_heard(ours, {f"{paying.tenant}:{customer}": 1 for customer in paying.customers}))


def _paid(stage: Stage, chain: Chain, paying: Paying, number: int) -> list[float]:
    """Milliseconds from the moment each payment was due until both hearers had committed, sorted."""
    token, customers = stage.token(paying.tenant), paying.part(number)
    requests = [http("POST", "/billing/v1/payments", token, json.dumps(payment_of(
        customer, "113.00", allocation="oldest_first")).encode(), key=str(new_id())) for customer in customers]
    paid = ask({"connections": 16, "seconds": len(customers) // OFFERED, "rate": OFFERED},
               [written(stage.folder / "paid", requests)], [chain.port])
    if paid.refused or paid.broken:
        raise RuntimeError(f"{chain.name}: {paid.refused} payments refused, {paid.broken} broken")
    heard = asyncio.run(_heard(chain, {f"{paying.tenant}:{customer}": 4 for customer in customers}))
    due = {f"{paying.tenant}:{customer}": paid.began + at / OFFERED for at, customer in enumerate(customers)}
    return sorted((heard[stream] - due[stream]) * 1000 for stream in due)


async def _heard(chain: Chain, wanted: dict[str, int]) -> dict[str, float]:
    """Wait until both have heard these streams so far; when the later one committed that."""
    until = time.monotonic() + 90
    last: dict[str, float] = {}
    for service, url in chain.hearers.items():
        while True:
            rows = {row["stream"]: row for row in await _fetched(url, _COMMITTED)}
            if all(stream in rows and rows[stream]["sequence"] >= wanted[stream] for stream in wanted):
                break
            if time.monotonic() > until:
                raise RuntimeError(f"{chain.name}: {service} did not hear all of {len(wanted)} streams")
            await asyncio.sleep(0.2)
        for stream in wanted:
            last[stream] = max(last.get(stream, 0.0), rows[stream]["at"])
    return last


async def _fetched(url: str, text: str) -> list[Any]:
    connection = await asyncpg.connect(url)
    try:
        return list(await connection.fetch(text))
    finally:
        await connection.close()


async def _told_to_all(stage: Stage, paying: Paying, past: int) -> None:
    """A tenant and its customers; with a past, settled items, and in notify-svc what they were reminded of."""
    for service in ("billing", *HEARERS):
        await told(stage, service, paying.tenant, list(paying.customers))
    if not past:
        return
    billing = await asyncpg.connect(stage.admin_url("billing"))
    await billing.execute(ACCOUNTS, paying.tenant, paying.customers)
    await lived(Company(billing, paying.tenant, paying.customers, ()), paying.customers, Past(0, past))
    await billing.close()
    notify = await asyncpg.connect(stage.admin_url("notify"))
    await notify.execute(REMINDED, paying.tenant, paying.customers, past)
    await notify.close()


async def _archived(stage: Stage, past: int) -> None:
    """Facts of long ago in the outbox and in the log."""
    for database, text in ARCHIVES:
        connection = await asyncpg.connect(stage.admin_url(database))
        await connection.execute(text, 10_000, 10 * past)
        await connection.close()


async def _settle(stage: Stage) -> None:
    for service in ("billing", *HEARERS):
        connection = await asyncpg.connect(stage.admin_url(service))
        await settled_down(connection)
        await connection.close()


def _invoice(token: str, customer: UUID) -> bytes:
    line = {"description": "Goods", "product": "SKU-1", "quantity": "1", "unit_price": "100.00", "tax_rate": "13"}
    body = {"customer_id": str(customer), "currency": CURRENCY, "lines": [line], "issue": True}
    return http("POST", "/billing/v1/invoices", token, json.dumps(body).encode(), key=str(new_id()))
