"""A service that joins late: its own worker's consumers on an empty database, each as a new group on the same bus."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

import asyncpg
from dunlin_running import HEARS, Dunlin
from patience import Patience
from pydantic import SecretStr

from dunlin_events.memory_bus import MemoryBus
from dunlin_events.projection import Copied, Projection
from dunlin_events.topics import Bus, Publisher, Reader, Tail
from dunlin_kit.process import Worker, bus_of
from dunlin_kit.settings import ServiceSettings
from dunlin_kit.testing import DatabaseUrls, migrated
from dunlin_local.databases import SERVICES
from dunlin_local.node_settings import Surroundings, settings_of

LATE = tuple(service for service in SERVICES if HEARS[service])
STANDSTILL_SECONDS = 90
"""Shorter than a test may take, so that what differs is told."""
PARKED = "SELECT owner, stream, mark, reason, detail FROM parked_event WHERE skipped_at IS NULL ORDER BY 1, 2, 3"
MARKS = "SELECT owner, stream, era, sequence, event_id FROM watermark WHERE sequence > 0 ORDER BY 1, 2"

Kept = Mapping[str, Mapping[str, list[Any]]]
"""Rows by copy and table."""


class Aside:
    """The same bus, heard in groups of its own; what is put on it goes nowhere."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    def publisher(self) -> Publisher:
        return MemoryBus().publisher()

    def reader(self, group: str, topics: Sequence[str], member: str) -> Reader:
        return self._bus.reader(f"{group}-late", topics, member)

    async def ensure_topics(self) -> None:
        await self._bus.ensure_topics()

    async def tail(self, topic: str, most: int) -> Tail:
        return await self._bus.tail(topic, most)


@contextlib.asynccontextmanager
async def joined_late(service: str, settings: ServiceSettings, urls: DatabaseUrls) -> AsyncIterator[None]:
    """Its consumers hear as its worker would, from the first event on; its relay and its jobs rest."""
    own = {"database_url": SecretStr(urls.app), "ops_database_url": SecretStr(urls.ops)}
    worker: Worker = import_module(f"{service}_svc.worker").create_worker(
        settings.model_copy(update=own), bus=Aside(bus_of(settings)))
    stop = asyncio.Event()
    hearing = [asyncio.create_task(consumer.run(stop)) for consumer in worker.consumers]
    try:
        yield
        for ended in hearing:
            if ended.done():
                ended.result()
    finally:
        stop.set()
        await asyncio.gather(*hearing, return_exceptions=True)
        await worker.app.close()
        await worker.ops.close()


async def all_end_alike(postgres: str, system: Dunlin) -> None:
    """Of all that was lived so far: each service that hears others, on an empty database and as new groups."""
    over = asyncio.Event()
    over.set()
    kept = await asyncio.gather(*(ends_alike(postgres, system, service, over) for service in LATE))
    assert all(sum(copies.values()) for copies in kept)


async def ends_alike(postgres: str, system: Dunlin, service: str, ended: asyncio.Event) -> dict[str, int]:
    """The service joins late and, once the work has `ended`, comes to keep of the others what the early one keeps.

    Returns how many rows each copy has.
    """
    settings, early = settings_of_all(system)[service], past_rights(postgres, system.databases.url(service, "owner"))
    async with migrated(postgres, service) as urls, joined_late(service, settings, urls):
        late = past_rights(postgres, urls.owner)
        marks = await marks_of(late)
        patience = Patience(lambda: marks, seconds=STANDSTILL_SECONDS)
        while not ended.is_set() or (marks, await kept_in(late, service)) != (
                await marks_of(early), await kept_in(early, service)):
            if ended.is_set() and not patience.lasts():
                assert marks == await marks_of(early), f"{service} stands still: {await parked_in(late)}"
                different = _different(await kept_in(late, service), await kept_in(early, service))
                assert not different, f"{service}, late and early: {different}"
            await asyncio.sleep(0.1)
            marks = await marks_of(late)
        return {name: sum(map(len, tables.values())) for name, tables in (await kept_in(late, service)).items()}


def settings_of_all(system: Dunlin) -> dict[str, ServiceSettings]:
    around = Surroundings(system.databases, system.issuer, system.issuer_folder, system.url, "recorder:")
    return {service: settings_of(service, around) for service in SERVICES}


async def marks_of(url: str) -> list[Any]:
    """How far each stream was heard."""
    return await _rows(url, MARKS)


async def parked_in(url: str) -> list[Any]:
    """What waits, and why."""
    return await _rows(url, PARKED)


async def _rows(url: str, statement: str) -> list[Any]:
    connection = await asyncpg.connect(url)
    try:
        return list(map(tuple, await connection.fetch(statement)))
    finally:
        await connection.close()


def _different(late: Kept, early: Kept) -> dict[str, tuple[list[Any], list[Any]]]:
    """The rows that only one of them has, by table."""
    both = {table: (rows, early[copy][table]) for copy, tables in late.items() for table, rows in tables.items()}
    found = {table: ([row for row in one if row not in other], [row for row in other if row not in one])
             for table, (one, other) in both.items()}
    return {table: rows for table, rows in found.items() if any(rows)}


async def kept_in(url: str, service: str) -> Kept:
    """Every row of every table of every copy: the key, and what the log tells."""
    connection = await asyncpg.connect(url)
    try:
        return {one.name: {copied.name: list(map(tuple, await connection.fetch(_rows_of(copied))))
                           for copied in one.tables} for one in projections_of(service)}
    finally:
        await connection.close()


def projections_of(service: str) -> tuple[Projection, ...]:
    """The copies that the service keeps of what others tell."""
    found: tuple[Projection, ...] = import_module(f"{service}_svc.consumers.projections").PROJECTIONS
    return found


def _rows_of(copied: Copied) -> str:
    key, told = (", ".join(f'"{name}"' for name in names) for names in (copied.key, (*copied.key, *copied.told)))
    known = f'WHERE "{copied.known}"' if copied.known else ""
    return f'SELECT {told} FROM "{copied.name}" {known} ORDER BY {key}'


def past_rights(postgres: str, url: str) -> str:
    """The same database for a login that row-level security does not bind."""
    return urlsplit(postgres)._replace(path=urlsplit(url).path).geturl()
