"""The consumer runtime on a real database: once per event, in order per stream, whatever comes over the bus."""

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hearer import Mood, Place, subscription, told, unheard
from prometheus_client import REGISTRY

from dunlin_events import draining
from dunlin_events.applying import apply
from dunlin_events.consuming import Consumer, ParkingLimit, TooManyParked, Tx
from dunlin_events.envelope import Record, stream_of
from dunlin_events.memory_bus import MemoryBus
from dunlin_events.parking import skip_parked
from dunlin_events.testing import deliver_all
from dunlin_events.topics import Partition
from dunlin_events.watermark import Key
from dunlin_kernel.ids import NIL, new_id

TOPIC = "dunlin-customer"
TENANT, OTHER = new_id(), new_id()


def consumer_on(bus: MemoryBus, place: Place, mood: Mood | None = None, limit: ParkingLimit | None = None) -> Consumer:
    reader = bus.reader("hearer", [TOPIC], "one")
    return Consumer(reader, [subscription(mood)], place.database.transact, name="hearer", limit=limit)


async def deliver(place: Place, *records: Record, mood: Mood | None = None) -> None:
    """Publish and let a new consumer take everything."""
    bus = MemoryBus()
    await bus.publisher().publish(TOPIC, records)
    await deliver_all(consumer_on(bus, place, mood))


async def test_events_are_folded_in_order_per_customer(place: Place) -> None:
    one, two = new_id(), new_id()
    await deliver(
        place, *(told(TENANT, one, n) for n in range(1, 31)), *(told(OTHER, two, n) for n in range(1, 21)),
        told(TENANT, None, 1), told(OTHER, None, 1))
    assert await place.order(one) == " ".join(map(str, range(1, 31)))
    assert await place.order(two) == " ".join(map(str, range(1, 21)))
    assert await place.rows("SELECT tenant_id FROM heard_sum WHERE customer_id = $1", two) == [(OTHER,)]
    assert len(await place.rows("SELECT * FROM heard_clock")) == 2
    assert await place.mark(stream_of(TENANT, one)) == (1, 30, None)


async def test_what_came_before_is_passed_over(place: Place) -> None:
    one = new_id()
    records = [told(TENANT, one, n) for n in (1, 2, 3)]
    await deliver(place, *records, *records[:2])
    await deliver(place, *records, told(TENANT, one, 4))
    assert await place.order(one) == "1 2 3 4"


async def test_a_fact_without_a_handler_moves_the_watermark(place: Place) -> None:
    one = new_id()
    await deliver(place, told(TENANT, one, 1), unheard(TENANT, one, 2), told(TENANT, one, 3))
    assert await place.order(one) == "1 3"
    assert await place.mark(stream_of(TENANT, one)) == (1, 3, None)


async def test_a_fact_of_an_unknown_type_moves_the_watermark(place: Place) -> None:
    one = new_id()
    strange = told(TENANT, one, 1)
    headers = tuple((n, b"dunlin.customer.NotInventedYet.v7" if n == "ce_type" else v) for n, v in strange.headers)
    await deliver(place, strange._replace(headers=headers, value=b"not json"), told(TENANT, one, 2))
    assert await place.order(one) == "2"


async def test_a_hole_holds_its_stream_alone_and_closes_by_itself(place: Place) -> None:
    one, two = new_id(), new_id()
    await deliver(place, told(TENANT, one, 1), told(TENANT, one, 3), told(TENANT, one, 4), told(TENANT, two, 1))
    assert await place.order(one) == "1"
    assert await place.order(two) == "1"
    assert await place.mark(stream_of(TENANT, one)) == (1, 1, "hole")
    assert await place.parked() == [("1/3", "behind"), ("1/4", "behind")]
    await deliver(place, told(TENANT, one, 2), told(TENANT, one, 5))
    assert await place.order(one) == "1 2 3 4 5"
    assert await place.mark(stream_of(TENANT, one)) == (1, 5, None)
    assert await place.parked() == []


async def test_two_holes_close_one_after_the_other(place: Place) -> None:
    one = new_id()
    await deliver(place, *(told(TENANT, one, n) for n in (2, 3, 5, 6)))
    await deliver(place, told(TENANT, one, 1))
    assert await place.order(one) == "1 2 3"
    assert await place.mark(stream_of(TENANT, one)) == (1, 3, "hole")
    await deliver(place, told(TENANT, one, 4))
    assert await place.order(one) == "1 2 3 4 5 6"


