"""The relay, and a consumer with credit-svc's own handler: facts per second for one worker, and what each costs.

Payments of 1.00 by 1,000 customers in turn are told through the transaction's own outbox; then one worker of
billing-svc brings them to the log, and after that one worker of credit-svc folds them into its copies. The limit, a
bare relay and a bare hearer, does so with the same facts, in turn: to a bare log, and into a copy of the database.
`--growth`: so many times the customers, and behind them so many times the facts, told and read before.
"""

import asyncio
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from uuid import UUID

import asyncpg
from bench.by_hand_events import LOG, MARK
from bench.company import CURRENCY, settled_down, today
from bench.facts import told
from bench.processes import Share
from bench.report import Aim, Report, Spread, at_least, progress
from bench.stage import Copied, Stage, by_hand_worker, copied

from dunlin_events.contracts.base import AccountFigures, Amount
from dunlin_events.contracts.billing import Origin, PaymentConfirmed
from dunlin_kernel.ids import new_id
from dunlin_kernel.money import Money
from dunlin_kit.database import Database
from dunlin_kit.transaction import Transaction

CUSTOMERS, AT_ONCE, WAIT_SECONDS = 1_000, 500, 120.0
ARCHIVES = (
    # A transaction id that every snapshot is past: told long ago.
    ("billing", """INSERT INTO outbox_event (txid, event_id, stream, era, seq, type, headers, payload)
                   SELECT '3', uuidv7(), o.stream, 1, -n, o.type, o.headers, o.payload
                   FROM (SELECT * FROM outbox_event ORDER BY id LIMIT $1) o CROSS JOIN generate_series(1, $2) n"""),
    ("bus", """INSERT INTO bus_record (topic, part, at, key, headers, value)
               SELECT topic, part, -(row_number() OVER (PARTITION BY topic, part)), key, headers, value
               FROM (SELECT * FROM bus_record WHERE topic = 'dunlin-billing' LIMIT $1) o
               CROSS JOIN generate_series(1, $2) n"""))
_BEHIND = (*ARCHIVES, (
    "bus", """INSERT INTO by_hand_log (stream, seq, type, headers, value) SELECT stream, -n, type, headers, value
               FROM (SELECT * FROM by_hand_log LIMIT $1) o CROSS JOIN generate_series(1, $2) n"""))
_ON_BUS = "SELECT coalesce(sum(next), 0)::bigint FROM bus_head WHERE topic = 'dunlin-billing'"
_ON_LOG = "SELECT count(*) FROM by_hand_log"
_HEARD = "SELECT coalesce(sum(sequence), 0)::bigint FROM watermark WHERE owner = 'billing'"


@dataclass(frozen=True, slots=True)
class Pace:
    """Facts per second from the first that was seen to arrive to the last, and core microseconds of each."""

    rate: float
    worker_us: float
    database_us: float


_FIGURES: tuple[tuple[str, str, Aim | None, Callable[[Pace], float]], ...] = (
    ("rate of one worker", "/s", at_least(10_000), attrgetter("rate")),
    ("worker per fact", "core us", None, attrgetter("worker_us")),
    ("database per fact", "core us", None, attrgetter("database_us")))


@dataclass(frozen=True, slots=True)
class Counted:
    """What is run, and where and how the facts are counted that it has done with."""

    start: Callable[[], "subprocess.Popen[bytes]"]
    admin_url: str
    text: str


def events(stage: Stage, report: Report, *, quick: bool, growth: int = 1) -> None:
    """Relay, then consumer, in rounds; with growth the first round only makes what lies behind the others."""
    rounds, facts = (1, 10 * CUSTOMERS) if quick else (3, 40 * CUSTOMERS)
    tenant, customers = new_id(), [new_id() for _ in range(CUSTOMERS * growth)]
    each = facts // len(customers)
    for service in ("billing", "credit"):
        asyncio.run(told(stage, service, tenant, customers))
    own = asyncio.run(_by_hand_ready(stage))
    report.line("events", "setting", customers=len(customers), facts_each_round=facts, growth=growth)
    billing, bus = stage.databases.url("billing", "ops"), stage.admin_url("bus")
    parts = {
        "relay": (Counted(partial(stage.worker, "billing"), bus, _ON_BUS),
                  Counted(partial(by_hand_worker, stage, "relay", billing), bus, _ON_LOG)),
        "consumer": (Counted(partial(stage.worker, "credit"), stage.admin_url("credit"), _HEARD),
                     Counted(partial(by_hand_worker, stage, "credit", own.app_url), own.admin_url, _HEARD))}
    seen: dict[str, tuple[list[Pace], list[Pace]]] = {part: ([], []) for part in parts}
    for number in range(rounds + (growth > 1)):
        asyncio.run(_tell(stage, tenant, customers, range(number * each, (number + 1) * each)))
        paces = {part: [_paced(stage, one, facts) for one in both] for part, both in parts.items()}
        if growth > 1 and number == 0:
            asyncio.run(_archived(stage, own, facts, rounds * growth))
            continue
        for part, both in paces.items():
            for pace, kept in zip(both, seen[part], strict=True):
                kept.append(pace)
            progress(f"{part} {both[0].rate:.0f}/s, by hand {both[1].rate:.0f}/s")
    _report(report, seen)


