"""Whoever waits for an era goes on when the look at eras ends, however and whenever that is."""

import asyncio
from typing import Any

import asyncpg
import pytest

from dunlin_kernel.errors import NotReady
from dunlin_kit import era_watch
from dunlin_kit.era_watch import EraWatch
from dunlin_kit.pooling import Unavailable

PATIENCE_SECONDS = 60


class Looked:
    """Stands for the database: each look takes a turn of the loop, and finds the next era, or raises it."""

    def __init__(self, *found: int | BaseException) -> None:
        self._found = [*found]

    async def read(self, *_: Any) -> int:
        await asyncio.sleep(0)
        found = self._found.pop(0) if len(self._found) > 1 else self._found[0]
        if isinstance(found, BaseException):
            raise found
        return found


@pytest.fixture(autouse=True)
def _looking_all_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(era_watch, "LOOK_SECONDS", 0)


def _watch(*found: int | BaseException) -> EraWatch:
    database: Any = Looked(*found)
    return EraWatch("toy", database)


async def _until_moved(_: int, moved: asyncio.Event) -> None:
    await moved.wait()


@pytest.mark.parametrize("broken", [RuntimeError("a look"), asyncio.CancelledError()])
@pytest.mark.parametrize("before", [(0,), (1,), (1, 0), ()])
async def test_a_look_that_breaks_ends_whoever_waits(before: tuple[int, ...], broken: BaseException) -> None:
    eras, stop = _watch(*before, broken), asyncio.Event()
    waiting = asyncio.create_task(eras.in_each(_until_moved, stop))
    await asyncio.sleep(0)
    looking = asyncio.create_task(eras.run(stop))
    async with asyncio.timeout(PATIENCE_SECONDS):
        [ended] = await asyncio.gather(looking, return_exceptions=True)
        await waiting
    assert isinstance(ended, type(broken))


@pytest.mark.parametrize("found", [(0,), (1,), (0, 1), (1, 0), (1, 2)])
@pytest.mark.parametrize("turns", range(10))
async def test_an_order_to_stop_reaches_whoever_waits_at_whatever_moment(found: tuple[int, ...], turns: int) -> None:
    eras, stop = _watch(*found), asyncio.Event()
    waiting = asyncio.create_task(eras.in_each(_until_moved, stop))
    await asyncio.sleep(0)
    looking = asyncio.create_task(eras.run(stop))
    for _ in range(turns):
        await asyncio.sleep(0)
    stop.set()
    async with asyncio.timeout(PATIENCE_SECONDS):
        await asyncio.gather(looking, waiting)


@pytest.mark.parametrize("away", [
    Unavailable("away"), NotReady("in_progress", "locked"), TimeoutError(), asyncpg.PostgresConnectionError("gone"),
    asyncpg.InterfaceError("another operation is in progress"),
])
async def test_trouble_that_passes_changes_no_era(away: Exception) -> None:
    eras, stop = _watch(away, 1, away, 2), asyncio.Event()
    heard = list[int]()

    async def hear(era: int, moved: asyncio.Event) -> None:
        heard.append(era)
        if era == 2:
            stop.set()
        await moved.wait()

    async with asyncio.timeout(PATIENCE_SECONDS):
        await asyncio.gather(eras.run(stop), eras.in_each(hear, stop))
    assert heard == [1, 2]
