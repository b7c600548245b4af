"""Streams that a new era has no more: held, said, and built again as the log has them; and two eras of one number."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from hearer import Place, subscription, told
from prometheus_client import REGISTRY
from test_rebuilding import TOPIC, heard_by, heard_in_full, publish, rebuilding

from dunlin_events import parking
from dunlin_events.applying import apply
from dunlin_events.consuming import Consumer, Tx
from dunlin_events.envelope import Record, stream_of
from dunlin_events.eras import Era
from dunlin_events.memory_bus import MemoryBus
from dunlin_events.testing import deliver_all
from dunlin_events.topics import partition_of
from dunlin_events.watermark import Key
from dunlin_kernel.errors import Conflict, NotReady, RuleBroken
from dunlin_kernel.ids import new_id

TENANT = new_id()


def ended(era: int) -> list[Record]:
    return Era(era, new_id(), datetime(2026, 3, 4, tzinfo=UTC)).endings("customer")


def held() -> float | None:
    return REGISTRY.get_sample_value("dunlin_consumer_held_streams", {"consumer": "hearer", "reason": "era"})


async def heard_again(place: Place, bus: MemoryBus) -> None:
    """The consumer reads the log from its first record, as after its group was forgotten."""
    reader = bus.reader(f"hearer-{new_id()}", [TOPIC], "one")
    await deliver_all(Consumer(reader, [subscription()], place.database.transact, name="hearer"))


async def test_what_the_backup_did_not_have_is_held_said_and_taken_out(place: Place) -> None:
    """Of a stream there is all, of one its beginning, of one nothing; one began in the new era."""
    bus, tenant = MemoryBus(), new_id()
    whole, cut, gone, fresh = (new_id() for _ in range(4))
    ids = [new_id() for _ in range(3)]
    await heard_in_full(place, bus, *(told(tenant, one, n, event_id=ids[n]) for one in (whole, cut) for n in (1, 2)),
                        told(tenant, gone, 1), told(tenant, None, 1, event_id=ids[0]))
    last = ended(7)
    again = [told(tenant, one, n, era=7, event_id=ids[n]) for one, n in ((whole, 1), (whole, 2), (cut, 1))]
    await heard_in_full(place, bus, *again, told(tenant, None, 1, era=7, event_id=ids[0]), *last,
                        told(tenant, fresh, 1, era=7))
    assert [(await place.mark(stream_of(tenant, one)))[2] for one in (whole, cut, gone, fresh)] == [
        "era", "era", "era", None]
    assert held() == 4
    assert ("era 7", "era") in await place.parked()
    await heard_in_full(place, bus, *again, *last)
    assert held() == 4

    keys = {one: Key("hearer", "customer", stream_of(tenant, one)) for one in (whole, cut, gone, None)}

    async def accept(key: Key) -> None:
        await place.database.transact(tenant, lambda tx: parking.accept_era(tx, key, who="ann"))

    for one in (whole, None):
        await accept(keys[one])
    for one in (cut, gone):
        with pytest.raises(RuleBroken, match="rebuild"):
            await accept(keys[one])
    with pytest.raises(Conflict):
        await place.database.transact(
            tenant, lambda tx: parking.skip_parked(tx, keys[gone], "era 7", who="ann", why="to be rid of it"))
    async with rebuilding(place, bus) as rebuild:
        await rebuild.start()
        assert (await rebuild.compare()).rewinds == {keys[cut].stream: 1, keys[gone].stream: 0}
        await rebuild.switch()
        await rebuild.drop()
    await heard_in_full(place, bus, *(told(tenant, one, n, era=7) for one, n in ((whole, 3), (cut, 2), (gone, 1))))
    assert [await place.order(one) for one in (whole, cut, gone, fresh)] == ["1 2 3", "1 2", "1", "1"]
    assert [await place.mark(stream_of(tenant, one)) for one in (whole, cut, gone, fresh)] == [
        (7, 3, None), (7, 2, None), (7, 1, None), (7, 1, None)]
    assert (await place.parked(), held()) == ([], 0)


async def test_what_is_gone_is_taken_out_of_the_copy(place: Place) -> None:
    bus, tenant, gone, other = MemoryBus(), new_id(), new_id(), new_id()
    await heard_in_full(place, bus, told(tenant, gone, 1), told(tenant, gone, 2), *ended(7))
    assert await place.order(gone) == "1 2"
    async with rebuilding(place, bus) as rebuild:
        await rebuild.start()
        assert (await rebuild.switch())["heard_sum"] == 1
        await rebuild.drop()
    assert await place.order(gone) == ""
    await heard_again(place, bus)
    assert (await place.order(gone), await place.parked(), held()) == ("", [], 0)
    assert (await place.mark(stream_of(tenant, gone)))[:2] == (7, 0)
    await heard_in_full(place, bus, told(tenant, other, 1, era=7))
    async with rebuilding(place, bus) as rebuild:
        await rebuild.start()
        assert (await rebuild.compare()).is_equal


async def test_what_an_earlier_era_says_of_a_stream_not_heard_of_stays_unheard(place: Place) -> None:
    bus, tenant, late = MemoryBus(), new_id(), new_id()
    await heard_in_full(place, bus, *ended(7))
    await heard_in_full(place, bus, told(tenant, late, 1), told(tenant, late, 3))
    assert (await place.order(late), await place.parked()) == ("", [])
    await heard_in_full(place, bus, told(tenant, late, 1, era=7), told(tenant, late, 2, era=9))
    assert (await place.order(late), await place.mark(stream_of(tenant, late))) == ("1", (7, 1, "era"))


async def test_what_waits_of_an_earlier_era_goes_where_nothing_was_heard(place: Place) -> None:
    """Behind a hole or a first event that fails, of streams that are gone, and of one that the new era tells too."""
    bus, tenant = MemoryBus(), new_id()
    hole, poisoned, again, later = (new_id() for _ in range(4))
    keys = [Key("hearer", "customer", stream_of(tenant, one)) for one in (hole, poisoned, again, later)]
    await heard_in_full(
        place, bus, told(tenant, hole, 2), told(tenant, poisoned, 1, 666), told(tenant, again, 1, 666),
        told(tenant, later, 3), told(tenant, again, 1, era=7), told(tenant, later, 2, era=7), *ended(7))
    assert await place.parked() == [("7/2", "behind")]
    await heard_by(place, bus)
    assert [await place.mark(key.stream) for key in keys] == [
        (7, 0, None), (7, 0, None), (7, 1, None), (7, 0, "hole")]
    assert [await place.order(one) for one in (hole, poisoned, again, later)] == ["", "", "1", ""]
    with pytest.raises(Conflict):
        await place.database.transact(
            tenant, lambda tx: parking.skip_hole(tx, keys[0], who="ann", why="to be rid of it"))
    await heard_in_full(place, bus, told(tenant, hole, 2), told(tenant, later, 1), told(tenant, later, 1, era=7))
    assert [await place.order(one) for one in (hole, later)] == ["", "1 2"]
    assert await place.parked() == []


async def test_the_end_of_an_era_that_cannot_be_stored_comes_again_until_it_is(place: Place) -> None:
    bus, tenant, gone = MemoryBus(), new_id(), new_id()
    await heard_in_full(place, bus, told(tenant, gone, 1))

    async def transact(tenant: UUID, work: Callable[[Tx], Awaitable[Any]]) -> Any:
        if isinstance(work, partial) and work.func is apply:
            raise NotReady("busy", "Others are in the way.")
        return await place.database.transact(tenant, work)

    await publish(bus, *ended(7))
    with pytest.raises(NotReady):
        await deliver_all(Consumer(bus.reader("hearer", [TOPIC], "one"), [subscription()], transact, name="hearer"))
    assert await place.mark(stream_of(tenant, gone)) == (1, 1, None)
    await heard_by(place, bus)
    assert await place.mark(stream_of(tenant, gone)) == (1, 1, "era")


async def test_the_end_of_an_era_waits_for_no_stream_of_another_partition(place: Place) -> None:
    bus, tenant = MemoryBus(), new_id()
    here = next(one for one in iter(new_id, None) if partition_of(stream_of(tenant, one)) == 0)
    there = next(one for one in iter(new_id, None) if partition_of(stream_of(tenant, one)) == 1)
    await heard_in_full(place, bus, told(tenant, here, 1), told(tenant, there, 1))
    connection = await asyncpg.connect(place.dsn)
    async with connection.transaction():
        await connection.execute("SELECT FROM watermark WHERE stream = $1 FOR UPDATE", stream_of(tenant, there))
        await asyncio.wait_for(heard_in_full(place, bus, ended(7)[0]), 60)
    await connection.close()
    assert [(await place.mark(stream_of(tenant, one)))[2] for one in (here, there)] == ["era", None]


async def test_an_era_that_was_overtaken_before_it_was_accepted_is_accepted_no_more(place: Place) -> None:
    """Restored to a moment after what was heard, which the next restore, to one before it, has no more."""
    bus, tenant, cut, whole = MemoryBus(), new_id(), new_id(), new_id()
    ids = [new_id() for _ in range(8)]

    def all_of(one: UUID, era: int, last: int) -> list[Record]:
        return [told(tenant, one, n, era=era, event_id=ids[n]) for n in range(1, last + 1)]

    await heard_in_full(place, bus, *all_of(cut, 1, 5), *all_of(whole, 1, 5))
    await heard_in_full(place, bus, *all_of(cut, 2, 7), *all_of(whole, 2, 7), *ended(2))
    await heard_in_full(place, bus, *all_of(cut, 3, 3), *all_of(whole, 3, 6), *ended(3))
    listed = await place.database.transact(TENANT, parking.list_parked)
    assert {(line.key.stream, line.waiting) for line in listed} == {
        (stream_of(tenant, cut), 5), (stream_of(tenant, whole), 6)}, "one of the two has the note besides"
    keys = {one: Key("hearer", "customer", stream_of(tenant, one)) for one in (cut, whole)}
    with pytest.raises(RuleBroken, match="rebuild"):
        await place.database.transact(tenant, lambda tx: parking.accept_era(tx, keys[cut], who="ann"))
    await place.database.transact(tenant, lambda tx: parking.accept_era(tx, keys[whole], who="ann"))
    async with rebuilding(place, bus) as rebuild:
        await rebuild.start()
        assert (await rebuild.compare()).rewinds == {keys[cut].stream: 3}
        await rebuild.switch()
        await rebuild.drop()
    await heard_in_full(place, bus, told(tenant, cut, 4, era=3), told(tenant, whole, 7, era=3))
    assert [await place.order(one) for one in (cut, whole)] == ["1 2 3 4", "1 2 3 4 5 6 7"]
    assert [await place.mark(keys[one].stream) for one in (cut, whole)] == [(3, 4, None), (3, 7, None)]
    assert (await place.parked(), held()) == ([], 0)


async def test_two_restores_that_began_an_era_of_the_same_number_are_told_apart(place: Place) -> None:
    bus = MemoryBus()
    await heard_in_full(place, bus, *(one := ended(7)), *one)
    assert (await place.parked(), held()) == ([], 0)
    await heard_in_full(place, bus, *ended(7))
    assert held() == len(one)
    listed = await place.database.transact(TENANT, parking.list_parked)
    assert {line.detail for line in listed} == {"Another restore began an era 7 too."}
    await heard_in_full(place, bus, *ended(8))
    await heard_by(place, bus)
    assert (await place.parked(), held()) == ([], 0)
