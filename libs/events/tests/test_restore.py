"""A dump restored in any cluster: the relay notices, waits, and after the rebase sends everything again.

It runs with the rights of a service's roles, which are all that a relay, a rebase and a request ever have.
"""

import asyncio
import contextlib
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg
import pytest
from prometheus_client import REGISTRY
from restored import era, relaying, tell, until
from sqlalchemy.dialects.postgresql.asyncpg import dialect

from dunlin_events.contracts.customer import CustomerContactsChanged
from dunlin_events.envelope import Envelope, Record, latest_era
from dunlin_events.eras import says_all_was_told
from dunlin_events.memory_bus import MemoryBus
from dunlin_events.outbox import APPEND, Trace, bind, pending
from dunlin_events.own_log import told_in
from dunlin_events.relay import Relay, rebase
from dunlin_events.testing import database
from dunlin_events.topics import BusAway, Stretch, Tail
from dunlin_kernel.ids import new_id
from dunlin_local.postgres import THROW_AWAY, Postgres
from dunlin_local.postgres_binaries import programs

COMPILED = APPEND.compile(dialect=dialect())  # type: ignore[no-untyped-call]
NOW = datetime(2026, 3, 4, tzinfo=UTC)
TENANT, ANNE, BERT = new_id(), new_id(), new_id()
GRANTS = """
CREATE ROLE {name}_app LOGIN PASSWORD 'p'; CREATE ROLE {name}_ops LOGIN PASSWORD 'p';
GRANT SELECT, INSERT, UPDATE ON event_stream TO {name}_app;
GRANT INSERT ON outbox_event TO {name}_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON event_stream, relay_state TO {name}_ops;
GRANT SELECT, UPDATE ON outbox_event TO {name}_ops;
GRANT SELECT, INSERT ON relay_era TO {name}_ops;
"""


def facts(records: Sequence[Record]) -> list[Envelope]:
    return [one for one in map(Envelope.of, records) if not says_all_was_told(one.type)]


class Bus:
    def __init__(self) -> None:
        self.sent: list[tuple[int, UUID | str, int]] = []

    async def start(self) -> None:
        pass

    async def publish(self, topic: str, records: Sequence[Record]) -> Mapping[int, Stretch]:
        for envelope in facts(records):
            self.sent.append((envelope.era, "anne" if str(ANNE) in envelope.stream else "bert", envelope.sequence))
        return {}

    async def stop(self) -> None:
        pass


async def relayed(dsn: str, seconds: float = 15) -> Bus:
    """What a relay sends until nothing is left, or until the time is over."""
    bus, stop = Bus(), asyncio.Event()
    relay = Relay(dsn, bus, topic="restore")
    running = asyncio.create_task(relay.run(stop))
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while True:
                if relay.drained():
                    break
                await asyncio.sleep(0.02)
    stop.set()
    await running
    return bus


async def emit(dsn: str, *customers: UUID) -> None:
    connection = await asyncpg.connect(dsn)
    await emit_on(connection, *customers)
    await connection.close()


async def emit_on(connection: asyncpg.Connection, *customers: UUID) -> None:
    facts = [CustomerContactsChanged(customer_id=one, contacts=1, purposes=[]) for one in customers]
    values = bind([
        pending(fact, tenant=TENANT, now=NOW, recorded_at=NOW, trace=Trace("c"), source="/dunlin/customer")
        for fact in facts
    ])  # fmt: skip
    await connection.fetch(COMPILED.string, *(values[name] for name in COMPILED.positiontup or ()))


async def begun(dsn: str) -> list[tuple[int, UUID, str]]:
    connection = await asyncpg.connect(dsn)
    try:
        rows = await connection.fetch(
            "SELECT era, token, begun_by FROM relay_era WHERE begun_at > now() - interval '1 hour' ORDER BY era")
        return [tuple(row) for row in rows]
    finally:
        await connection.close()


def as_role(dsn: str, role: str) -> str:
    parts = urlsplit(dsn)
    return parts._replace(netloc=f"{role}:p@{parts.hostname}:{parts.port}").geturl()


async def grant(dsn: str, name: str) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute(GRANTS.format(name=name))
    await connection.close()


def dumped(dsn: str, *options: str) -> bytes:
    """A logical backup of one database."""
    command = [str(programs() / "pg_dump"), "--no-owner", "--no-acl", *options, dsn]
    return subprocess.run(command, check=True, capture_output=True).stdout


