"""The one order of locks: each service names what its transactions may wait for, and the last statement goes by it."""

from collections.abc import Callable
from functools import cache
from importlib import import_module


@cache
def order_of(source: str) -> tuple[str, ...]:
    """Of the service that writes as `/dunlin/<service>`; nothing where that has none."""
    try:
        order: tuple[str, ...] = import_module(f"{source.rpartition('/')[2]}_svc.store.lock_order").LOCK_ORDER
    except ModuleNotFoundError:
        return ()
    return order


@cache
def turn_of(source: str) -> Callable[[str], tuple[int, str]]:
    """What sorts tables: those that have a place in the order by it, then all others by name."""
    places = {name: n for n, name in enumerate(order_of(source))}
    return lambda table: (places.get(table, len(places)), table)