async def test_a_stream_that_can_go_on_goes_on_at_the_next_start(place: Place) -> None:
    """As after a crash between the commit that closed the hole and the drain."""
    one = new_id()
    await deliver(place, *(told(TENANT, one, n) for n in (1, 3)))
    await place.rows("UPDATE watermark SET sequence = 2 WHERE stream = $1", stream_of(TENANT, one))
    await deliver(place)
    assert await place.order(one) == "1 3"
    assert await place.mark(stream_of(TENANT, one)) == (1, 3, None)


async def test_a_hole_that_closed_is_not_shown_though_its_drain_failed_once(place: Place) -> None:
    """What waited came again in the batch that closed the hole, so nothing is left to be applied."""
    async def transact(tenant: UUID, work: Callable[[Tx], Awaitable[Any]]) -> Any:
        if getattr(work, "func", None) is draining._step and failing:  # all that wait, then one alone
            failing.pop()
            raise ConnectionError("the world is broken")
        return await place.database.transact(tenant, work)

    one, bus, failing = new_id(), MemoryBus(), [True, True]
    await deliver(place, told(TENANT, one, 1), third := told(TENANT, one, 3))
    await bus.publisher().publish(TOPIC, [told(TENANT, one, 2), third])
    consumer = Consumer(bus.reader("hearer", [TOPIC], "one"), [subscription()], transact, name="hearer")
    with pytest.raises(ConnectionError):
        await consumer.turn(timeout_ms=0)
    assert (await place.order(one), await place.parked()) == ("1 2 3", [("1/3", "behind")])
    await deliver(place)
    assert (await place.mark(stream_of(TENANT, one)), await place.parked()) == ((1, 3, None), [])
    assert REGISTRY.get_sample_value("dunlin_consumer_held_streams", {"consumer": "hearer", "reason": "hole"}) == 0


async def test_a_poison_event_is_parked_and_only_its_stream_waits(place: Place) -> None:
    one, two = new_id(), new_id()
    await deliver(
        place, told(TENANT, one, 1), poison := told(TENANT, one, 2, 666), told(TENANT, one, 3),
        told(TENANT, two, 1), told(TENANT, two, 2))
    assert await place.order(one) == "1"
    assert await place.order(two) == "1 2"
    assert await place.parked() == [("1/2", "poison"), ("1/3", "behind")]
    await deliver(place, told(TENANT, one, 4), poison, told(TENANT, two, 3))
    assert await place.mark(stream_of(TENANT, one)) == (1, 1, "poison")
    assert [mark for mark, _ in await place.parked()] == ["1/2", "1/3", "1/4"]
    assert await place.order(two) == "1 2 3"


@pytest.mark.parametrize("value", [b"{", b"", None, b"[]", b'{"customer_id": 7}'])
async def test_a_payload_that_cannot_be_read_is_poison(place: Place, value: bytes | None) -> None:
    one, two = new_id(), new_id()
    await deliver(place, told(TENANT, one, 1)._replace(value=value), told(TENANT, one, 2), told(TENANT, two, 1))
    assert await place.parked() == [("1/1", "poison"), ("1/2", "behind")]
    assert await place.order(two) == "1"


async def test_a_payload_about_another_customer_than_its_stream_is_poison(place: Place) -> None:
    one, two = new_id(), new_id()
    await deliver(place, told(TENANT, one, 1)._replace(value=told(TENANT, two, 1).value))
    assert await place.parked() == [("1/1", "poison")]


async def test_a_record_without_headers_waits_and_its_stream_shows_the_hole(place: Place) -> None:
    one = new_id()
    await deliver(place, told(TENANT, one, 1), told(TENANT, one, 2)._replace(headers=()), told(TENANT, one, 3))
    assert await place.order(one) == "1"
    reasons = [reason for _, reason in await place.parked()]
    assert sorted(reasons) == ["behind", "undecodable"]
    assert await place.mark(stream_of(TENANT, one)) == (1, 1, "hole")


@pytest.mark.parametrize(
    ("name", "value"), [("ce_sequence", b"0"), ("ce_sequence", b"x"), ("ce_partitionkey", b"nobody:"), ("ce_era", b"")])
async def test_a_record_with_broken_headers_waits(place: Place, name: str, value: bytes) -> None:
    one, two = new_id(), new_id()
    broken = told(TENANT, one, 1)
    headers = tuple((n, value if n == name else v) for n, v in broken.headers)
    await deliver(place, broken._replace(headers=headers), told(TENANT, two, 1))
    assert [reason for _, reason in await place.parked()] == ["undecodable"]
    assert await place.order(two) == "1"


