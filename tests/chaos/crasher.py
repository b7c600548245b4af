"""Ends each process at named points, before and after all that cannot be taken back, and starts it again."""

import asyncio
from collections.abc import Mapping, Sequence
from random import Random

from new_eras import NewEras
from office import Office
from patience import Patience
from production_shape import Fleet

from dunlin_events.crash_points import POINTS, STATUS, VARIABLE
from dunlin_events.topics import HEARERS
from dunlin_local.databases import SERVICES

COMMITS, RELAYS, ENDINGS, OFFSETS, SENDS = POINTS[:2], POINTS[2:10], POINTS[8:10], POINTS[10:12], POINTS[12:]
WRITTEN_TO, SENDERS = ("customer", "billing", "credit"), ("notify",)
"""Whose API is written to here, and whose worker sends something to the outside."""
SELDOM = {*SENDS, *(("billing-worker", point) for point in OFFSETS)}
"""What is passed now and then only: billing-svc hears of a customer once, and of each day."""
PATIENCE_ANSWERS = 5_000
"""So many requests are answered at most until a point is passed."""
Plan = Mapping[str, Sequence[str]]
"""At which points a process is to end, in their order."""


def _points_of_worker(service: str) -> tuple[str, ...]:
    """Every worker has a relay; one that hears somebody has commits and offsets too."""
    heard = (*COMMITS, *OFFSETS) if HEARERS.get(service) else ()
    return (*heard, *RELAYS, *(SENDS if service in SENDERS else ()))


APIS = {f"{service}-api": COMMITS for service in WRITTEN_TO}
WORKERS = {f"{service}-worker": _points_of_worker(service) for service in SERVICES}
"""Which points a process passes."""


def each_point_of_each(dice: Random, times: int) -> Plan:
    """Every point of every process, so many times."""
    return {name: [point for _ in range(times) for point in dice.sample(points, len(points))]
            for name, points in (APIS | WORKERS).items()}


def each_point_once(dice: Random) -> Plan:
    """Every point of an API and of a worker in one of them, dealt out so that none has many, and senders no others."""
    plan: dict[str, list[str]] = {name: [] for name in (APIS | WORKERS)}
    for parts in (APIS, WORKERS):
        for point in POINTS:
            passing = [name for name in dice.sample(sorted(parts), len(parts)) if point in parts[name]]
            if most := [name for name in passing if point in SENDS or not {*SENDS} & {*parts[name]}]:
                min((plan[name] for name in most), key=len).append(point)
    return {name: dice.sample(points, len(points)) for name, points in plan.items()}


async def crash_by(plan: Plan, fleet: Fleet, office: Office) -> None:
    """All processes at once, each point after the other; the office must be at work."""
    eras = NewEras(fleet)
    async with eras.accepted(), asyncio.TaskGroup() as group:
        for name, points in plan.items():
            group.create_task(_crash(eras, office, name, points))
    assert fleet.timeline.count("crashed") == sum(map(len, plan.values()))


async def _crash(eras: NewEras, office: Office, name: str, points: Sequence[str]) -> None:
    """Start this process again and again, each time to end at the next of these points; at last for good."""
    fleet = eras.fleet
    part, dice = fleet.parts[name], Random(f"{fleet.timeline.seed} {name}")
    if points:
        fleet.kill(name)
    for point in points:
        at = f"{point}:{dice.randrange(1, 3 if {point, (name, point)} & SELDOM else 12)}"
        if point in ENDINGS:  # passed once in each era
            at = point
            await eras.begin(name.removesuffix("-worker"))
        fleet.start(name, **{VARIABLE: at})
        fleet.wanted.discard(name)
        answered, patience = office.client.answered, Patience(lambda: office.client.answered)
        while part.runs and patience.lasts() and office.client.answered < answered + PATIENCE_ANSWERS:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        assert part.status == STATUS, f"{name} ended with {part.status}, not at {at}"
        fleet.timeline.note(f"crashed {name} {point}")
    if points:
        fleet.start(name)
