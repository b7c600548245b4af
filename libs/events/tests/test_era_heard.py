"""The page of operations says how one sees that a hearer has heard all that a new era begins with."""

import re
from datetime import UTC, datetime
from pathlib import Path

from hearer import hearing, told
from test_consuming import consumer_on

from dunlin_events.eras import Era
from dunlin_events.memory_bus import MemoryBus
from dunlin_events.testing import deliver_all
from dunlin_kernel.ids import new_id

TOPIC = "dunlin-customer"
PAGE = Path(__file__).resolve().parents[3] / "docs/operations.md"


async def test_an_era_was_heard_in_full_when_the_query_of_the_page_shows_all_partitions(postgres: str) -> None:
    [query] = re.findall(r"^ *SELECT era, count\(\*\) FROM watermark\n.+?;$", PAGE.read_text("utf-8"), re.M | re.S)
    query = query.replace("'credit'", "'hearer'").replace("'billing'", "'customer'")
    bus, tenant, one = MemoryBus(), new_id(), new_id()
    last = Era(7, new_id(), datetime(2026, 3, 4, tzinfo=UTC)).endings("customer")
    async with hearing(postgres) as place:
        for told_now, shown in (
            ([told(tenant, one, 1), told(tenant, None, 1)], []),
            ([told(tenant, one, 1, era=7), *last[:5]], [(7, 5)]),
            (last[5:], [(7, 12)]),
        ):
            await bus.publisher().publish(TOPIC, told_now)
            await deliver_all(consumer_on(bus, place))
            assert await place.rows(query) == shown
