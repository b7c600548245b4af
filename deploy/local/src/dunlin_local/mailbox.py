"""A mail server that keeps what it is given in a folder, one .eml file a message: nothing leaves this machine."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP

from dunlin_kernel.ids import new_id
from dunlin_local.ports import HOST


class Keeper:
    """The handler of one server: stores each message whole, then says so."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - the library's name
        name = new_id()
        making = self._folder / f".{name}"
        making.write_bytes(envelope.original_content)
        making.rename(self._folder / f"{name}.eml")
        return f"250 2.0.0 kept as {name}"


@contextlib.asynccontextmanager
async def kept_mail(folder: Path, handler: Callable[[Path], Keeper] = Keeper) -> AsyncIterator[str]:
    """Serve SMTP on a free port of this machine while in use; gives its URL, smtp://127.0.0.1:port."""
    keeper = handler(folder)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(keeper, hostname="dunlin.local", loop=loop, enable_SMTPUTF8=True), HOST, 0
    )
    try:
        yield f"smtp://{HOST}:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        await server.wait_closed()
