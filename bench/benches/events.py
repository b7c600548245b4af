"""The relay, and a consumer with credit-svc's own handler: facts per second for one worker, and what each costs.

Payments of 1.00 by 1,000 customers in turn are told through the transaction's own outbox; then one worker of
billing-svc brings them to the log, and after that one worker of credit-svc folds them into its copies.
`--growth`: so many times the customers, and behind them so many times the facts, told and read before.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import asyncpg
from bench.company import CURRENCY, settled_down, today
from bench.facts import told
from bench.processes import Share
from bench.report import Report, Spread, at_least, progress
from bench.stage import Stage

from dunlin_events.contracts.base import AccountFigures, Amount
from dunlin_events.contracts.billing import Origin, PaymentConfirmed
from dunlin_kernel.ids import new_id
from dunlin_kernel.money import Money
from dunlin_kit.database import Database
from dunlin_kit.transaction import Transaction

CUSTOMERS, AT_ONCE, WAIT_SECONDS = 1_000, 500, 120.0
_ARCHIVES = (
    # A transaction id that every snapshot is past: told long ago.
    ("billing", """INSERT INTO outbox_event (txid, event_id, stream, era, seq, type, headers, payload)
                   SELECT '3', uuidv7(), o.stream, 1, -n, o.type, o.headers, o.payload
                   FROM (SELECT * FROM outbox_event ORDER BY id LIMIT $1) o CROSS JOIN generate_series(1, $2) n"""),
    ("bus", """INSERT INTO bus_record (topic, part, at, key, headers, value)
               SELECT topic, part, -(row_number() OVER (PARTITION BY topic, part)), key, headers, value
               FROM (SELECT * FROM bus_record WHERE topic = 'dunlin-billing' LIMIT $1) o
               CROSS JOIN generate_series(1, $2) n"""))
_ON_BUS = ("bus", "SELECT coalesce(sum(next), 0)::bigint FROM bus_head WHERE topic = 'dunlin-billing'")
_HEARD = ("credit", "SELECT coalesce(sum(sequence), 0)::bigint FROM watermark WHERE owner = 'billing'")


@dataclass(frozen=True, slots=True)
class Pace:
    """Facts per second from the first that was seen to arrive to the last, and core microseconds of each."""

    rate: float
    worker_us: float
    database_us: float


def events(stage: Stage, report: Report, *, quick: bool, growth: int = 1) -> None:
    """Relay, then consumer, in rounds; with growth the first round only makes what lies behind the others."""
    rounds, facts = (1, 10 * CUSTOMERS) if quick else (3, 40 * CUSTOMERS)
    tenant, customers = new_id(), [new_id() for _ in range(CUSTOMERS * growth)]
    each = facts // len(customers)
    for service in ("billing", "credit"):
        asyncio.run(told(stage, service, tenant, customers))
    report.line("events", "setting", customers=len(customers), facts_each_round=facts, growth=growth)
    seen: dict[str, list[Pace]] = {"relay": [], "consumer": []}
    for number in range(rounds + (growth > 1)):
        asyncio.run(_tell(stage, tenant, customers, range(number * each, (number + 1) * each)))
        total = (number + 1) * facts
        relay, consumer = _paced(stage, "billing", _ON_BUS, total), _paced(stage, "credit", _HEARD, total)
        if growth > 1 and number == 0:
            asyncio.run(_archived(stage, facts, rounds * growth))
            continue
        seen["relay"].append(relay)
        seen["consumer"].append(consumer)
        progress(f"relay {seen['relay'][-1].rate:.0f}/s, consumer {seen['consumer'][-1].rate:.0f}/s")
    for part, paces in seen.items():
        report.figure("events", f"{part}: rate of one worker", Spread([pace.rate for pace in paces]), "/s",
                      at_least(10_000))
        report.figure("events", f"{part}: worker per fact", Spread([pace.worker_us for pace in paces]), "core us")
        report.figure("events", f"{part}: database per fact", Spread([pace.database_us for pace in paces]), "core us")


async def _tell(stage: Stage, tenant: UUID, customers: Sequence[UUID], steps: range) -> None:
    database = Database(stage.databases.url("billing", "app"), source="/dunlin/billing", pool_size=1)
    for step in steps:
        for first in range(0, len(customers), AT_ONCE):
            facts = [_payment(customer, step + 1) for customer in customers[first:first + AT_ONCE]]

            async def work(tx: Transaction, facts: Sequence[PaymentConfirmed] = facts) -> None:
                tx.emit(*facts)

            await database.transact(tenant, work)
    await database.close()


async def _archived(stage: Stage, facts: int, times: int) -> None:
    """Facts of long ago behind those of now, in the outbox and in the log."""
    for database, text in _ARCHIVES:
        connection = await asyncpg.connect(stage.admin_url(database))
        await connection.execute(text, facts, times)
        await settled_down(connection)
        await connection.close()
    progress(f"{facts * times} facts lie behind")


def _payment(customer: UUID, number: int) -> PaymentConfirmed:
    one, zero = Amount.of(Money(100, CURRENCY)), Amount.of(Money.zero(CURRENCY))
    figures = AccountFigures(open=zero, disputed=zero, unapplied=Amount.of(Money(100 * number, CURRENCY)))
    return PaymentConfirmed(
        customer_id=customer, origin=Origin.LIVE, account=figures, payment_id=new_id(), external_id=None, amount=one,
        received_on=today(), method="bank_transfer")


def _paced(stage: Stage, service: str, counter: tuple[str, str], total: int) -> Pace:
    worker = stage.worker(service)
    try:
        return asyncio.run(_watched(stage, Share([worker.pid]), counter, total))
    finally:
        worker.terminate()
        worker.wait(20)


async def _watched(stage: Stage, share: Share, counter: tuple[str, str], total: int) -> Pace:
    database, text = counter
    connection = await asyncpg.connect(stage.admin_url(database))
    before, until, began = await _count(connection, text), time.monotonic() + WAIT_SECONDS, None
    while True:
        now, at, count = (share.cpu_seconds(), stage.database_share.cpu_seconds()), time.perf_counter(), before
        count = await _count(connection, text)
        if began is None and count > before:
            began = (at, now, count)
        if began is not None and count >= total:
            break
        if time.monotonic() > until:
            raise RuntimeError(f"{count} of {total} facts after {WAIT_SECONDS:.0f} s")
        await asyncio.sleep(0.02)
    await connection.close()
    facts = total - began[2]
    return Pace(facts / (at - began[0]), (now[0] - began[1][0]) / facts * 1e6, (now[1] - began[1][1]) / facts * 1e6)


async def _count(connection: "asyncpg.Connection", text: str) -> int:
    """None of the tables is there before the first worker ran."""
    try:
        return int(await connection.fetchval(text))
    except asyncpg.UndefinedTableError:
        return 0
