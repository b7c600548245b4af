"""The relay's experiment, run against the pull feed: many writers at once, readers that join early, late and twice."""

import asyncio
import json
from collections.abc import Sequence
from random import Random
from typing import Any

import asyncpg
import pytest
from test_relay_experiment import SEED, WRITERS, Verdict, judge, write
from test_relay_experiment import Place as Told

from dunlin_events import feed
from dunlin_events.feed import Place
from dunlin_events.operating import Plain

TENANT = "00000000-0000-7000-8000-000000000000"
SECONDS = 4.0
LOOKED_AT = 60
"""So few, that the many of one transaction are walked through in several pages, and the few of a tick are not."""


async def read_page(connection: asyncpg.Connection, place: Place | None, limit: int) -> feed.Page:
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        await connection.execute(f"SET LOCAL dunlin.tenant = '{TENANT}'")
        return await feed.read(Plain(connection), place, types=None, limit=limit)


def seen_in(page: feed.Page) -> list[Told]:
    facts: list[dict[str, Any]] = [json.loads(event) for event in page.events]
    return [(fact["partitionkey"], int(fact["sequence"]), fact["id"]) for fact in facts]


async def follow(dsn: str, ended: asyncio.Event, chance: Random) -> list[Told]:
    """Read until the writers have ended and nothing more comes. Now and then an answer is lost, and asked for again."""
    connection, seen, place = await asyncpg.connect(dsn), list[Told](), None
    while True:
        ending = ended.is_set()
        page = await read_page(connection, place, chance.choice([1, 7, 25, 200]))
        seen += seen_in(page)
        if chance.random() < 0.9:
            place = page.place
            if ending and not page.has_more:
                break
        await asyncio.sleep(0 if page.has_more else 0.005)
    await connection.close()
    return seen


@pytest.mark.timeout(120)
async def test_readers_lose_nothing_and_keep_the_order_of_each_stream(outbox_dsn: str) -> None:
    admin = await asyncpg.connect(outbox_dsn)
    await admin.execute("CREATE TABLE business(n int)")
    for function in feed.functions(LOOKED_AT):
        await admin.execute(function)
    written, ended = asyncio.Event(), asyncio.Event()
    early = [asyncio.create_task(follow(outbox_dsn, ended, Random(SEED + n))) for n in range(3)]
    writers = [asyncio.create_task(write(outbox_dsn, n, written)) for n in range(WRITERS)]
    await asyncio.sleep(SECONDS / 2)
    late = asyncio.create_task(follow(outbox_dsn, ended, Random(SEED + 9)))
    await asyncio.sleep(SECONDS / 2)
    written.set()
    await asyncio.gather(*writers)
    ended.set()
    readers: Sequence[list[Told]] = [*await asyncio.gather(*early, late), await follow(outbox_dsn, ended, Random(1))]

    rows = await admin.fetch("SELECT stream, seq, event_id FROM outbox_event ORDER BY id")
    await admin.close()
    stored = [(row["stream"], row["seq"], str(row["event_id"])) for row in rows]
    assert len(stored) > 500
    assert len(readers[0]) > len(stored), "no answer was lost and asked for again"
    for seen in readers:
        assert judge(stored, seen) == Verdict(lost=0, ghosts=0, misordered=0)