def _report(report: Report, seen: Mapping[str, tuple[list[Pace], list[Pace]]]) -> None:
    for part, both in seen.items():
        for what, unit, aim, value in _FIGURES:
            ours, by_hand = (Spread([value(pace) for pace in paces]) for paces in both)
            report.figure("events", f"{part}: {what}", ours.beside(by_hand), unit, aim)


async def _by_hand_ready(stage: Stage) -> Copied:
    """The copy of credit-svc's database, with the marks of relay and hearer, and the log."""
    made = await copied(stage, "credit")
    for url, text in ((stage.admin_url("billing"), MARK.format("billing_ops")),
                      (made.admin_url, MARK.format("credit_app")),
                      (stage.admin_url("bus"), f"{LOG}; GRANT ALL ON by_hand_log TO bus")):
        connection = await asyncpg.connect(url)
        await connection.execute(text)
        await connection.close()
    return made


async def _tell(stage: Stage, tenant: UUID, customers: Sequence[UUID], steps: range) -> None:
    database = Database(stage.databases.url("billing", "app"), source="/dunlin/billing", pool_size=1)
    for step in steps:
        for first in range(0, len(customers), AT_ONCE):
            facts = [_payment(customer, step + 1) for customer in customers[first:first + AT_ONCE]]

            async def work(tx: Transaction, facts: Sequence[PaymentConfirmed] = facts) -> None:
                tx.emit(*facts)

            await database.transact(tenant, work)
    await database.close()


async def _archived(stage: Stage, own: Copied, facts: int, times: int) -> None:
    """Facts of long ago behind those of now, in the outbox and in both logs."""
    for database, text in _BEHIND:
        connection = await asyncpg.connect(stage.admin_url(database))
        await connection.execute(text, facts, times)
        await settled_down(connection)
        await connection.close()
    connection = await asyncpg.connect(stage.admin_url("bus"))
    last = await connection.fetchval("SELECT max(id) FROM by_hand_log")
    await connection.close()
    connection = await asyncpg.connect(own.admin_url)
    await connection.execute(f"UPDATE by_hand_mark SET last = {last}")
    await connection.close()
    progress(f"{facts * times} facts lie behind")


def _payment(customer: UUID, number: int) -> PaymentConfirmed:
    one, zero = Amount.of(Money(100, CURRENCY)), Amount.of(Money.zero(CURRENCY))
    figures = AccountFigures(open=zero, disputed=zero, unapplied=Amount.of(Money(100 * number, CURRENCY)))
    return PaymentConfirmed(
        customer_id=customer, origin=Origin.LIVE, account=figures, payment_id=new_id(), external_id=None, amount=one,
        received_on=today(), method="bank_transfer", awaited=False)


def _paced(stage: Stage, counted: Counted, facts: int) -> Pace:
    """How fast so many more are done with."""
    before = asyncio.run(_counted(counted))
    worker = counted.start()
    try:
        return asyncio.run(_watched(stage, Share([worker.pid]), counted, (before, before + facts)))
    finally:
        worker.terminate()
        worker.wait(20)


async def _watched(stage: Stage, share: Share, counted: Counted, between: tuple[int, int]) -> Pace:
    connection = await asyncpg.connect(counted.admin_url)
    (before, total), until, began = between, time.monotonic() + WAIT_SECONDS, None
    while True:
        now, at = (share.cpu_seconds(), stage.database_share.cpu_seconds()), time.perf_counter()
        count = await _count(connection, counted.text)
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


async def _counted(counted: Counted) -> int:
    connection = await asyncpg.connect(counted.admin_url)
    try:
        return await _count(connection, counted.text)
    finally:
        await connection.close()


async def _count(connection: "asyncpg.Connection", text: str) -> int:
    """None of the tables is there before the first worker ran."""
    try:
        return int(await connection.fetchval(text))
    except asyncpg.UndefinedTableError:
        return 0
