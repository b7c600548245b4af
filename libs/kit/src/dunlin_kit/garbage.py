"""Garbage: none is looked for while a process starts, and what it then has stays and is looked through no more.

Python's collector walks all objects there are when it looks for cycles in the oldest of them: the modules and models of
a service are 190,000, and every request in the process waits for that walk.
"""

import gc

_MAY_COME = (20_000, 20, 20)


def starting() -> None:
    """Before the modules are loaded."""
    gc.disable()


def started() -> None:
    """When requests and events are going to come.

    A long list of facts makes many objects and hardly a cycle: more may come before anything is looked through.
    """
    gc.freeze()
    gc.set_threshold(*_MAY_COME)
    gc.enable()
