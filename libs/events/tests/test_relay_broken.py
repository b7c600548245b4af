"""A bus's client that is cancelled within itself ends neither the relay nor the look at the log."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import NoReturn

import asyncpg
import pytest
from emitting import emit
from restored import AT, era, relaying, tell, until

from dunlin_events import relay as relay_module
from dunlin_events.envelope import Envelope, Record
from dunlin_events.kafka_tail import last_records
from dunlin_events.memory_bus import MemoryBus
from dunlin_events.relay import Relay
from dunlin_events.topics import Stretch, Tail
from dunlin_kernel.ids import new_id

TENANT, ANNE = new_id(), new_id()
TOPIC = "dunlin-broken"


class Silent:
    """A client whose broker is gone: it waits for ever, and is cancelled itself when it cancels its fetches."""

    stopped = False

    async def start(self) -> None:
        await asyncio.Event().wait()

    async def stop(self) -> NoReturn:
        self.stopped = True
        raise asyncio.CancelledError


async def test_a_look_at_a_broker_that_is_gone_ends_in_time_and_is_no_cancellation() -> None:
    client = Silent()
    with pytest.raises(TimeoutError):
        await last_records(client, [], 1, 0.01)
    assert client.stopped


class Cancelled:
    """A bus whose client is cancelled within itself, once when the log is looked at and once when facts are sent."""

    def __init__(self) -> None:
        self.bus = MemoryBus({TOPIC: 4})
        self.left = ["tail", "publish"]

    def _perhaps(self, call: str) -> None:
        if call in self.left:
            self.left.remove(call)
            raise asyncio.CancelledError

    def publisher(self) -> "Cancelled":
        return self

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def tail(self, topic: str, most: int) -> Tail:
        self._perhaps("tail")
        return await self.bus.tail(topic, most)

    async def publish(self, topic: str, records: Sequence[Record]) -> Mapping[int, Stretch]:
        self._perhaps("publish")
        return await self.bus.publisher().publish(topic, records)


async def test_a_cancellation_that_nobody_asked_for_is_tried_again(outbox_dsn: str) -> None:
    connection, broken = await asyncpg.connect(outbox_dsn), Cancelled()
    await emit(connection, TENANT, ANNE, ANNE)
    async with relaying(outbox_dsn, broken, TOPIC) as relay:  # type: ignore[arg-type]  # no readers are asked for
        await until(relay.drained)
    assert not broken.left and len(broken.bus.records(TOPIC)) == 2
    await connection.close()


async def test_a_relay_that_is_told_to_end_ends(outbox_dsn: str) -> None:
    relay = Relay(outbox_dsn, MemoryBus({TOPIC: 4}).publisher(), topic=TOPIC)
    running = asyncio.create_task(relay.run(asyncio.Event()))
    await until(relay.drained)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


class LongLooks(MemoryBus):
    """Gives its tail at once the first time, and then when it is released."""

    def __init__(self) -> None:
        super().__init__({TOPIC: 4})
        self.looks, self.released = 0, asyncio.Event()

    async def tail(self, topic: str, most: int) -> Tail:
        self.looks += 1
        if self.looks > 1:
            await self.released.wait()
        return await super().tail(topic, most)


async def test_facts_are_sent_while_the_log_is_looked_at_again(
    outbox_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the look found is judged as soon as it is there."""
    monkeypatch.setattr(relay_module, "LOG_SECONDS", 0.01)
    bus = LongLooks()
    async with relaying(outbox_dsn, bus, TOPIC) as relay:
        await until(lambda: bus.looks == 2)
        await tell(outbox_dsn, TOPIC, TENANT, ANNE)
        relay.poke()
        await until(lambda: len(bus.records(TOPIC)) == 1)
        assert bus.looks == 2 and await era(outbox_dsn) == 1
        foreign = Envelope(new_id(), "dunlin.broken.X.v1", "/dunlin/broken", f"{TENANT}:{ANNE}", 1, 9, AT, AT, "c")
        await bus.publisher().publish(TOPIC, [Record(foreign.stream, foreign.headers(), b"{}")])
        bus.released.set()
        async with asyncio.timeout(60):
            while await era(outbox_dsn) is not None:  # noqa: ASYNC110
                await asyncio.sleep(0.02)


async def test_a_look_that_has_no_end_holds_no_relay_up_that_is_to_end(
    outbox_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay_module, "LOG_SECONDS", 0.01)
    bus = LongLooks()
    async with relaying(outbox_dsn, bus, TOPIC):
        await until(lambda: bus.looks == 2)