def restore(dump: bytes, dsn: str) -> None:
    psql = [str(programs() / "psql"), "-q", "-v", "ON_ERROR_STOP=1", dsn]
    subprocess.run(psql, input=dump, check=True, capture_output=True)


@pytest.fixture
def other_cluster() -> Iterator[str]:
    place = Path(os.environ["DUNLIN_TEST_POSTGRES_FOLDER"])
    place.mkdir(exist_ok=True)
    place.chmod(0o755)
    folder = place / f"restored-{new_id().hex}"
    with Postgres(folder, options=THROW_AWAY) as server:
        yield server.url()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
async def roles(postgres: str, outbox_dsn: str) -> AsyncIterator[str]:
    name = f"r{new_id().hex}"
    await grant(outbox_dsn, name)
    yield name
    for dsn, statement in ((outbox_dsn, "DROP OWNED BY"), (postgres, "DROP ROLE")):
        connection = await asyncpg.connect(dsn)
        await connection.execute(f"{statement} {name}_app, {name}_ops")
        await connection.close()


async def test_a_dump_in_another_cluster_is_sent_again_in_a_new_era(
    outbox_dsn: str, roles: str, other_cluster: str
) -> None:
    app, ops = as_role(outbox_dsn, f"{roles}_app"), as_role(outbox_dsn, f"{roles}_ops")
    assert await era(ops) == 1
    await emit(app, ANNE, ANNE, BERT)
    assert (await relayed(ops)).sent == [(1, "anne", 1), (1, "anne", 2), (1, "bert", 1)]

    await asyncio.to_thread(restore, await asyncio.to_thread(dumped, outbox_dsn), other_cluster)
    await grant(other_cluster, roles)
    app, ops = as_role(other_cluster, f"{roles}_app"), as_role(other_cluster, f"{roles}_ops")
    await emit(app, ANNE)
    assert (await relayed(ops, seconds=1.5)).sent == []
    assert await era(ops) is None, "whoever works here waits"

    began = await rebase(ops, who="ann")
    assert await era(ops) == began > 1
    await emit(app, BERT)
    again = (await relayed(ops)).sent
    assert [one for one in again if one[1] == "anne"] == [(began, "anne", 1), (began, "anne", 2), (began, "anne", 3)]
    assert [one for one in again if one[1] == "bert"] == [(began, "bert", 1), (began, "bert", 2)]


async def test_a_dump_in_the_same_cluster_is_noticed_too(postgres: str, outbox_dsn: str) -> None:
    """What was told between dump and restore has its numbers given again: only the new era may say them."""
    await emit(outbox_dsn, ANNE)
    assert (await relayed(outbox_dsn)).sent == [(1, "anne", 1)]
    dump = await asyncio.to_thread(dumped, outbox_dsn)
    await emit(outbox_dsn, ANNE)
    assert (await relayed(outbox_dsn)).sent == [(1, "anne", 2)]

    name = urlsplit(outbox_dsn).path[1:]
    admin = await asyncpg.connect(postgres)
    await admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    await admin.execute(f'CREATE DATABASE "{name}"')
    await admin.close()
    await asyncio.to_thread(restore, dump, outbox_dsn)
    await emit(outbox_dsn, ANNE)
    assert (await relayed(outbox_dsn, seconds=1.5)).sent == []
    assert await era(outbox_dsn) is None
    began = await rebase(outbox_dsn, who="ann")
    assert (await relayed(outbox_dsn)).sent == [(began, "anne", 1), (began, "anne", 2)]


async def test_no_two_restores_of_one_backup_begin_the_same_era(postgres: str, outbox_dsn: str) -> None:
    """Each is later than all that is known of, and who began it, when, is kept with a token of its own."""
    await emit(outbox_dsn, ANNE)
    dump = await asyncio.to_thread(dumped, outbox_dsn)
    async with database(postgres) as other, database(postgres) as third:
        for dsn in (other, third):
            await asyncio.to_thread(restore, dump, dsn)
        eras = [await rebase(dsn, who="ann") for dsn in (other, third)]
        again = [await rebase(third, who="bea"), await rebase(other, who="bea", told=[290_000_000])]
        kept = [await begun(dsn) for dsn in (other, third)]
    assert len({*eras, *again}) == 4 and again[0] > eras[1] and again[1] > 290_000_000
    assert [[(era, who) for era, _, who in one] for one in kept] == [
        [(eras[0], "ann"), (again[1], "bea")], [(eras[1], "ann"), (again[0], "bea")]]
    assert len({token for one in kept for _, token, _ in one}) == 4


