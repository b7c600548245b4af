"""A copy of a database's folder has its identity: only what the log holds shows that another one told meanwhile."""

import asyncio
import contextlib
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg
import pytest
from both_buses import bus
from conftest import Row, ddl
from restored import era, on_the_log, relaying, tell, until

from dunlin_events import relay as relay_module
from dunlin_events.memory_bus import MemoryBus
from dunlin_events.own_log import tail_of, told_in
from dunlin_events.rebasing import rebase
from dunlin_events.testing import kafka_broker
from dunlin_events.topics import Bus
from dunlin_kernel.ids import new_id
from dunlin_local.postgres import THROW_AWAY, Postgres

__all__ = ["bus", "kafka_broker"]
TENANT, ANNE, BERT = new_id(), new_id(), new_id()


@pytest.fixture
def topic() -> str:
    return f"dunlin-t{new_id()}"


@pytest.fixture
def server() -> Iterator[Callable[[str], Postgres]]:
    """A running server in a folder of its own, by name."""
    place = Path(os.environ["DUNLIN_TEST_POSTGRES_FOLDER"]) / f"copied-{new_id().hex}"
    place.mkdir(parents=True)
    for folder in (place.parent, place):
        folder.chmod(0o755)
    with contextlib.ExitStack() as at_the_end:
        at_the_end.callback(shutil.rmtree, place, ignore_errors=True)
        yield lambda name: at_the_end.enter_context(Postgres(place / name, options=THROW_AWAY))


async def original_and_copy(server: Callable[[str], Postgres], bus: Bus, topic: str) -> tuple[Postgres, Postgres]:
    """Two servers with the same files, as a machine and its snapshot have them; one fact of Anne's was told before."""
    original = server("original")
    connection = await asyncpg.connect(original.url())
    await connection.execute(ddl(Row.metadata))
    await connection.close()
    await tell(original.url(), topic, TENANT, ANNE)
    async with relaying(original.url(), bus, topic) as relay:
        await until(relay.drained)
    original.stop()
    copying = ["cp", "-a", str(original.folder), str(original.folder.with_name("copy"))]
    await asyncio.to_thread(subprocess.check_call, copying)
    original.start()
    return original, server("copy")


async def stands(dsn: str) -> None:
    async with asyncio.timeout(60):
        while await era(dsn) is not None:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


@pytest.mark.timeout(180)
async def test_a_copy_in_the_originals_place_stands_until_the_rebase(
    server: Callable[[str], Postgres], bus: Bus, topic: str
) -> None:
    original, copy = await original_and_copy(server, bus, topic)
    await tell(original.url(), topic, TENANT, ANNE)
    async with relaying(original.url(), bus, topic) as relay:
        await until(relay.drained)
    original.stop()
    await tell(copy.url(), topic, TENANT, BERT, ANNE)
    before = await on_the_log(bus, topic)
    assert sorted(before) == [(1, ANNE, 1), (1, ANNE, 2)]
    async with relaying(copy.url(), bus, topic) as relay:
        await stands(copy.url())
        assert sorted(await on_the_log(bus, topic)) == sorted(before) and not relay.drained()
        told = [one.era for one in told_in((await tail_of(bus, topic)()).records, topic)]
        began = await rebase(copy.url(), who="ann", told=told)
        await until(relay.drained)
    facts = [one for one in await on_the_log(bus, topic) if one[1] in (ANNE, BERT)]
    assert sorted(facts) == sorted([*before, (began, ANNE, 1), (began, ANNE, 2), (began, BERT, 1)])
    assert await era(copy.url()) == began > 1


@pytest.mark.timeout(180)
async def test_of_two_beside_each_other_one_stands_once_the_other_tells(
    server: Callable[[str], Postgres], topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bus = MemoryBus({topic: 4})
    monkeypatch.setattr(relay_module, "LOG_SECONDS", 0.05)
    original, copy = await original_and_copy(server, bus, topic)
    async with relaying(original.url(), bus, topic) as first, relaying(copy.url(), bus, topic) as second:
        await until(second.drained)
        await tell(original.url(), topic, TENANT, ANNE)
        first.poke()
        await stands(copy.url())
        await tell(copy.url(), topic, TENANT, ANNE)
        await until(first.drained)
    assert sorted(await on_the_log(bus, topic)) == [(1, ANNE, 1), (1, ANNE, 2)]
    assert await era(original.url()) == 1
