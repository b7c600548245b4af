"""`./dunlin check`: what is looked at without running the system, each check named and timed."""

import argparse
import subprocess
import sys
import time
from pathlib import Path

from dunlin_local.places import CHECKOUT
from dunlin_local.terminal import progress

BIN = Path(sys.executable).parent
TYPED = ("libs", "services", "deploy/local", "tests", "bench", "conftest.py")


def checks() -> dict[str, list[str]]:
    """Each check's name and command."""
    typed = [part for part in TYPED if (CHECKOUT / part).is_file() or any((CHECKOUT / part).rglob("*.py"))]
    return {
        "style (ruff)": [str(BIN / "ruff"), "check", "."],
        "types (mypy)": [str(BIN / "mypy"), *typed],
        "import contracts (lint-imports)": [str(BIN / "lint-imports")],
        "event documents": [sys.executable, "-m", "dunlin_events.catalogue", "--check"],
        "OpenAPI documents": [sys.executable, "-m", "dunlin_local", "documents", "--check"],
    }


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
