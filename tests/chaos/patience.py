"""Patience that lasts while something moves: a machine that is slow is no fault, one that stands still is."""

import time
from collections.abc import Callable

STANDSTILL_SECONDS = 400
"""Longer than a job, or anything else, waits between two tries."""


class Patience:
    """`lasts` until what `moved` returns has been the same for too long."""

    def __init__(self, moved: Callable[[], object], *, seconds: float = STANDSTILL_SECONDS) -> None:
        self._moved, self._seconds = moved, seconds
        self._seen, self._since = moved(), time.monotonic()

    def lasts(self) -> bool:
        now, seen = time.monotonic(), self._moved()
        if seen != self._seen:
            self._seen, self._since = seen, now
        return now - self._since < self._seconds
