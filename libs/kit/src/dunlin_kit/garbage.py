"""Garbage: none is looked for while a process starts, and what it then has stays and is looked through no more.

Python's collector walks all objects there are when it looks for cycles in the oldest of them: the modules and models of
a service are 190,000, and every request in the process waits for that walk.
"""

import gc


def starting() -> None:
    """Before the modules are loaded."""
    gc.disable()


def started() -> None:
    """When requests and events are going to come."""
    gc.freeze()
    gc.enable()
