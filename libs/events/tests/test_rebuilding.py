"""A projection built again from the log: compared row by row, put right, without any effect besides."""

import contextlib
from collections.abc import AsyncIterator, Collection, Mapping
from typing import Any
from uuid import UUID

import pytest
from hearer import AT, ClockRow, Mood, Place, Sum, SumRow, load, save, subscription, told, unheard

from dunlin_events import parking
from dunlin_events.consuming import Consumer
from dunlin_events.contracts.customer import ClockAdvanced, CustomerContactsChanged
from dunlin_events.envelope import Record
from dunlin_events.live_marks import LiveMark, LiveMarks
from dunlin_events.memory_bus import MemoryBus
from dunlin_events.projection import Copied, Projection
from dunlin_events.rebuilding import Rebuild, Stuck, Transacting
from dunlin_events.subscription import Subscription, Tx
from dunlin_events.testing import deliver_all, kafka_broker
from dunlin_events.topics import Bus
from dunlin_events.watermark import Key
from dunlin_kernel.errors import Conflict, NotFound
from dunlin_kernel.ids import new_id
from dunlin_kit.database import Database
from dunlin_kit.rebuilds import seeing_only

__all__ = ["kafka_broker"]
TOPIC = "dunlin-customer"


@contextlib.asynccontextmanager
async def rebuilding(
    place: Place, bus: Bus, heard: Subscription[Any] | None = None, **more: Any
) -> AsyncIterator[Rebuild]:
    tables = (Copied(SumRow), Copied(ClockRow, customer=None))
    projection = Projection("sums", heard or subscription(), tables, **more)
    shadow = seeing_only(Database(place.dsn, source="/dunlin/test", pool_size=2), projection.schema)
    try:
        yield Rebuild(projection, bus, place.dsn, Transacting(shadow.transact, place.database.transact))
    finally:
        await shadow.close()


async def heard_by(place: Place, bus: Bus, heard: Subscription[Any] | None = None) -> None:
    """Let the real consumer take what is on the bus."""
    consumer = Consumer(bus.reader("hearer", [TOPIC], "one"), [heard or subscription()], place.database.transact,
                        name="hearer")
    await deliver_all(consumer)


async def publish(bus: Bus, *records: Record) -> None:
    publisher = bus.publisher()
    await publisher.start()
    await publisher.publish(TOPIC, records)
    await publisher.stop()


async def everything(place: Place) -> list[Any]:
    return [await place.rows(f"SELECT * FROM {table} ORDER BY 1, 2") for table in ("heard_sum", "heard_clock")]


async def heard_in_full(place: Place, bus: Bus, *records: Record, heard: Subscription[Any] | None = None) -> None:
    await publish(bus, *records)
    await heard_by(place, bus, heard)


async def test_a_row_that_was_spoilt_is_found_and_put_right(place: Place) -> None:
    bus, tenant, one, two, three = MemoryBus(), new_id(), new_id(), new_id(), new_id()
    await heard_in_full(
        place, bus, *(told(tenant, customer, n) for n in range(1, 6) for customer in (one, two, three)),
        told(tenant, None, 1), unheard(tenant, one, 6))
    right = await everything(place)
    async with rebuilding(place, bus) as rebuild:
        await rebuild.start()
        assert await rebuild.follow() == 17
        assert (await rebuild.compare()).is_equal

        stranger = new_id()
        await place.rows("UPDATE heard_sum SET contacts = 99 WHERE customer_id = $1", one)
        await place.rows("DELETE FROM heard_sum WHERE customer_id = $1", two)
        await place.rows("INSERT INTO heard_sum VALUES ($1, $2, 7, '1')", tenant, stranger)
        await place.rows("UPDATE heard_clock SET at = 'never'")
        found = await rebuild.compare()
        tables, key = {copied.name: copied for copied in rebuild.projection.tables}, f"heard_sum tenant_id={tenant}"
        assert sorted(one.told(tables[one.table]) for one in found.differences) == sorted([
            f"heard_clock tenant_id={tenant} in stream {tenant}:: at is 'never', the log says '{AT.isoformat()}'",
            f"{key} customer_id={one} in stream {tenant}:{one}: contacts is 99, the log says 5",
            f"{key} customer_id={two} in stream {tenant}:{two}: is missing",
            f"{key} customer_id={stranger} in stream {tenant}:{stranger}: was never told of"])
        assert await rebuild.switch() == {"heard_sum": 3, "heard_clock": 1}
        assert await everything(place) == right
        assert (await rebuild.compare()).is_equal
        await rebuild.drop()
    assert await place.rows("SELECT 1 FROM pg_namespace WHERE nspname LIKE 'rebuild%'") == []


