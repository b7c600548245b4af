"""A worker's /livez and /readyz: answered by the event loop that does its work, so that one that hangs does not answer.

The port for metrics would not show it: it is served by a thread of its own.
"""

import asyncio
import contextlib
from collections.abc import Iterator

import uvicorn
from fastapi import APIRouter, FastAPI

from dunlin_kit.settings import ServiceSettings


class _Server(uvicorn.Server):
    """Leaves the signals to the worker."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def answer_probes(probes: APIRouter, settings: ServiceSettings, stop: asyncio.Event) -> None:
    """Listen on the probe port until `stop` is set, or until nobody can any more."""
    app = FastAPI(openapi_url=None)
    app.include_router(probes)
    config = uvicorn.Config(
        app, host=settings.host, port=settings.probe_port, lifespan="off", log_config=None, access_log=False,
        server_header=False, timeout_graceful_shutdown=1)
    server = _Server(config)
    serving, told = asyncio.create_task(server.serve()), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({serving, told}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        told.cancel()
        server.should_exit = True
    await serving
