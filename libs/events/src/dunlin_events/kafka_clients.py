"""Letting go of a client of Kafka, in bounded time and whatever it does."""

import asyncio
from typing import Any, Final

STOP_S: Final = 5.0


async def let_go(client: Any) -> None:
    """Stop it; what a producer still holds is sent again by its successor. Raises nothing of the client's.

    It is stopped in a task of its own: while its broker is away a consumer cancels its fetches, waits for them, and so
    is cancelled itself, which is no order to whoever lets it go. Its connections are closed all the same.
    """
    if not await _ended(client.stop()) and (connections := getattr(client, "_client", None)) is not None:
        await _ended(connections.close())


async def _ended(work: Any) -> bool:
    """Whether it came to its end in time."""
    task = asyncio.ensure_future(work)
    await asyncio.wait({task}, timeout=STOP_S)
    if not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=STOP_S)
    return task.done() and not task.cancelled() and task.exception() is None
