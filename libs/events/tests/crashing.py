"""Processes that end at a crash point: forked from one that has imported what they need, so each takes no time."""

import asyncio
import os
from collections.abc import Sequence
from importlib import import_module
from multiprocessing import get_context

from dunlin_events.crash_points import RARE, STATUS, VARIABLE, arm

FORKS = get_context("forkserver")
FORKS.set_forkserver_preload(["dunlin_events.operating", "dunlin_events.rebuilding", "dunlin_kit.rebuilds"])


async def crashed(point: str, script: str, *arguments: str) -> None:
    """Run the script until it ends at the point."""
    assert point in RARE
    process = FORKS.Process(target=run, args=(point, script, arguments))
    process.start()
    await asyncio.to_thread(process.join)
    assert process.exitcode == STATUS


def run(point: str, script: str, arguments: Sequence[str]) -> None:
    """In the process that is to end."""
    os.environ[VARIABLE] = point
    arm()
    asyncio.run(import_module(script).main(*arguments))
