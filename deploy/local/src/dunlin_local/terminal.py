"""What the launcher says to the person at the terminal: progress on standard error, results on standard output."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from rich.console import Console

progress = Console(stderr=True, highlight=False)


@contextmanager
def step(doing: str) -> Iterator[None]:
    """Show what is being done while it is done, and leave a line when it is."""
    with progress.status(f"{doing} ..."):
        yield
    progress.print(f"[green]ok[/green]  {doing}")


def note(sentence: str) -> None:
    """Say one thing on the way, above whatever progress is shown."""
    progress.print(sentence, markup=False, soft_wrap=True)


def give_up(sentence: str, *, status: int = 1) -> NoReturn:
    """End with one sentence that says what is wrong."""
    progress.print(f"[red]no[/red]  {sentence}", soft_wrap=True)
    sys.exit(status)
