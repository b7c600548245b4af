"""Named places before and after everything that cannot be taken back, at which a test may end the process."""

import os
from collections.abc import Callable
from typing import Final

VARIABLE: Final = "DUNLIN_CRASH_AT"
"""Set by tests only: `after_commit:3` ends the process when it passes that place for the third time."""
STATUS: Final = 70
POINTS: Final = (
    "before_commit", "after_commit",
    "before_publish", "after_publish",
    "before_mark", "after_mark",
    "before_offsets", "after_offsets",
    "before_send", "after_send",
)
"""A database transaction; a page to the bus; the relay's mark; a reader's offsets; a message to the outside."""


def _nowhere(_: str) -> None:
    """No place is named: go on."""


def _crashing_at(wanted: str) -> Callable[[str], None]:
    point, _, times = wanted.partition(":")
    assert point in POINTS, f"{VARIABLE}: {point} is none of {', '.join(POINTS)}"
    left = int(times or 1)

    def passing(at: str) -> None:
        nonlocal left
        if at == point:
            left -= 1
            if left == 0:
                os._exit(STATUS)

    return passing


passing: Final[Callable[[str], None]] = _crashing_at(wanted) if (wanted := os.environ.get(VARIABLE)) else _nowhere
"""Called at each place with its name; without the variable it does nothing."""
