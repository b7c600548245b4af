"""Whether a task that meets a cancellation was told to end: a client that cancels within itself passes that on too."""

import asyncio


def is_told_to_end() -> bool:
    """Whether this task was cancelled by somebody."""
    task = asyncio.current_task()
    return task is None or task.cancelling() > 0
