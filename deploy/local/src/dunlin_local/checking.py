"""`./dunlin check`: what is looked at without running the system, each check named and timed."""

import argparse
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from dunlin_local.places import CHECKOUT
from dunlin_local.terminal import progress

BIN = Path(sys.executable).parent
SOURCES = ("libs/*/src", "services/*/src", "deploy/local/src", "conftest.py", "bench")
TESTS = ("libs/*/tests", "services/*/tests", "deploy/local/tests", "tests/*", "docs/examples")


def checks() -> dict[str, list[str]]:
    """Each check's name and command. Tests are typed folder by folder: names such as conftest are in many of them."""
    mypy = str(BIN / "mypy")
    typed = {"types of the sources (mypy)": [mypy, *_with_code(SOURCES)]}
    typed |= {f"types of {folder} (mypy)": [mypy, folder] for folder in _with_code(TESTS)}
    return {
        "style (ruff)": [str(BIN / "ruff"), "check", "."],
        **typed,
        "import contracts (lint-imports)": [str(BIN / "lint-imports")],
        "event documents": [sys.executable, "-m", "dunlin_events.catalogue", "--check"],
        "OpenAPI documents": [sys.executable, "-m", "dunlin_local", "documents", "--check"],
    }


def _with_code(patterns: Sequence[str]) -> list[str]:
    found = [path for pattern in patterns for path in sorted(CHECKOUT.glob(pattern))]
    return [str(path.relative_to(CHECKOUT)) for path in found if path.is_file() or any(path.rglob("*.py"))]


def run(_: argparse.Namespace) -> int:
    """Run all, also after one failed; 1 where any did."""
    failed = 0
    for name, command in checks().items():
        began = time.monotonic()
        done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)  # noqa: S603
        took = f"{time.monotonic() - began:.1f} s"
        if done.returncode == 0:
            progress.print(f"[green]ok[/green]  {name}, {took}")
        else:
            failed += 1
            progress.print(f"[red]no[/red]  {name}, {took}")
            progress.print(done.stdout + done.stderr, markup=False, soft_wrap=True)
    return 1 if failed else 0
