"""What payments taught is built again from billing's log: alike, and put right where it was spoilt."""

import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg

from credit_svc.consumers.billing import billing
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

NOW = datetime(2026, 3, 1, 2, tzinfo=UTC)
PROJECTION = projections_of("credit_svc")["exposures"]
SPOILT = (
    "UPDATE payment_record SET days = days + 1", "DELETE FROM learnt_payment",
    "UPDATE billed_invoice SET due_days = 99", "DELETE FROM conduct_mark")


async def heard(books: Any) -> MemoryBus:
    """Every example of every fact that billing tells, over a bus."""
    bus, stream, now = MemoryBus(), stream_of(books.tenant, books.customer), SystemClock().now()
    facts = [FACTS[wire_type].model_validate(dict(example) | {"customer_id": books.customer})
             for wire_type in sorted(billing.folds, reverse=True) for example in FACTS[wire_type].examples]
    await bus.publisher().publish(topic_of("billing"), [
        Record(stream, Envelope(
            new_id(), fact.wire_type(), "/dunlin/billing", stream, 1, at, now, now, "c").headers(),
            fact.model_dump_json().encode()) for at, fact in enumerate(facts, 1)])
    reader = bus.reader("credit", [topic_of("billing")], "one")
    await deliver_all(Consumer(reader, [billing], books.service.database.transact, name="credit"))
    return bus


@contextlib.asynccontextmanager
async def alone(postgres: str, folder: Path, books: Any) -> AsyncIterator[tuple[Any, Rebuild]]:
    """Books in a database of their own: a rebuild waits for every stream in it."""
    async with running(postgres, "credit", folder) as service:
        own = type(books)(service, await service.tenant(at=NOW), new_id())
        bus, urls = await heard(own), service.urls
        shadow = seeing_only(Database(urls.app, source="/dunlin/credit", pool_size=2), PROJECTION.schema)
        yield own, Rebuild(PROJECTION, bus, urls.owner, Transacting(shadow.transact, service.database.transact))
        await shadow.close()


async def test_conduct_is_built_again(postgres: str, tmp_path: Path, books: Any) -> None:
    async with alone(postgres, tmp_path, books) as (own, rebuild):
        await built_again(own, rebuild)


async def built_again(books: Any, rebuild: Rebuild) -> None:
    told = await books.told()
    await rebuild.start()
    try:
        assert await rebuild.follow() > 0
        assert (await rebuild.compare()).is_equal
        owner = await asyncpg.connect(books.service.urls.owner)
        try:
            for statement in SPOILT:
                spoilt = await owner.execute(f"{statement} WHERE tenant_id = $1", books.tenant)
                assert int(spoilt.split()[-1]) > 0
        finally:
            await owner.close()
        assert not (await rebuild.compare()).is_equal
        await rebuild.switch()
        assert (await rebuild.compare()).is_equal
        assert await books.told() == told, "a replay tells nothing"
    finally:
        await rebuild.drop()
