"""Kills processes at random, by a seed, and the broker; starts them again after a while, as an orchestrator would."""

import asyncio
from random import Random

from office import Office, answers
from production_shape import Fleet

from dunlin_events.nodes_for_tests import Node

SERVED_MEANWHILE = 50


async def kill_at_random(fleet: Fleet, dice: Random, *, seconds: float, times: int) -> None:
    """For so long, and so often at least: one after the other, now and then two at once. All are up in the end."""
    ends = asyncio.get_running_loop().time() + seconds
    while asyncio.get_running_loop().time() < ends or times > 0:
        await asyncio.sleep(dice.uniform(0.2, 1.5))
        victims = dice.sample(sorted(fleet.wanted), k=1 if dice.random() < 0.8 else 2)
        times -= len(victims)
        for victim in victims:
            fleet.timeline.note(f"kill at random: {victim}")
            fleet.kill(victim)
        await asyncio.sleep(dice.choice((0, 0, 0.3, 1.5)))
        for victim in victims:
            fleet.start(victim)
        if dice.random() < 0.7:
            await fleet.ready()


async def kill_broker(fleet: Fleet, office: Office, broker: Node, seconds: float) -> None:
    """Start it again after so long, and when the office has been answered all the while."""
    fleet.timeline.note("kill -9 kafka")
    await asyncio.to_thread(broker.kill)
    async with asyncio.TaskGroup() as group:
        group.create_task(asyncio.sleep(seconds))
        group.create_task(answers(office, SERVED_MEANWHILE))
    await asyncio.to_thread(broker.start)
    fleet.timeline.note("start kafka")
