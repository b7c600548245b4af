"""What the models are given: an office."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest
from books_office import Office

from dunlin_kit.testing import Running, running


@pytest.fixture
def office(postgres: str, tmp_path: Path) -> Iterator[Office]:
    started: Future[tuple[asyncio.AbstractEventLoop, Running, asyncio.Event]] = Future()

    async def serve() -> None:
        async with running(postgres, "billing", tmp_path) as billing:
            stop = asyncio.Event()
            started.set_result((asyncio.get_running_loop(), billing, stop))
            await stop.wait()

    def run() -> None:
        try:
            asyncio.run(serve())
        except BaseException as failed:
            if started.done():
                raise
            started.set_exception(failed)

    thread = threading.Thread(target=run)
    thread.start()
    loop, billing, stop = started.result(60)
    try:
        yield Office(loop, billing)
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(60)
