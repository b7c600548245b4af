"""The four services, their workers and the issuer in one event loop behind one port."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from importlib import import_module
from typing import Any

import uvicorn
from fastapi import FastAPI

from dunlin_events.topics import Bus
from dunlin_kit.process import Worker
from dunlin_kit.settings import ServiceSettings
from dunlin_local.front import Front
from dunlin_local.issuer import Issuer
from dunlin_local.reference import reference

GRACE_SECONDS = 10


class PartEnded(Exception):
    """One of the parts ended unasked; its own error, where there was one, is the cause."""

    @classmethod
    def of(cls, part: asyncio.Task[Any]) -> "PartEnded":
        """The end of this part, in words."""
        cause = part.exception()
        ended = cls(f"{part.get_name()} ended and should not have: {cause or 'without an error'}. More is in the log.")
        ended.__cause__ = cause
        return ended


def load(services: Iterable[str]) -> None:
    """Load the code of these services. What fails here fails again, and is told, where the code is asked for."""
    with contextlib.suppress(Exception):
        for service in services:
            import_module(f"{service}_svc.worker")
            import_module(f"{service}_svc.app")


class SingleNode:
    """Every service that has settings, all of Dunlin or some of it, in this process. A commit in an API wakes its
    service's relay directly.

    `bus` makes each worker's bus; without it the settings name one.
    """

    def __init__(
        self, settings: Mapping[str, ServiceSettings], issuer: Issuer, *, bus: Callable[[], Bus] | None = None
    ) -> None:
        self._settings = settings
        self._bus = bus
        self._issuer = issuer
        self._stop = asyncio.Event()

    async def run(self, listening: socket.socket, stop: asyncio.Event, ready: asyncio.Event) -> None:
        """Serve on a bound socket until `stop` is set; `ready` is set when requests are answered.

        A part that ends by itself ends all of it, with its error.
        """
        # asyncio does so only for sockets it made; an answer in two parts waited 40 ms for the ACK of its first
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        workers = {service: self._worker(service) for service in self._settings}
        async with self._apps(workers) as apps:
            server = _Server(_config(Front({**apps, **self._issuers()}, reference(apps))))
            parts = {
                asyncio.create_task(server.serve([listening]), name="the HTTP server"),
                *(
                    asyncio.create_task(worker.run(self._stop), name=f"the worker of {service}-svc")
                    for service, worker in workers.items()
                ),
            }
            try:
                await _until(lambda: server.started, parts)
                ready.set()
                await _first_end(stop, parts)
            finally:
                server.should_exit = True
                self._stop.set()
                await asyncio.wait(parts, timeout=2 * GRACE_SECONDS)
                for part in parts:
                    part.cancel()
                await asyncio.gather(*parts, return_exceptions=True)

    def _worker(self, service: str) -> Worker:
        bus = self._bus() if self._bus is not None else None
        worker: Worker = import_module(f"{service}_svc.worker").create_worker(self._settings[service], bus=bus)
        return worker

    @contextlib.asynccontextmanager
    async def _apps(self, workers: Mapping[str, Worker]) -> AsyncIterator[dict[str, FastAPI]]:
        async with contextlib.AsyncExitStack() as opened:
            apps: dict[str, FastAPI] = {}
            for service in self._settings:
                app: FastAPI = import_module(f"{service}_svc.app").create_app(self._settings[service])
                await opened.enter_async_context(app.router.lifespan_context(app))
                app.state.published = workers[service].poke
                apps[service] = app
            yield apps

    def _issuers(self) -> dict[str, Any]:
        app = self._issuer.app()
        return {"oauth": app, ".well-known": app}


class _Server(uvicorn.Server):
    """Leaves the signals to the launcher, which stops the parts in its own order."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _config(front: Front) -> uvicorn.Config:
    return uvicorn.Config(
        front,
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="off",
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


async def _until(holds: Any, parts: set[asyncio.Task[Any]]) -> None:
    while not holds():
        for part in parts:
            if part.done():
                raise PartEnded.of(part)
        await asyncio.sleep(0.01)


async def _first_end(stop: asyncio.Event, parts: set[asyncio.Task[Any]]) -> None:
    asked = asyncio.create_task(stop.wait())
    done, _ = await asyncio.wait({asked, *parts}, return_when=asyncio.FIRST_COMPLETED)
    asked.cancel()
    for ended in done - {asked}:
        if not stop.is_set():
            raise PartEnded.of(ended)
