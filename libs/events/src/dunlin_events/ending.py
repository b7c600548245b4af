"""What a part does that is to run until it is told to end: rest meanwhile, and know that order from another."""

import asyncio
import contextlib


async def rest(told: asyncio.Event, seconds: float) -> None:
    """Return after so long, or as soon as the event is set."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(told.wait(), seconds)


def is_told_to_end() -> bool:
    """Whether this task was cancelled by somebody: a client that cancels within itself passes that on as well."""
    task = asyncio.current_task()
    return task is None or task.cancelling() > 0