async def test_it_begins_once_and_one_works_on_it(place: Place) -> None:
    bus = MemoryBus()
    await heard_in_full(place, bus, told(new_id(), new_id(), 1))
    async with rebuilding(place, bus) as rebuild, rebuilding(place, bus) as other:
        with pytest.raises(NotFound):
            await rebuild.compare()
        made = await rebuild.start()
        assert made.group.startswith("dunlin-hearer-customer-rebuild-")
        with pytest.raises(Conflict, match="already"):
            await other.start()
        async with rebuild._following():
            with pytest.raises(Conflict, match="Another process"):
                await other.drop()
        await other.drop()


def telling() -> Subscription[Sum]:
    """One that emits a fact each time it saves."""

    async def save_and_tell(tx: Tx, states: Mapping[UUID, Sum]) -> None:
        await save(tx, states)
        tx.emit(*(ClockAdvanced(now=AT) for _ in states))

    heard = Subscription(consumer="hearer", owner="customer", load=load, save=save_and_tell)
    heard.on(CustomerContactsChanged)(subscription().folds[CustomerContactsChanged.wire_type()])
    return heard


async def test_nothing_comes_of_a_replay_but_what_the_service_concludes(place: Place) -> None:
    bus, tenant, one, two = MemoryBus(), new_id(), new_id(), new_id()
    await heard_in_full(
        place, bus, *(told(tenant, customer, n) for n in (1, 2, 3) for customer in (one, two)), heard=telling())
    facts = "SELECT count(*) FROM outbox_event"
    before, concluded = await place.rows(facts), list[set[UUID]]()

    async def healed(tx: Tx, customers: Collection[UUID]) -> None:
        concluded.append(set(customers))
        tx.emit(ClockAdvanced(now=AT))

    async with rebuilding(place, bus, telling(), healed=healed) as rebuild:
        await rebuild.start()
        await rebuild.follow()
        await rebuild.compare()
        await rebuild.switch()
        assert await place.rows("SELECT sum(contacts)::int FROM rebuild_sums.heard_sum") == [(6,)]
        assert await place.rows("SELECT count(*) > 0 FROM rebuild_sums.outbox_event") == [(True,)]
        assert (await place.rows(facts), concluded) == (before, [])
        await place.rows("UPDATE heard_sum SET contacts = 0 WHERE customer_id = $1", two)
        await rebuild.switch()
    assert concluded == [{two}]
    assert await place.rows(facts) == [(before[0][0] + 1,)]


async def test_the_copy_never_runs_ahead_of_the_original(place: Place) -> None:
    """What the original has not applied yet stays on the bus: its effects are still to come, and only there."""
    bus, tenant, one = MemoryBus(), new_id(), new_id()
    await heard_in_full(place, bus, *(told(tenant, one, n) for n in (1, 2, 3)))
    await publish(bus, *(told(tenant, one, n) for n in (4, 5)), told(tenant, new_id(), 1))
    async with rebuilding(place, bus) as rebuild:
        await rebuild.start()
        assert await rebuild.follow() == 3
        async with rebuild._following():
            await heard_by(place, bus)
        assert await rebuild.follow() == 6
        assert (await rebuild.compare()).is_equal


