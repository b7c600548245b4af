"""Kills processes at random, by a seed, and starts them again after a while, as an orchestrator would."""

import asyncio
from random import Random

from production_shape import Fleet


async def kill_at_random(fleet: Fleet, stop: asyncio.Event, dice: Random, *, pause: float) -> None:
    """One after the other, now and then two at once; all are up again when this returns."""
    while not stop.is_set():
        await _wait(stop, dice.uniform(0.3, 2) * pause)
        if stop.is_set():
            return
        victims = dice.sample(sorted(fleet.wanted), k=1 if dice.random() < 0.8 else 2)
        for victim in victims:
            fleet.kill(victim)
        await asyncio.sleep(dice.choice((0, 0, 0.3, 1.5)))
        for victim in victims:
            fleet.start(victim)
        if dice.random() < 0.7:
            await fleet.ready()


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