async def test_a_record_that_no_stream_can_show_is_counted_until_somebody_gives_it_up(place: Place) -> None:
    async def counted() -> float | None:
        await deliver(place)
        labels = {"consumer": "hearer", "reason": "undecodable"}
        return REGISTRY.get_sample_value("dunlin_consumer_held_streams", labels)

    await deliver(place, Record("nobody", (), b"noise"), told(TENANT, new_id(), 1))
    assert await counted() == 1
    [(mark, _)] = await place.parked()
    key = Key("hearer", "customer", "nobody")
    await place.database.transact(NIL, lambda tx: skip_parked(tx, key, mark, who="ann", why="noise"))
    assert await counted() == 0


async def test_what_is_not_ready_waits_and_is_tried_again_by_itself(place: Place) -> None:
    one, two, mood, bus = new_id(), new_id(), Mood(waits=True), MemoryBus()
    await bus.publisher().publish(
        TOPIC, [told(TENANT, one, 1), told(TENANT, one, 2, 503), told(TENANT, one, 3), told(TENANT, two, 1)])
    consumer = consumer_on(bus, place, mood)
    await deliver_all(consumer)
    assert await place.mark(stream_of(TENANT, one)) == (1, 1, "unready")
    assert await place.order(two) == "1"
    mood.waits = False
    async with asyncio.timeout(10):
        while await place.order(one) != "1 2 3":
            await consumer.turn(timeout_ms=100)


async def test_a_broken_world_is_waited_for_and_nothing_is_parked(place: Place) -> None:
    one, bus, stop = new_id(), MemoryBus(), asyncio.Event()
    await bus.publisher().publish(TOPIC, [told(TENANT, one, n) for n in (1, 2, 3)])
    running = asyncio.create_task(consumer_on(bus, place, Mood(away=3)).run(stop))
    async with asyncio.timeout(10):
        while sum(bus.committed.values()) < 3:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    stop.set()
    await running
    assert await place.order(one) == "1 2 3"
    assert await place.parked() == []


