"""What the archive has heard, built again from the logs of those who told it: alike, and put right where spoilt."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from dunlin_events.consuming import Consumer
from dunlin_events.contracts.base import FACTS
from dunlin_events.envelope import Envelope, Record, stream_of
from dunlin_events.memory_bus import MemoryBus
from dunlin_events.rebuilding import Rebuild, Transacting
from dunlin_events.testing import deliver_all
from dunlin_events.topics import topic_of
from dunlin_kernel.clock import SystemClock
from dunlin_kernel.ids import new_id
from dunlin_kit.database import Database
from dunlin_kit.rebuilds import projections_of, seeing_only
from dunlin_kit.testing import running

PROJECTIONS = projections_of("customer_svc")
SPOILT = {
    "ledgers": "UPDATE heard_account SET open = open + 1", "credits": "UPDATE heard_hold SET rule = 'X'",
    "talks": "DELETE FROM heard_promise"}


async def heard(archive: Any, customer: UUID, name: str) -> MemoryBus:
    """Every example of every fact that the projection hears, over a bus."""
    subscription = PROJECTIONS[name].subscription
    bus, stream, now = MemoryBus(), stream_of(archive.tenant, customer), SystemClock().now()
    facts = [FACTS[wire_type].model_validate(dict(example) | {"customer_id": customer})
             for wire_type in sorted(subscription.folds) for example in FACTS[wire_type].examples]
    await bus.publisher().publish(topic_of(subscription.owner), [
        Record(stream, Envelope(
            new_id(), fact.wire_type(), f"/dunlin/{subscription.owner}", stream, 1, at, now, now, "c").headers(),
            fact.model_dump_json().encode()) for at, fact in enumerate(facts, 1)])
    reader = bus.reader("customer", [topic_of(subscription.owner)], "one")
    await deliver_all(Consumer(reader, [subscription], archive.running.database.transact, name="customer"))
    return bus


@pytest.fixture
async def alone(postgres: str, tmp_path: Path, archive: Any) -> AsyncIterator[Any]:
    """An archive on a database of its own: all that stands in it was heard over the bus."""
    async with running(postgres, "customer", tmp_path) as service:
        yield type(archive)(service, await service.tenant())


@pytest.mark.parametrize("name", sorted(PROJECTIONS))
async def test_what_was_heard_is_built_again(alone: Any, name: str) -> None:
    customer = UUID((await alone.register())["id"])
    bus = await heard(alone, customer, name)
    told, projection, urls = await alone.facts(), PROJECTIONS[name], alone.running.urls
    shadow = seeing_only(Database(urls.app, source="/dunlin/customer", pool_size=2), projection.schema)
    rebuild = Rebuild(projection, bus, urls.owner, Transacting(shadow.transact, alone.running.database.transact))
    await rebuild.start()
    try:
        assert await rebuild.follow() > 0
        assert (await rebuild.compare()).is_equal
        assert await alone.facts() == told, "a replay tells nothing"
        owner = await asyncpg.connect(urls.owner)
        try:
            spoilt = await owner.execute(f"{SPOILT[name]} WHERE tenant_id = $1", alone.tenant)
        finally:
            await owner.close()
        assert not (await rebuild.compare()).is_equal
        assert sum((await rebuild.switch()).values()) == int(spoilt.split()[-1]) > 0
        assert (await rebuild.compare()).is_equal
    finally:
        await rebuild.drop()
        await shadow.close()
