"""`python -m <svc> rebuild <projection> start | compare | switch | drop`: a copy built again from the log.

A service declares what can be rebuilt in `<svc>.consumers.projections`, as `PROJECTIONS`.
"""

import argparse
from collections.abc import Awaitable, Callable, Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from sqlalchemy import event

from dunlin_events.consuming import TooManyParked
from dunlin_events.projection import Projection
from dunlin_events.rebuilding import Rebuild, Stuck, Transacting
from dunlin_events.topics import Bus
from dunlin_kernel.errors import DomainError
from dunlin_kit.database import Database
from dunlin_kit.settings import ServiceSettings

STEPS = ("start", "compare", "switch", "drop")
SHOWN = 50


def add_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]", package: str) -> None:
    """Add `rebuild` where the service has projections."""
    known = sorted(projections_of(package))
    if known:
        rebuild = commands.add_parser("rebuild", help="build a copy again from the log, while traffic runs")
        rebuild.add_argument("projection", choices=known)
        rebuild.add_argument("step", choices=STEPS)


def projections_of(package: str) -> Mapping[str, Projection]:
    """What the service declares, by name."""
    if find_spec(f"{package}.consumers") is None or find_spec(f"{package}.consumers.projections") is None:
        return {}
    declared: tuple[Projection, ...] = import_module(f"{package}.consumers.projections").PROJECTIONS
    return {one.name: one for one in declared}


def seeing_only(database: Database, schema: str) -> Database:
    """The same pool, before its first use, with sessions in which no name stands for a table of another schema."""

    @event.listens_for(database.engine.sync_engine, "connect")
    def look_there(connection: Any, _: Any) -> None:
        connection.run_async(lambda driver: driver.execute(f'SET search_path TO "{schema}"'))

    return database


async def run(service: str, settings: ServiceSettings, bus: Bus, arguments: argparse.Namespace) -> int:
    """Do one step and say what came of it. Returns 0, or 1 where something differs or was refused."""
    projection = projections_of(f"{service}_svc")[arguments.projection]
    assert settings.owner_database_url is not None, "DUNLIN_OWNER_DATABASE_URL is needed to rebuild"
    url, source = settings.database_url.get_secret_value(), f"/dunlin/{service}"
    shadow = seeing_only(Database(url, source=source, pool_size=2), projection.schema)
    real = Database(url, source=source, pool_size=2)
    rebuild = Rebuild(
        projection, bus, settings.owner_database_url.get_secret_value(), Transacting(shadow.transact, real.transact))
    steps: dict[str, Callable[[Rebuild], Awaitable[int]]] = {
        "start": _start, "compare": _compare, "switch": _switch, "drop": _drop}
    try:
        return await steps[arguments.step](rebuild)
    except (DomainError, Stuck, TooManyParked) as refused:
        print(f"Refused: {refused}")
        return 1
    finally:
        await shadow.close()
        await real.close()


async def _start(rebuild: Rebuild) -> int:
    try:
        made = await rebuild.start()
        print(f"Building in schema {made.schema}, as group {made.group}.")
    except DomainError as there:
        if there.code != "rebuild_exists":
            raise
        print("It was begun before, and goes on.")
    print(f"The copy is made of {await rebuild.follow()} events and stands where the original stood. Now: compare.")
    return 0


async def _compare(rebuild: Rebuild) -> int:
    found = await rebuild.compare()
    tables = {copied.name: copied for copied in rebuild.projection.tables}
    for one in found.differences[:SHOWN]:
        print(one.told(tables[one.table]))
    for stream, agreed in list(found.rewinds.items())[:SHOWN]:
        print(f"{stream} goes back to {agreed}, up to where the new era is the same")
    for stream in sorted(found.moving)[:SHOWN]:
        print(f"{stream} could not be compared: one of the two stands still")
    print(f"{len(found.differences)} rows differ, {len(found.rewinds)} streams go back, "
          f"{len(found.moving)} could not be compared.")
    return 0 if found.is_equal else 1


async def _switch(rebuild: Rebuild) -> int:
    for table, rows in (await rebuild.switch()).items():
        print(f"{table}: {rows} rows put right")
    return 0


async def _drop(rebuild: Rebuild) -> int:
    await rebuild.drop()
    print("Dropped.")
    return 0
