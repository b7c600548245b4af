"""The relay while a transaction elsewhere has written and stays open: how old facts are when they reach the log.

Writers commit a fact at a time through the transaction's own outbox and wake the relay as an API does. A fact's age is
from the server's own time of its commit to the log's time of storing it; both are clocks of one machine.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from uuid import UUID

import asyncpg
from bench.benches.events import _payment, _tell
from bench.facts import told
from bench.report import Report, Spread, progress, under
from bench.stage import Stage

from dunlin_events.contracts.billing import PaymentConfirmed
from dunlin_events.waking import Poker
from dunlin_kernel.ids import new_id
from dunlin_kit.database import Database
from dunlin_kit.transaction import Transaction

CUSTOMERS, WRITERS, PAUSE_S = 200, 8, 0.03
_COMMITTED = "SELECT event_id, pg_xact_commit_timestamp(txid::xid) AS at FROM outbox_event WHERE id > $1"
_STORED = """
SELECT stored_at AS at,
       (SELECT pair ->> 1 FROM json_array_elements(headers::json) pair WHERE pair ->> 0 = 'ce_id') AS id
FROM bus_record WHERE topic = 'dunlin-billing' AND stored_at >= $1"""


def held(stage: Stage, report: Report, *, quick: bool) -> None:
    """Rounds in turn: with nothing open, and with a transaction open that has written."""
    rounds, seconds, before = (1, 2.0, 2) if quick else (3, 10.0, 500)
    tenant, customers = new_id(), [new_id() for _ in range(CUSTOMERS)]
    asyncio.run(told(stage, "billing", tenant, customers))
    asyncio.run(_tell(stage, tenant, customers, range(before)))
    report.line("held", "setting", facts_before=before * CUSTOMERS, writers=WRITERS, seconds=seconds)
    worker = stage.worker("billing")
    ages: dict[bool, list[list[float]]] = {False: [], True: []}
    try:
        for _ in range(rounds):
            for is_open in ages:
                ages[is_open].append(asyncio.run(_round(stage, tenant, customers, seconds, is_open)))
                progress(f"{'one open' if is_open else 'nothing open'}: {len(ages[is_open][-1])} facts")
    finally:
        worker.terminate()
        worker.wait(20)
    for is_open, found in ages.items():
        what = "with a transaction open that has written" if is_open else "with nothing open"
        for name, share, aim in (("p50", 0.5, None), ("p99", 0.99, under(1000) if is_open else None)):
            spread = Spread([sorted(one)[int(len(one) * share)] * 1000 for one in found])
            report.figure("held", f"{name} from commit to log, {what}", spread, "ms", aim)


async def _round(stage: Stage, tenant: UUID, customers: Sequence[UUID], seconds: float, is_open: bool) -> list[float]:
    """The ages of all facts of the round, in seconds."""
    billing = await asyncpg.connect(stage.admin_url("billing"))
    bus = await asyncpg.connect(stage.admin_url("bus"))
    try:
        await _drained(billing, bus)
        last = await billing.fetchval("SELECT max(id) FROM outbox_event")
        began = await bus.fetchval("SELECT clock_timestamp()")
        async with _open(stage) if is_open else _nothing():
            await _write(stage, tenant, customers, seconds)
            await _drained(billing, bus)
        committed = {str(row["event_id"]): row["at"] for row in await billing.fetch(_COMMITTED, last)}
        stored = {row["id"]: row["at"] for row in await bus.fetch(_STORED, began)}
        return [(stored[one] - at).total_seconds() for one, at in committed.items()]
    finally:
        await billing.close()
        await bus.close()


@asynccontextmanager
async def _open(stage: Stage) -> AsyncIterator[None]:
    """A transaction of somebody else, in the same database, that has a transaction id and does not end."""
    other = await asyncpg.connect(stage.admin_url("billing"))
    await other.execute("CREATE TABLE IF NOT EXISTS somebody_elses (n int)")
    await other.execute("BEGIN; INSERT INTO somebody_elses VALUES (1)")
    try:
        yield
    finally:
        await other.execute("ROLLBACK")
        await other.close()


@asynccontextmanager
async def _nothing() -> AsyncIterator[None]:
    yield


async def _write(stage: Stage, tenant: UUID, customers: Sequence[UUID], seconds: float) -> None:
    url, stop = stage.databases.url("billing", "app"), asyncio.Event()
    database, poker = Database(url, source="/dunlin/billing", pool_size=WRITERS), Poker(url)
    poking = asyncio.create_task(poker.run(stop))
    ends = asyncio.get_running_loop().time() + seconds

    async def writer(number: int) -> None:
        turn = number
        while asyncio.get_running_loop().time() < ends:
            fact = _payment(customers[turn % len(customers)], 1)

            async def work(tx: Transaction, fact: PaymentConfirmed = fact) -> None:
                tx.emit(fact)

            await database.transact(tenant, work)
            poker.poke()
            turn += WRITERS
            await asyncio.sleep(PAUSE_S)

    await asyncio.gather(*(writer(number) for number in range(WRITERS)))
    stop.set()
    await poking
    await database.close()


async def _drained(billing: asyncpg.Connection, bus: asyncpg.Connection) -> None:
    async with asyncio.timeout(120):
        while True:
            told_of = await billing.fetchval("SELECT count(*) FROM outbox_event")
            try:
                if await bus.fetchval("SELECT count(*) FROM bus_record WHERE topic = 'dunlin-billing'") >= told_of:
                    return
            except asyncpg.UndefinedTableError:
                progress("the worker has not begun yet")
            await asyncio.sleep(0.5)
