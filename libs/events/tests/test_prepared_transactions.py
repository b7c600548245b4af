"""Transactions that are prepared and stay so, through a crash too: the relay sends around them, and in the end theirs.

On a server of its own, for the one that tests share allows none.
"""

import asyncio
import os
import shutil
import signal
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from uuid import UUID

import asyncpg
import pytest
from emitting import emit
from test_relay_experiment import SECONDS, SEED, Bus, Verdict, append, judge, relay_and_crash, write

from dunlin_events.relay import Relay
from dunlin_kernel.ids import new_id
from dunlin_local.postgres import THROW_AWAY, Postgres

TENANT, OTHERS, WRITERS = new_id(), 40, 6
PATIENCE_S = 100


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    place = Path(os.environ["DUNLIN_TEST_POSTGRES_FOLDER"])
    place.mkdir(exist_ok=True)
    place.chmod(0o755)
    folder = place / f"prepared-{new_id().hex}"
    durable = {"synchronous_commit": "on", "max_prepared_transactions": "20"}
    with Postgres(folder, options=THROW_AWAY | durable) as server:
        yield server
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def postgres(server: Postgres) -> str:
    return server.url()


async def prepare(dsn: str, name: str, *customers: UUID) -> None:
    """A transaction that has written and told, and hangs with nobody connected to it."""
    connection = await asyncpg.connect(dsn)
    await connection.execute("BEGIN")
    await emit(connection, TENANT, *customers)
    await connection.execute(f"PREPARE TRANSACTION '{name}'")
    await connection.close()


async def told(dsn: str, *customers: UUID) -> None:
    connection = await asyncpg.connect(dsn)
    for customer in customers:
        await emit(connection, TENANT, customer)
    await connection.close()


async def end(dsn: str, said: str) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute(said)
    await connection.close()


async def killed_and_revived(server: Postgres) -> None:
    os.kill(server.pid, signal.SIGKILL)
    async with asyncio.timeout(PATIENCE_S):
        while server.is_running:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    server.revive()


async def come(bus: Bus, wanted: Sequence[tuple[UUID, int]]) -> None:
    """Each of these facts, named by customer and sequence, is on the bus."""
    streams = {(f"{TENANT}:{customer}", sequence) for customer, sequence in wanted}
    async with asyncio.timeout(PATIENCE_S):
        while not streams <= {(stream, sequence) for stream, sequence, _ in bus.sent}:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


@pytest.mark.full
async def test_what_is_prepared_holds_nothing_up_and_is_sent_once_it_is_committed(
    server: Postgres, outbox_dsn: str
) -> None:
    kept, dropped, busy = new_id(), new_id(), new_id()
    bus, stop = Bus(Random(SEED), failing=False), asyncio.Event()
    await prepare(outbox_dsn, "kept", kept, kept)
    await prepare(outbox_dsn, "dropped", dropped)
    running = asyncio.create_task(Relay(outbox_dsn, bus, topic="prepared").run(stop))
    await told(outbox_dsn, *[busy] * OTHERS)
    await come(bus, [(busy, sequence) for sequence in range(1, OTHERS + 1)])
    await killed_and_revived(server)
    await told(outbox_dsn, busy)
    await come(bus, [(busy, OTHERS + 1)])
    assert {stream for stream, *_ in bus.sent} == {f"{TENANT}:{busy}"}
    await end(outbox_dsn, "COMMIT PREPARED 'kept'")
    await end(outbox_dsn, "ROLLBACK PREPARED 'dropped'")
    await told(outbox_dsn, kept, dropped)
    await come(bus, [(kept, 3), (dropped, 1)])
    stop.set()
    await running
    connection = await asyncpg.connect(outbox_dsn)
    rows = await connection.fetch("SELECT stream, seq, event_id FROM outbox_event")
    await connection.close()
    assert judge([(row["stream"], row["seq"], str(row["event_id"])) for row in rows], bus.sent) == Verdict(0, 0, 0)
    assert len(rows) == OTHERS + 1 + 3 + 1


async def write_prepared(dsn: str, name: int, stop: asyncio.Event) -> None:
    """Each transaction is prepared, hangs for a while, and is then committed or not."""
    chance, connection = Random(SEED + 1000 + name), await asyncpg.connect(dsn)
    streams = [f"00000000-0000-7000-8000-000000000000:{one}" for one in (f"prepared{name}", "prepared by all")]
    while not stop.is_set():
        await connection.execute("BEGIN")
        try:
            await append(connection, streams[: chance.randint(1, 2)] * chance.randint(1, 3))
            await connection.execute(f"PREPARE TRANSACTION 'w{name}'")
        except asyncpg.DeadlockDetectedError:
            await connection.execute("ROLLBACK")
            continue
        await asyncio.sleep(chance.choice([0, 0.01, 0.05, 0.4]))
        await connection.execute(f"{chance.choice(['COMMIT', 'COMMIT', 'ROLLBACK'])} PREPARED 'w{name}'")
    await connection.close()


@pytest.mark.full
@pytest.mark.timeout(240)
async def test_the_experiment_with_writers_that_prepare(outbox_dsn: str) -> None:
    admin = await asyncpg.connect(outbox_dsn)
    await admin.execute("CREATE TABLE business(n int)")
    written, ended, bus = asyncio.Event(), asyncio.Event(), Bus(Random(SEED))
    ours = asyncio.create_task(relay_and_crash(outbox_dsn, bus, ended))
    writers = [asyncio.create_task(one(outbox_dsn, n, written))
               for n in range(WRITERS) for one in (write, write_prepared)]
    await asyncio.sleep(SECONDS)
    written.set()
    await asyncio.gather(*writers)
    ended.set()
    crashes = await ours
    rows = await admin.fetch("SELECT stream, seq, event_id FROM outbox_event")
    await admin.close()
    stored = [(row["stream"], row["seq"], str(row["event_id"])) for row in rows]
    prepared = sum("prepared" in stream for stream, *_ in stored)
    print(f"seed {SEED}: {len(stored)} facts, {prepared} of them prepared, {len(bus.sent)} sent, {crashes} crashes")
    assert prepared > 20 and crashes > 2
    assert judge(stored, bus.sent) == Verdict(lost=0, ghosts=0, misordered=0)
