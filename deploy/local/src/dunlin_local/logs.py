"""The logs in `.dunlin`: each is turned over before it fills the disk, and the last few are kept."""

import logging
from logging.handlers import RotatingFileHandler
from pathlib import Path

LARGEST_BYTES = 20_000_000
KEPT = 3


def log_to(path: Path) -> None:
    """What would go to the terminal goes there from now on, in the same form."""
    root = logging.getLogger()
    for handler in root.handlers[:]:
        if type(handler) is logging.StreamHandler:
            turning = RotatingFileHandler(path, maxBytes=LARGEST_BYTES, backupCount=KEPT, encoding="utf-8")
            turning.setFormatter(handler.formatter)
            root.removeHandler(handler)
            root.addHandler(turning)


def turn_over(path: Path) -> None:
    """Before somebody else writes to it: put a log aside that has grown too large, in the place of the last one."""
    if path.exists() and path.stat().st_size > LARGEST_BYTES:
        path.replace(path.with_name(f"{path.name}.1"))
