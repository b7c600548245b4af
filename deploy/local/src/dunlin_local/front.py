"""One port for all: an ASGI application that hands each path to the application it belongs to."""

from collections.abc import Mapping

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send


class Front:
    """Dispatches by the first part of the path, which the application behind it sees unchanged."""

    def __init__(self, by_prefix: Mapping[str, ASGIApp], otherwise: ASGIApp) -> None:
        self._by_prefix = dict(by_prefix)
        self._otherwise = otherwise

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _no_lifespan(receive, send)
            return
        if scope["type"] != "http":
            await PlainTextResponse("only HTTP is spoken here", status_code=400)(scope, receive, send)
            return
        first = scope["path"].split("/", 2)[1] if "/" in scope["path"] else ""
        await self._by_prefix.get(first, self._otherwise)(scope, receive, send)


async def _no_lifespan(receive: Receive, send: Send) -> None:
    """The launcher opens and closes the applications itself, in its own order."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
