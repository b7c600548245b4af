"""`./dunlin test`: the whole test-suite, on three workers, with pytest's own arguments passed on."""

import os
import sys

from dunlin_local.places import CHECKOUT

PARALLEL = ["-n", "3", "--dist", "loadfile", "--no-loadscope-reorder"]
"""Three on two cores: journeys wait for their clocks. They come first, so that none is left alone at the end."""


def run(given: list[str]) -> int:
    """Become pytest, so that its last lines are the last lines."""
    chosen = any(word.startswith(("-n", "--numprocesses", "--dist", "-p no:xdist", "--pdb")) for word in given)
    os.chdir(CHECKOUT)
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "pytest", *([] if chosen else PARALLEL), *given])  # noqa: S606