async def test_a_bus_that_is_cancelled_within_is_no_order_to_end(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, bus, cancelled = new_id(), MemoryBus(), [True]
    await bus.publisher().publish(TOPIC, [told(TENANT, one, n) for n in (1, 2)])
    reader = bus.reader("hearer", [TOPIC], "one")
    commit = reader.commit

    async def cancelled_once(offsets: Mapping[Partition, int]) -> None:
        if cancelled:
            cancelled.pop()
            raise asyncio.CancelledError
        await commit(offsets)

    monkeypatch.setattr(reader, "commit", cancelled_once)
    consumer = Consumer(reader, [subscription()], place.database.transact, name="hearer")
    running = asyncio.create_task(consumer.run(asyncio.Event()))
    async with asyncio.timeout(60):
        while cancelled:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        await bus.publisher().publish(TOPIC, [told(TENANT, one, 3)])
        while await place.order(one) != "1 2 3":  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


@pytest.mark.parametrize("what", ["_measure", "_items"])
async def test_a_batch_that_is_not_even_begun_comes_again(
    place: Place, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError("unthought of")

    one, bus = new_id(), MemoryBus()
    await bus.publisher().publish(TOPIC, [told(TENANT, one, n) for n in (1, 2)])
    consumer = consumer_on(bus, place)
    with monkeypatch.context() as broken:
        broken.setattr(consumer, what, fails)
        with pytest.raises(RuntimeError):
            await consumer.turn(timeout_ms=0)
    await bus.publisher().publish(TOPIC, [told(TENANT, one, 3)])
    await deliver_all(consumer)
    assert await place.order(one) == "1 2 3"


async def test_an_event_that_only_waits_is_kept_when_its_batch_fails(place: Place) -> None:
    async def transact(tenant: UUID, work: Callable[[Tx], Awaitable[Any]]) -> Any:
        if getattr(work, "func", None) is apply:
            raise ValueError("unthought of")
        return await place.database.transact(tenant, work)

    one, bus = new_id(), MemoryBus()
    await bus.publisher().publish(TOPIC, [told(TENANT, one, 2)])
    await deliver_all(Consumer(bus.reader("hearer", [TOPIC], "one"), [subscription()], transact, name="hearer"))
    assert (await place.parked(), await place.mark(stream_of(TENANT, one))) == ([("1/2", "behind")], (0, 0, "hole"))


async def test_too_many_parked_stop_the_consumer(place: Place) -> None:
    bus = MemoryBus()
    await bus.publisher().publish(TOPIC, [told(TENANT, new_id(), 1, 666) for _ in range(20)])
    limit = ParkingLimit(events=3, within=timedelta(minutes=1))
    with pytest.raises(TooManyParked):
        await consumer_on(bus, place, limit=limit).run(asyncio.Event())
    assert len(await place.parked()) == 4
    with pytest.raises(TooManyParked):
        await consumer_on(bus, place, limit=limit).run(asyncio.Event())
    assert len(await place.parked()) <= 6


async def test_two_members_with_the_same_records_apply_each_once(place: Place) -> None:
    customers = [new_id() for _ in range(5)]
    buses = [MemoryBus(), MemoryBus()]
    records = [told(TENANT, c, n) for n in range(1, 41) for c in customers]
    for bus in buses:
        await bus.publisher().publish(TOPIC, records)
    await asyncio.gather(*(deliver_all(consumer_on(bus, place)) for bus in buses))
    for customer in customers:
        assert await place.order(customer) == " ".join(map(str, range(1, 41)))


def structured(record: Record, *, encoded: bool) -> Record:
    """The same event in CloudEvents' structured mode."""
    said = {name[3:]: value.decode() for name, value in record.headers if value and name.startswith("ce_")}
    data = {"data_base64": base64.b64encode(record.value or b"").decode()} if encoded else {
        "data": json.loads(record.value or b"")}
    kind = ("content-type", b"application/cloudevents+json; charset=UTF-8")
    return Record(record.key, (kind,), json.dumps(said | data).encode())


async def test_events_in_structured_mode_are_heard_alike(place: Place) -> None:
    one = new_id()
    await deliver(
        place, structured(told(TENANT, one, 1), encoded=False), structured(told(TENANT, one, 2), encoded=True),
        told(TENANT, one, 3), Record("x", (("content-type", b"application/cloudevents+json"),), b"[1]"))
    assert await place.order(one) == "1 2 3"
    assert [reason for _, reason in await place.parked()] == ["undecodable"]


async def test_a_new_era_holds_the_stream(place: Place) -> None:
    one = new_id()
    await deliver(place, told(TENANT, one, 1), told(TENANT, one, 2))
    await deliver(place, *(told(TENANT, one, n, era=2) for n in (1, 2, 3)))
    assert await place.order(one) == "1 2"
    assert await place.mark(stream_of(TENANT, one)) == (1, 2, "era")


async def test_another_event_under_the_number_at_the_watermark_holds_the_stream(place: Place) -> None:
    """The owner was restored unnoticed, and gives a number again that was heard."""
    one, two = new_id(), new_id()
    await deliver(place, told(TENANT, one, 1), told(TENANT, one, 2), told(TENANT, two, 1))
    await deliver(place, told(TENANT, one, 2, 5), told(TENANT, one, 3), told(TENANT, two, 2))
    assert (await place.order(one), await place.order(two)) == ("1 2", "1 2")
    assert await place.mark(stream_of(TENANT, one)) == (1, 2, "era")
    assert await place.parked() == [("1/2", "era"), ("1/3", "behind")]
    assert REGISTRY.get_sample_value("dunlin_consumer_held_streams", {"consumer": "hearer", "reason": "era"}) == 1


async def test_it_is_held_too_where_the_same_batch_closed_a_hole(place: Place) -> None:
    one = new_id()
    await deliver(place, told(TENANT, one, 1), told(TENANT, one, 3))
    await deliver(place, told(TENANT, one, 2), told(TENANT, one, 2, 5))
    assert (await place.order(one), await place.mark(stream_of(TENANT, one))) == ("1 2", (1, 2, "era"))


async def test_the_same_event_again_holds_nothing(place: Place) -> None:
    one = new_id()
    second = told(TENANT, one, 2)
    await deliver(place, told(TENANT, one, 1), second)
    await deliver(place, second, told(TENANT, one, 3))
    assert (await place.order(one), await place.parked()) == ("1 2 3", [])


async def test_a_stream_first_heard_in_a_later_era_begins_there(place: Place) -> None:
    one = new_id()
    await deliver(place, told(TENANT, one, 1, era=3), told(TENANT, one, 2, era=3))
    assert await place.mark(stream_of(TENANT, one)) == (3, 2, None)