async def test_a_dump_restored_over_the_tables_is_noticed_too(outbox_dsn: str) -> None:
    await emit(outbox_dsn, ANNE)
    await relayed(outbox_dsn)
    dump = await asyncio.to_thread(dumped, outbox_dsn, "--clean")
    await asyncio.to_thread(restore, dump, outbox_dsn)
    assert await era(outbox_dsn) is None


async def test_whoever_writes_beside_a_rebase_tells_in_the_new_era_only(outbox_dsn: str) -> None:
    """One has written and not committed, which the rebase waits for; two come while it waits, one with a new stream."""
    await emit(outbox_dsn, ANNE)
    before = await asyncpg.connect(outbox_dsn)
    async with before.transaction():
        await emit_on(before, ANNE)
        rebasing = asyncio.create_task(rebase(outbox_dsn, who="ann"))
        await waiting_for_a_lock(outbox_dsn, 1)
        after = [asyncio.create_task(emit(outbox_dsn, one)) for one in (ANNE, BERT)]
        await waiting_for_a_lock(outbox_dsn, 3)
    era = await rebasing
    await asyncio.gather(*after)
    assert sorted(await before.fetch("SELECT era, seq FROM outbox_event")) == [(era, 1), (era, 1), (era, 2), (era, 3)]
    assert await before.fetch("SELECT DISTINCT era FROM event_stream") == [(era,)]
    await before.close()


async def waiting_for_a_lock(dsn: str, sessions: int) -> None:
    looking = await asyncpg.connect(dsn)
    async with asyncio.timeout(60):
        while await looking.fetchval(  # noqa: ASYNC110
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        ) < sessions:
            await asyncio.sleep(0.02)
    await looking.close()


async def test_what_others_wrote_to_the_topic_stops_no_relay(outbox_dsn: str) -> None:
    """Only what bears the owner's name, and an era that a clock may have reached, says that another database told."""
    topic, bus, tenant = "dunlin-own", MemoryBus({"dunlin-own": 4}), new_id()
    other = Envelope(new_id(), "dunlin.x.Y.v1", "/dunlin/stranger", f"{tenant}:{ANNE}", 9, 1, NOW, NOW, "c")
    odd = Record("x", (("content-type", b"application/cloudevents+json"),), b"[")
    forged = [other, *(other._replace(source="/dunlin/own", era=one) for one in (latest_era(), 2**31 - 1))]
    junk = [odd, Record("noise", (("ce_era", None),), None), *(Record(a.stream, a.headers(), b"{}") for a in forged)]
    await bus.publisher().publish(topic, junk)
    await tell(outbox_dsn, topic, tenant, ANNE)
    async with relaying(outbox_dsn, bus, topic) as relay:
        await until(relay.drained)
    assert len(bus.records(topic)) == len(junk) + 1
    assert [one.era for one in told_in(bus.records(topic), topic)] == [1], "what `relay rebase` counts on from"
    foreign = other._replace(source="/dunlin/own", era=1)
    await bus.publisher().publish(topic, [Record(foreign.stream, foreign.headers(), b"{}")])
    async with relaying(outbox_dsn, bus, topic):
        async with asyncio.timeout(60):
            while await era(outbox_dsn) is not None:  # noqa: ASYNC110
                await asyncio.sleep(0.02)


async def test_a_relay_with_nothing_to_send_leads_while_the_log_cannot_be_read_and_sends_nothing_before(
    outbox_dsn: str
) -> None:
    class Away(MemoryBus):
        looks, is_away = 0, True

        async def tail(self, topic: str, most: int) -> Tail:
            self.looks += 1
            if self.is_away:
                raise BusAway("for a while")
            return await super().tail(topic, most)

    topic = "dunlin-unread"
    bus, labels = Away({topic: 4}), {"topic": topic}
    async with relaying(outbox_dsn, bus, topic) as relay:
        await until(relay.drained)
        assert REGISTRY.get_sample_value("dunlin_relay_failures_total", labels) == 0
        await tell(outbox_dsn, topic, TENANT, ANNE)
        await until(lambda: bus.looks > 3)
        assert bus.records(topic) == []
        bus.is_away = False
        await until(lambda: len(bus.records(topic)) == 1)