async def test_whatever_else_is_on_the_bus_the_copy_comes_to_the_same(place: Place) -> None:
    """Records in no stream, under keys that no database keeps, and an event under another key than its stream's."""
    bus, tenant, one = MemoryBus(), new_id(), new_id()
    well = [told(tenant, one, n) for n in range(1, 6)]
    nobodys = tuple((n, b"nobody:" if n == "ce_partitionkey" else v) for n, v in well[0].headers)
    await heard_in_full(
        place, bus, Record("a\0b", (), b"noise"), well[0], Record("\0", well[1].headers, well[1].value),
        well[2]._replace(key="elsewhere"), well[0]._replace(headers=nobodys), *well[3:],
        Record(well[0].key, (("content-type", b"application/cloudevents+json"),), b"[" * 200_000))
    assert await place.order(one) == "1 2 3 4 5"
    async with rebuilding(place, bus) as rebuild:
        await rebuild.start()
        assert await rebuild.follow() == 5
        assert (await rebuild.compare()).is_equal


async def test_a_copy_loses_nothing_where_the_database_was_away(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    bus, tenant, failing, look = MemoryBus(), new_id(), [True], LiveMarks.of

    async def away_once(marks: LiveMarks, streams: Collection[str]) -> Mapping[str, LiveMark]:
        if streams and failing:
            failing.pop()
            raise ConnectionError("the world is broken")
        return await look(marks, streams)

    monkeypatch.setattr(LiveMarks, "of", away_once)
    await heard_in_full(place, bus, *(told(tenant, new_id(), 1) for _ in range(20)))
    async with rebuilding(place, bus) as rebuild:
        await rebuild.start()
        assert (await rebuild.follow(), failing) == (20, [])


async def test_what_an_operator_skipped_stays_skipped(place: Place) -> None:
    bus, tenant, one, two = MemoryBus(), new_id(), new_id(), new_id()
    await heard_in_full(
        place, bus, told(tenant, one, 1), told(tenant, one, 2, 666), told(tenant, one, 3),
        told(tenant, two, 1), told(tenant, two, 4))
    skipped, hole = (Key("hearer", "customer", f"{tenant}:{customer}") for customer in (one, two))

    async def skip(tx: Tx) -> None:
        await parking.skip_parked(tx, skipped, "1/2", who="me", why="a test")
        await parking.skip_hole(tx, hole, who="me", why="a test")

    await place.database.transact(tenant, skip)
    await heard_by(place, bus)
    assert (await place.order(one), await place.order(two)) == ("1 3", "1 4")
    async with rebuilding(place, bus, subscription(Mood(refuses=False))) as rebuild:
        await rebuild.start()
        assert await rebuild.follow() == 7
        assert (await rebuild.compare()).is_equal


async def test_a_new_era_tells_another_event_under_the_number_of_a_skipped_one(place: Place) -> None:
    """The restored owner told on differently from there in one stream, and the skipped event itself in the other."""
    bus, tenant, one, two = MemoryBus(), new_id(), new_id(), new_id()
    ids = [new_id() for _ in range(3)]

    def tale(customer: UUID, era: int, *, upto: int) -> list[Record]:
        return [told(tenant, customer, n, 666 if n == 3 else 1, era=era, event_id=ids[n - 1])
                for n in range(1, upto + 1)]

    async def skip(tx: Tx) -> None:
        for customer in (one, two):
            await parking.skip_parked(tx, Key("hearer", "customer", f"{tenant}:{customer}"), "1/3", who="me", why="so")

    await heard_in_full(place, bus, *tale(one, 1, upto=3), *tale(two, 1, upto=3))
    await place.database.transact(tenant, skip)
    await heard_in_full(
        place, bus, *tale(one, 2, upto=2), *(told(tenant, one, n, 10, era=2) for n in (3, 4)),
        *tale(two, 2, upto=3), told(tenant, two, 4, 10, era=2))
    async with rebuilding(place, bus) as rebuild:
        await rebuild.start()
        await rebuild.switch()
        await rebuild.drop()
    await heard_by(place, bus)
    right = await everything(place)
    assert (await place.order(one), await place.order(two)) == ("1 2 3 4", "1 2 4")
    async with rebuilding(place, bus) as rebuild:
        await rebuild.start()
        assert await rebuild.follow() == 8
        assert (await rebuild.compare()).is_equal
        assert await rebuild.switch() == {"heard_sum": 0, "heard_clock": 0}
    assert await everything(place) == right


async def test_a_stream_that_stands_still_is_compared_where_it_stands(place: Place) -> None:
    bus, tenant, one = MemoryBus(), new_id(), new_id()
    await heard_in_full(place, bus, told(tenant, one, 1), told(tenant, one, 2, 666), told(tenant, one, 3))
    async with rebuilding(place, bus, subscription(Mood(refuses=False))) as rebuild:
        await rebuild.start()
        assert await rebuild.follow() == 1
        assert (await rebuild.compare()).is_equal


async def test_a_copy_that_cannot_follow_says_so(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dunlin_events.rebuilding.PATIENCE_S", 1.0)
    bus, tenant, one = MemoryBus(), new_id(), new_id()
    await heard_in_full(place, bus, told(tenant, one, 1), told(tenant, one, 2, 666),
                        heard=subscription(Mood(refuses=False)))
    async with rebuilding(place, bus) as rebuild:
        await rebuild.start()
        with pytest.raises(Stuck, match="1 streams are behind"):
            await rebuild.follow()


async def test_where_a_new_era_is_another_story_the_copy_goes_back_to_where_they_part(place: Place) -> None:
    bus, tenant, one, two, three = MemoryBus(), new_id(), new_id(), new_id(), new_id()
    ids = [new_id() for _ in range(4)]
    first = [told(tenant, one, n, event_id=at) for n, at in enumerate(ids, 1)]
    await heard_in_full(place, bus, *first, told(tenant, two, 1), told(tenant, three, 1))
    again = [told(tenant, one, n, era=2, event_id=at) for n, at in enumerate(ids[:2], 1)]
    other = [told(tenant, one, n, 10, era=2) for n in (3, 4, 5, 6)]
    await heard_in_full(place, bus, *again, *other, told(tenant, two, 1, 10, era=2))
    assert await place.mark(f"{tenant}:{one}") == (1, 4, "era")
    async with rebuilding(place, bus) as rebuild:
        await rebuild.start()
        found = await rebuild.compare()
        assert found.rewinds == {f"{tenant}:{one}": 2, f"{tenant}:{two}": 0}
        assert not found.differences and not found.moving
        await rebuild.switch()
    await publish(bus, told(tenant, one, 7, 10, era=2))
    await heard_by(place, bus)
    assert await place.order(one) == "1 2 3 4 5 6 7"
    assert await place.rows("SELECT contacts FROM heard_sum WHERE customer_id = $1", one) == [(52,)]
    assert await place.rows("SELECT contacts FROM heard_sum WHERE customer_id = $1", two) == [(10,)]
    assert await place.mark(f"{tenant}:{one}") == (2, 7, None)
    assert await place.parked() == []


async def test_a_restore_that_nobody_noticed_is_put_right_once_its_owner_began_a_new_era(place: Place) -> None:
    bus, tenant, one = MemoryBus(), new_id(), new_id()
    ids = [new_id() for _ in range(3)]
    again = [told(tenant, one, 3, 10, era=era, event_id=ids[2]) for era in (1, 2)]
    await heard_in_full(place, bus, *(told(tenant, one, n, event_id=at) for n, at in enumerate(ids[:2], 1)),
                        told(tenant, one, 3))
    await heard_in_full(place, bus, again[0])
    assert await place.mark(f"{tenant}:{one}") == (1, 3, "era")
    new_era = [told(tenant, one, n, era=2, event_id=at) for n, at in enumerate(ids[:2], 1)]
    await heard_in_full(place, bus, *new_era, again[1], told(tenant, one, 4, 10, era=2))
    async with rebuilding(place, bus) as rebuild:
        await rebuild.start()
        await rebuild.switch()
    await heard_by(place, bus)
    assert await place.rows("SELECT contacts FROM heard_sum WHERE customer_id = $1", one) == [(22,)]
    assert await place.mark(f"{tenant}:{one}") == (2, 4, None)
    assert await place.parked() == []
