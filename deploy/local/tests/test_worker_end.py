"""A worker's end: whichever of its parts breaks, all others end too, and it says why."""

import asyncio
from typing import Any

import pytest

from customer_svc.worker import create_worker
from dunlin_events.memory_bus import MemoryBus
from dunlin_kit import schema_watch
from dunlin_local.node_settings import nowhere

IN_ANY = ("bus.ensure_topics", "relay.run", "eras._look", "_watch.run", "_purge")
IN_AN_ERA = ("runner.run", "consumers.0.run")


@pytest.mark.parametrize(("part", "era"), [
    *((part, era) for part in IN_ANY for era in (0, 1)), *((part, 1) for part in IN_AN_ERA)])
async def test_a_part_that_breaks_ends_the_worker(part: str, era: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """In an era, and before the first one, when others wait for it."""

    async def migrated(*_: Any) -> None:
        """The database is away, and stays so."""

    async def broken(*_: Any) -> None:
        await asyncio.sleep(0)
        raise LookupError(part)

    monkeypatch.setattr(schema_watch, "until_migrated", migrated)
    worker = create_worker(nowhere("customer"), bus=MemoryBus()).watching((), first_after=0)
    worker.eras.now = era
    holder: Any = worker
    *way, last = part.split(".")
    for name in way:
        holder = holder[int(name)] if name.isdigit() else getattr(holder, name)
    monkeypatch.setattr(holder, last, broken)
    async with asyncio.timeout(60):
        with pytest.raises(LookupError, match=part):
            await worker.run(asyncio.Event())
