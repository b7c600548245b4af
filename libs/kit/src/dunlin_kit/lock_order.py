"""The one order of locks: each service names what its transactions may wait for, and the last statement goes by it."""

from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Final

CHASSIS: Final = ("parked_event", "operation", "job", "idempotency_key")
"""What every service has, and changes after all that is its own."""


@cache
def order_of(source: str) -> tuple[str, ...]:
    """Of the service that writes as `/dunlin/<service>`; nothing where that has none."""
    return _said(source, "LOCK_ORDER")


@cache
def written_of(source: str) -> tuple[str, ...]:
    """Tables of which no statement locks rows, and whose rows are changed, in the order in which one statement does."""
    return (*_said(source, "WRITTEN"), *CHASSIS)


def _said(source: str, what: str) -> tuple[str, ...]:
    try:
        said: tuple[str, ...] = getattr(import_module(f"{source.rpartition('/')[2]}_svc.store.lock_order"), what)
    except ModuleNotFoundError:
        return ()
    return said


@cache
def turn_of(source: str) -> Callable[[str], tuple[int, str]]:
    """What sorts tables: those of the order by it, then those that are changed by theirs; and by name those that only
    take new rows."""
    places = {name: n for n, name in enumerate((*order_of(source), *written_of(source)))}
    return lambda table: (places.get(table, len(places)), table)
