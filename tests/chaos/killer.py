"""Kills processes at random, by a seed, and starts them again after a while, as an orchestrator would."""

import asyncio
from random import Random

from production_shape import Fleet


async def kill_at_random(fleet: Fleet, dice: Random, *, seconds: float, times: int) -> None:
    """For so long, and so often at least: one after the other, now and then two at once. All are up in the end."""
    ends = asyncio.get_running_loop().time() + seconds
    while asyncio.get_running_loop().time() < ends or fleet.timeline.count("kill -9") < times:
        await asyncio.sleep(dice.uniform(0.2, 1.5))
        victims = dice.sample(sorted(fleet.wanted), k=1 if dice.random() < 0.8 else 2)
        for victim in victims:
            fleet.kill(victim)
        await asyncio.sleep(dice.choice((0, 0, 0.3, 1.5)))
        for victim in victims:
            fleet.start(victim)
        if dice.random() < 0.7:
            await fleet.ready()
