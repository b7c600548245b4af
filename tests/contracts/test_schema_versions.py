"""A database that is older or newer than the code: what migrate, an api and a worker say of it, and do."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import asyncpg
import pytest
from structlog.testing import capture_logs

from customer_svc.worker import create_worker
from dunlin_events.memory_bus import MemoryBus
from dunlin_kit import process
from dunlin_kit.migrating import head_of
from dunlin_kit.settings import ServiceSettings
from dunlin_kit.testing import Running, running

NEWER = "9999"
HEAD = head_of("customer_svc") or ""
OLDER = f"{int(HEAD) - 1:04}"


@pytest.fixture(scope="module")
async def archive(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    async with running(postgres, "customer", tmp_path_factory.mktemp("versions")) as service:
        yield service


@pytest.fixture
async def stands_at(archive: Running) -> AsyncIterator[Callable[[str], Any]]:
    """Say that the database is of another revision; it is not afterwards."""
    connection = await asyncpg.connect(archive.urls.owner)

    async def stand(revision: str) -> None:
        await connection.execute("UPDATE alembic_version SET version_num = $1", revision)

    yield stand
    await stand(HEAD)
    await connection.close()


@pytest.mark.parametrize(("revision", "says"), [
    (OLDER, f"schema: {OLDER}, and this code was made for {HEAD}: migrate first"),
    (NEWER, f"schema: {NEWER}, made by a newer version than this code, which was made for {HEAD}")])
async def test_an_api_is_alive_and_not_ready_and_says_why(
    archive: Running, stands_at: Callable[[str], Any], revision: str, says: str,
) -> None:
    await stands_at(revision)
    ready = await archive.client.get("/readyz")
    assert (ready.status_code, ready.text) == (503, says)
    assert (await archive.client.get("/livez")).status_code == 200
    await stands_at(HEAD)
    assert (await archive.client.get("/readyz")).text == "ready"


async def test_migrate_leaves_a_newer_database_alone_and_says_so(
    archive: Running, stands_at: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch,
) -> None:
    await stands_at(NEWER)
    monkeypatch.setattr("sys.argv", ["customer_svc", "migrate"])
    monkeypatch.setattr(ServiceSettings, "model_validate", lambda _: archive.settings)
    monkeypatch.setattr(process, "configure_logging", lambda _: None)
    with pytest.raises(SystemExit, match=f"customer_svc: .*'{NEWER}'.*a newer version migrated this database"):
        await asyncio.to_thread(process.main, "customer", ServiceSettings)
    assert (await archive.client.get("/readyz")).text.startswith(f"schema: {NEWER}")


async def begun(archive: Running, until: str) -> tuple[Any, asyncio.Event, "asyncio.Task[None]", list[Any]]:
    """A worker that has said this."""
    worker, stop = create_worker(archive.settings, bus=MemoryBus()), asyncio.Event()
    with capture_logs() as said:
        working = asyncio.create_task(worker.run(stop))
        async with asyncio.timeout(60):
            while until not in {one["event"] for one in said}:
                assert not working.done()
                await asyncio.sleep(0.02)
    return worker, stop, working, said


async def test_a_worker_waits_for_an_older_database_to_be_migrated(
    archive: Running, stands_at: Callable[[str], Any],
) -> None:
    await stands_at(OLDER)
    worker, stop, working, said = await begun(archive, "the worker waits for migrate")
    why = next(one["reason"] for one in said if one["event"] == "the worker waits for migrate")
    assert why.endswith("migrate first")
    assert not worker.reached.is_set()
    await stands_at(HEAD)
    async with asyncio.timeout(60):
        await worker.reached.wait()
    stop.set()
    await working


async def test_a_worker_goes_on_with_a_newer_database_and_says_so(
    archive: Running, stands_at: Callable[[str], Any],
) -> None:
    await stands_at(NEWER)
    worker, stop, working, _ = await begun(archive, "the schema is newer")
    async with asyncio.timeout(60):
        await worker.reached.wait()
    stop.set()
    await working
