"""A database that was restored or copied: facts are told in it, a relay sends them, its era is asked."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from uuid import UUID

import asyncpg
from sqlalchemy.dialects.postgresql.asyncpg import dialect

from dunlin_events.contracts.customer import CustomerContactsChanged
from dunlin_events.envelope import Envelope
from dunlin_events.outbox import APPEND, Trace, bind, pending
from dunlin_events.own_log import tail_of
from dunlin_events.relay import Relay
from dunlin_events.relay_state import era_of
from dunlin_events.topics import Bus, owner_of

COMPILED = APPEND.compile(dialect=dialect())  # type: ignore[no-untyped-call]
AT = datetime(2026, 3, 4, tzinfo=UTC)


async def tell(dsn: str, topic: str, tenant: UUID, *customers: UUID) -> None:
    """One fact of each."""
    facts = [CustomerContactsChanged(customer_id=one, contacts=1, purposes=[]) for one in customers]
    values = bind([
        pending(fact, tenant=tenant, now=AT, recorded_at=AT, trace=Trace("c"), source=f"/dunlin/{owner_of(topic)}")
        for fact in facts
    ])  # fmt: skip
    connection = await asyncpg.connect(dsn)
    try:
        await connection.fetch(COMPILED.string, *(values[name] for name in COMPILED.positiontup or ()))
    finally:
        await connection.close()


@contextlib.asynccontextmanager
async def relaying(dsn: str, bus: Bus, topic: str) -> AsyncIterator[Relay]:
    """A relay that looks at the log, as a worker's does."""
    relay, stop = Relay(dsn, bus.publisher(), topic=topic).comparing_with(tail_of(bus, topic)), asyncio.Event()
    running = asyncio.create_task(relay.run(stop))
    try:
        yield relay
    finally:
        stop.set()
        await asyncio.wait_for(running, 60)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not holds():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def era(dsn: str) -> int | None:
    """In which it tells; None while it stands."""
    connection = await asyncpg.connect(dsn)
    try:
        return await era_of(connection)
    finally:
        await connection.close()


async def on_the_log(bus: Bus, topic: str) -> list[tuple[int, UUID, int]]:
    """Era, customer and sequence of all there is of few facts, each customer's in order."""
    found = [Envelope.of(record) for record in (await bus.tail(topic, 1000)).records]
    return [(one.era, UUID(one.stream.partition(":")[2]), one.sequence) for one in found]
