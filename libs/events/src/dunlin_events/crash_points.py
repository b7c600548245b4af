"""Named places before and after everything that cannot be taken back, at which a test may end the process."""

import os
from typing import Final

VARIABLE: Final = "DUNLIN_CRASH_AT"
"""Set by tests only: `after_commit:3` ends the process when it passes that place for the third time."""
STATUS: Final = 70
POINTS: Final = (
    "before_commit", "after_commit",
    "before_publish", "after_publish",
    "before_opening", "after_opening",
    "before_mark", "after_mark",
    "before_ending", "after_ending",
    "before_offsets", "after_offsets",
    "before_send", "after_send",
)
"""What is passed under load: a transaction; a page to the bus; the relay's window, its mark, an era's end; a reader's
offsets; a message out."""
RARE: Final = (
    "before_leading", "after_leading",
    "before_refusal", "after_refusal",
    "before_rebase", "after_rebase",
    "before_decision", "after_decision",
    "before_letters", "after_letters",
    "before_healing", "after_healing",
    "before_dropping", "after_dropping",
)
"""What is passed seldom: a relay's new epoch; its standing still for good; the operator's rebase, and what he decides
of a stream that is held; a copy to the dead letters; the rows that a rebuild puts right, and its shadow's end."""

_point, _left = "", 0


def arm() -> None:
    """Read the variable, as it is done when a process begins."""
    global _point, _left
    _point, _, times = os.environ.get(VARIABLE, "").partition(":")
    assert _point in ("", *POINTS, *RARE), f"{VARIABLE}: {_point} is none of {', '.join(POINTS + RARE)}"
    _left = int(times or 1)


def passing(at: str) -> None:
    """Called at each place with its name; without the variable it does nothing."""
    global _left
    if at == _point:
        _left -= 1
        if _left == 0:
            os._exit(STATUS)


arm()
