"""A rebase beside a relay that leads and has facts to send: the new era goes out from its first fact, and in turn."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import asyncpg
import pytest
from emitting import emit
from restored import until

from dunlin_events import relay as relay_module
from dunlin_events import relay_state
from dunlin_events.envelope import Envelope, Record
from dunlin_events.eras import says_all_was_told
from dunlin_events.rebasing import rebase
from dunlin_events.relay import Relay
from dunlin_events.topics import PARTITIONS, Stretch
from dunlin_kernel.ids import new_id

TENANT, ANNE = new_id(), new_id()
TOPIC, PAGE = "dunlin-customer", 2


class Noting:
    """Keeps what it is given; `meanwhile` is awaited once, when the facts of the `at`th call are stored."""

    def __init__(self, at: int = 0, meanwhile: Callable[[], Awaitable[Any]] | None = None) -> None:
        self.told: list[Envelope] = []
        self._at, self._meanwhile = at, meanwhile

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def publish(self, topic: str, records: Sequence[Record]) -> Mapping[int, Stretch]:
        self.told += map(Envelope.of, records)
        self._at -= 1
        if self._at == 0 and self._meanwhile is not None:
            await self._meanwhile()
        return {}

    def of(self, era: int) -> list[int]:
        """The sequences told in an era, in order; 0 for each record that says all was told."""
        return [0 if says_all_was_told(one.type) else one.sequence for one in self.told if one.era == era]


async def emitted(dsn: str, facts: int) -> None:
    connection = await asyncpg.connect(dsn)
    await emit(connection, TENANT, *[ANNE] * facts)
    await connection.close()


async def relayed(dsn: str, bus: Noting) -> None:
    stop = asyncio.Event()
    relay = Relay(dsn, bus, topic=TOPIC, page=PAGE)
    running = asyncio.create_task(relay.run(stop))
    await until(relay.drained)
    stop.set()
    await running


async def test_no_page_from_the_middle_goes_out_in_the_new_era(
    outbox_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rebase commits after the relay has its ids, and before it reads their rows."""
    eras: list[int] = []
    pages = 0

    async def rows_of(connection: asyncpg.Connection, *others: Any) -> Sequence[Any]:
        nonlocal pages
        pages += bool(others[-1])
        if pages == 3 and not eras:  # the first is only measured
            eras.append(await rebase(outbox_dsn, who="ann"))
        return await relay_state.rows_of(connection, *others)

    monkeypatch.setattr(relay_module, "rows_of", rows_of)
    await emitted(outbox_dsn, 6)
    bus = Noting()
    await relayed(outbox_dsn, bus)
    assert bus.of(1) == [1, 2]
    assert bus.of(eras[0]) == [1, 2, 3, 4, 5, 6, *[0] * PARTITIONS]


async def test_an_era_is_not_said_to_be_told_before_its_first_fact(outbox_dsn: str) -> None:
    """A second rebase commits while the last facts of the first one are being sent."""
    eras: list[int] = []

    async def again() -> None:
        eras.append(await rebase(outbox_dsn, who="ann"))

    await emitted(outbox_dsn, 2 * PAGE)
    await again()
    bus = Noting(2, again)
    await relayed(outbox_dsn, bus)
    assert bus.of(eras[0]) == [1, 2, 3, 4]
    assert bus.of(eras[1]) == [1, 2, 3, 4, *[0] * PARTITIONS]
