"""`./dunlin test`: the whole test-suite, on two workers, with pytest's own arguments passed on."""

import os
import sys

from dunlin_local.places import CHECKOUT

PARALLEL = ["-n", "2", "--dist", "loadfile"]


def run(given: list[str]) -> int:
    """Become pytest, so that its last lines are the last lines."""
    chosen = any(word.startswith(("-n", "--numprocesses", "--dist", "-p no:xdist", "--pdb")) for word in given)
    os.chdir(CHECKOUT)
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "pytest", *([] if chosen else PARALLEL), *given])  # noqa: S606
