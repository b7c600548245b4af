"""`./dunlin bench`: the benchmarks under bench/, never part of the tests."""

import os
import sys

from dunlin_local.places import CHECKOUT
from dunlin_local.terminal import give_up


def run(given: list[str]) -> int:
    """Become bench/run.py."""
    script = CHECKOUT / "bench" / "run.py"
    if not script.exists():
        give_up(f"There are no benchmarks: {script} is missing.")
    os.chdir(CHECKOUT)
    os.execv(sys.executable, [sys.executable, str(script), *given])  # noqa: S606
