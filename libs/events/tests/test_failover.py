"""A failover to a synchronous standby: nothing that was acknowledged is lost, and the relay stands until the rebase."""

import asyncio
import os
import shutil
import signal
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest
from emitting import emit

from dunlin_events.envelope import Envelope, Record
from dunlin_events.eras import says_all_was_told
from dunlin_events.relay import Relay, rebase
from dunlin_events.relay_gauges import RESTORED
from dunlin_events.topics import Stretch
from dunlin_kernel.ids import new_id
from dunlin_local.postgres import SUPERUSER, THROW_AWAY, Postgres
from dunlin_local.postgres_binaries import runner
from dunlin_local.recovery import base_backup

TENANT, CUSTOMERS, TOPIC = new_id(), [new_id() for _ in range(3)], "failover"
PATIENCE_S = 100
Told = dict[tuple[str, int], str]
"""Event ids by stream and sequence."""


class Bus:
    """What was told, by era."""

    def __init__(self) -> None:
        self.told: dict[int, Told] = {}

    async def start(self) -> None:
        await asyncio.sleep(0)

    async def publish(self, topic: str, records: Sequence[Record]) -> Mapping[int, Stretch]:
        for one in map(Envelope.of, records):
            if not says_all_was_told(one.type):
                self.told.setdefault(one.era, {})[one.stream, one.sequence] = str(one.event_id)
        return {}

    async def stop(self) -> None:
        await asyncio.sleep(0)


@pytest.fixture
def place() -> Iterator[Path]:
    folder = Path(os.environ["DUNLIN_TEST_POSTGRES_FOLDER"]) / f"failover-{new_id().hex}"
    folder.mkdir(parents=True)
    for one in (folder.parent, folder):
        one.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def primary(place: Path) -> Iterator[Postgres]:
    with Postgres(place / "primary", options=THROW_AWAY | {"synchronous_commit": "on"}) as server:
        yield server


@pytest.fixture
def postgres(primary: Postgres) -> str:
    return primary.url()


def standby_of(primary: Postgres, folder: Path) -> Postgres:
    """Not started yet; it follows until it is promoted."""
    base_backup(primary, folder / "data")
    password, user = (primary.folder / "password").read_text().strip(), runner()
    follows = f"host=127.0.0.1 port={primary.port} user={SUPERUSER} password={password}"
    with (folder / "data" / "postgresql.auto.conf").open("a") as settings:
        settings.write(f"primary_conninfo = '{follows}'\n")
    (folder / "data" / "standby.signal").touch()
    shutil.copy(primary.folder / "password", folder / "password")
    for one in (folder, folder / "password", folder / "data" / "standby.signal"):
        user.owns(one)
    return Postgres(folder, options=THROW_AWAY | {"synchronous_commit": "on"})


async def until(holds: Callable[[], Awaitable[object]]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not await holds():  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def done(dsn: str, statement: str) -> object:
    """What a statement says; nothing while the server takes no connections."""
    try:
        connection = await asyncpg.connect(dsn)
    except (OSError, asyncpg.PostgresError):
        return None
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


async def tell(dsn: str, *customers: UUID) -> None:
    connection = await asyncpg.connect(dsn)
    for customer in customers:
        await emit(connection, TENANT, customer)
    await connection.close()


async def stored_in(dsn: str) -> Told:
    connection = await asyncpg.connect(dsn)
    rows = await connection.fetch("SELECT stream, seq, event_id FROM outbox_event")
    await connection.close()
    return {(stream, seq): str(event_id) for stream, seq, event_id in rows}


@pytest.mark.full
@pytest.mark.timeout(240)
async def test_a_standby_that_takes_over_has_all_and_tells_it_in_a_new_era(
    primary: Postgres, place: Path, outbox_dsn: str
) -> None:
    standby = standby_of(primary, place / "standby")
    following = asyncio.create_task(asyncio.to_thread(standby.start))  # it returns once it was promoted
    streams = "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'"
    await until(lambda: done(primary.url(), streams))
    await done(primary.url(), "ALTER SYSTEM SET synchronous_standby_names = '*'")
    await done(primary.url(), "SELECT pg_reload_conf()")
    synchronous = streams.replace("state = 'streaming'", "sync_state = 'sync'")
    await until(lambda: done(primary.url(), synchronous))
    bus, stop = Bus(), asyncio.Event()
    running = asyncio.create_task(Relay(outbox_dsn, bus, topic=TOPIC).run(stop))
    await tell(outbox_dsn, *CUSTOMERS * 20)
    await until(lambda: asyncio.sleep(0, len(bus.told.get(1, ())) == 60))
    stop.set()
    await running
    await tell(outbox_dsn, *CUSTOMERS)
    acknowledged = await stored_in(outbox_dsn)
    os.kill(primary.pid, signal.SIGKILL)
    await until(lambda: done(standby.url(), "SELECT pg_promote()"))
    await following
    try:
        dsn = outbox_dsn.replace(f":{primary.port}/", f":{standby.port}/")
        assert await stored_in(dsn) == acknowledged
        stop = asyncio.Event()
        running = asyncio.create_task(Relay(dsn, bus, topic=TOPIC).run(stop))
        await until(lambda: asyncio.sleep(0, RESTORED.labels(TOPIC)._value.get() == 1))
        assert bus.told.keys() == {1}
        era = await rebase(dsn, who="a test")
        await tell(dsn, *CUSTOMERS)
        await until(lambda: asyncio.sleep(0, len(bus.told.get(era, ())) == 66))
        stop.set()
        await running
        assert bus.told[1].items() <= acknowledged.items() <= bus.told[era].items()
    finally:
        standby.stop()
        (primary.folder / "data" / "postgresql.auto.conf").write_text("")  # alone, for what is left to be cleared away
        primary.revive()
