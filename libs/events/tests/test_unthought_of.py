"""Whatever a handler raises: its stream stands still, all others flow; what is the world's is waited for."""

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from hearer import Mood, Place, subscription, told
from sqlalchemy.exc import OperationalError

from dunlin_events import dead_letters, draining, standing
from dunlin_events.applying import apply
from dunlin_events.broken_world import Away, is_world_broken
from dunlin_events.consuming import Consumer, ParkingLimit, TooManyParked
from dunlin_events.contracts.customer import CustomerContactsChanged
from dunlin_events.dead_letters import DeadLetters
from dunlin_events.envelope import Record, stream_of
from dunlin_events.memory_bus import MemoryBus
from dunlin_events.parked_rows import Parked
from dunlin_events.subscription import Tx
from dunlin_events.testing import deliver_all
from dunlin_events.topics import BusAway, Stretch, dead_letters_of
from dunlin_events.watermark import POISON, Key
from dunlin_kernel.errors import RuleBroken
from dunlin_kernel.ids import new_id
from dunlin_kit.database import OutcomeUnknown
from dunlin_kit.pooling import Unavailable

TOPIC, TENANT = "dunlin-customer", new_id()


class Raising(Mood):
    """Contacts from 600 on raise the first, the second, ... of these."""

    def __init__(self, *errors: Exception) -> None:
        super().__init__()
        self._errors = errors

    def meet(self, event: CustomerContactsChanged) -> None:
        if event.contacts >= 600:
            raise self._errors[event.contacts - 600]


async def reading(bus: MemoryBus, records: Sequence[Record], transact: Any, mood: Mood | None = None) -> Consumer:
    await bus.publisher().publish(TOPIC, records)
    return Consumer(bus.reader("hearer", [TOPIC], "one"), [subscription(mood)], transact, name="hearer")


OF_THE_EVENT = [
    RuntimeError("unthought of"), StopIteration(), NotImplementedError(), RecursionError(), BufferError(), EOFError(),
    asyncpg.ProgramLimitExceededError("too long"), asyncpg.UndefinedFunctionError("no such function"),
    asyncpg.exceptions._base.DataError("a value that cannot be sent"), asyncpg.DataError("x"),
    asyncpg.CheckViolationError("x"), RuleBroken("too_many", "Refused."), ValueError(),
    json.JSONDecodeError("x", "", 0),
]
OF_THE_WORLD = [
    Away("x"), Unavailable("x"), OutcomeUnknown("x"), BusAway("x"), ConnectionResetError(), TimeoutError(), OSError(),
    MemoryError(), asyncpg.ConnectionDoesNotExistError("x"), asyncpg.InterfaceError("connection is closed"),
    asyncpg.AdminShutdownError("x"), asyncpg.CannotConnectNowError("x"), asyncpg.QueryCanceledError("x"),
    asyncpg.DiskFullError("x"), asyncpg.TooManyConnectionsError("x"), asyncpg.DeadlockDetectedError("x"),
    asyncpg.LockNotAvailableError("x"), asyncpg.ReadOnlySQLTransactionError("x"), asyncpg.TransactionTimeoutError("x"),
    asyncpg.InvalidCachedStatementError("x"), OperationalError("x", None, Exception("x")),
]


def name_of(error: Exception) -> str:
    return f"{type(error).__module__}.{type(error).__name__}"


@pytest.mark.parametrize("error", OF_THE_EVENT, ids=name_of)
def test_what_fails_for_any_other_reason_is_of_the_event(error: Exception) -> None:
    assert not is_world_broken(error)


@pytest.mark.parametrize("error", OF_THE_WORLD, ids=name_of)
def test_what_is_away_is_the_world(error: Exception) -> None:
    assert is_world_broken(error)


async def test_an_error_unthought_of_stops_its_own_stream_only(place: Place) -> None:
    """Each once as the next event of its stream, once in a stream that waited for a hole to close."""
    errors = range(600, 600 + len(OF_THE_EVENT))
    bad, late, well = [[new_id() for _ in errors] for _ in range(3)]
    records = [record for n, error in enumerate(errors) for record in (
        told(TENANT, bad[n], 1, error), told(TENANT, bad[n], 2), told(TENANT, late[n], 2, error),
        told(TENANT, late[n], 1), told(TENANT, well[n], 1))]
    await deliver_all(await reading(MemoryBus(), records, place.database.transact, Raising(*OF_THE_EVENT)))
    orders = {await place.order(one) for one in bad}, {await place.order(one) for one in (*late, *well)}
    assert orders == ({""}, {"1"})
    assert Counter(await place.parked()) == dict.fromkeys(
        [("1/1", "poison"), ("1/2", "behind"), ("1/2", "poison")], len(errors))
    assert {(await place.mark(stream_of(TENANT, one)))[2] for one in (*bad, *late)} == {"poison"}


async def test_an_error_that_hits_every_event_stops_the_consumer(place: Place) -> None:
    bus = MemoryBus()
    await bus.publisher().publish(TOPIC, [told(TENANT, new_id(), 1, 600) for _ in range(9)])
    consumer = Consumer(
        bus.reader("hearer", [TOPIC], "one"), [subscription(Raising(RuntimeError()))], place.database.transact,
        name="hearer", limit=ParkingLimit(events=3))
    async with asyncio.timeout(120):
        with pytest.raises(TooManyParked):
            await consumer.run(asyncio.Event())
    assert len(await place.parked()) == 4


async def test_a_batch_too_large_for_the_time_limits_comes_again_in_parts(place: Place) -> None:
    async def transact(tenant: UUID, work: Any) -> Any:
        if work.func is apply and len(work.keywords["items"]) > 7:
            raise Unavailable("the database took too long")
        return await place.database.transact(tenant, work)

    customers, failed = [new_id() for _ in range(40)], 0
    consumer = await reading(MemoryBus(), [told(TENANT, one, 1) for one in customers], transact)
    for _ in range(60):
        try:
            await consumer.turn(timeout_ms=0)
        except Unavailable:
            failed += 1
    assert [await place.order(one) for one in customers] == ["1"] * len(customers)
    assert await place.parked() == []
    assert failed < 15


async def test_a_batch_is_down_to_one_event_at_last_and_grows_again(place: Place) -> None:
    sizes: list[int] = []

    async def transact(tenant: UUID, work: Any) -> Any:
        if work.func is apply:
            sizes.append(len(work.keywords["items"]))
            if len(sizes) <= 8:
                raise Unavailable("it is away")
        return await place.database.transact(tenant, work)

    one = new_id()
    consumer = await reading(MemoryBus(), [told(TENANT, one, n) for n in range(1, 121)], transact)
    for _ in range(8):
        with pytest.raises(Unavailable):
            await consumer.turn(timeout_ms=0)
    await deliver_all(consumer)
    assert sizes[:8] == [100, 50, 25, 12, 6, 3, 1, 1]
    assert sizes[8:11] == [1, 2, 4]
    assert await place.order(one) == " ".join(map(str, range(1, 121)))


async def test_what_waits_and_is_too_much_at_once_goes_on_one_by_one(place: Place) -> None:
    async def transact(tenant: UUID, work: Any) -> Any:
        if work.func is draining._step and work.keywords["limit"] > 1:
            raise Unavailable("the database took too long")
        return await place.database.transact(tenant, work)

    one, bus = new_id(), MemoryBus()
    consumer = await reading(bus, [told(TENANT, one, n) for n in (2, 3, 4, 1)], transact)
    await deliver_all(consumer)
    assert (await place.order(one), await place.parked()) == ("1 2 3 4", [])


class Cancelled:
    """A publisher whose client cancels within itself."""

    def __init__(self) -> None:
        self.asked = 0

    async def start(self) -> None:
        return None

    async def publish(self, topic: str, records: Sequence[Record]) -> Mapping[int, Stretch]:
        self.asked += 1
        raise asyncio.CancelledError

    async def stop(self) -> None:
        return None


async def test_a_copy_that_is_cancelled_within_is_counted_and_stops_nothing(place: Place) -> None:
    group, well = new_id().hex, new_id()
    failures = dead_letters.FAILURES.labels(dead_letters_of(TOPIC, group))
    consumer = await reading(
        MemoryBus(), [told(TENANT, new_id(), 1, 666), told(TENANT, well, 1)], place.database.transact)
    await deliver_all(consumer.copying_to(DeadLetters(Cancelled(), group)))
    assert (await place.order(well), failures._value.get()) == ("1", 1)


async def test_what_is_parked_is_counted_before_it_is_copied(place: Place) -> None:
    """So a copy that an order to end breaks off was counted all the same."""
    done: list[str] = []

    async def transact(tenant: UUID, work: Any) -> Any:
        done.append(work.func.__name__)
        return await place.database.transact(tenant, work)

    class Noting(DeadLetters):
        async def copy(self, parked: Sequence[Parked]) -> None:
            done.append("copy")

    told_of = standing.Standing([subscription()], transact, ParkingLimit(events=-1))
    told_of.dead_letters = Noting(MemoryBus().publisher(), "g")
    record = told(TENANT, new_id(), 1, 666)
    with pytest.raises(TooManyParked):
        await told_of.tell([Parked(Key("hearer", "customer", record.key), "1/1", record, None, POISON, "x")])
    assert done == ["poisoned", "copy"]


async def test_many_that_are_unready_are_tried_in_turn_and_hold_no_new_event_up(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With no time for more than one at a try: what is new comes between any two of them."""
    tried: list[str] = []

    async def transact(tenant: UUID, work: Any) -> Any:
        if work.func is draining._step and work.keywords["limit"] == 1:
            tried.append(work.keywords["key"].stream)
        return await place.database.transact(tenant, work)

    unready, well, bus, mood = [new_id() for _ in range(6)], new_id(), MemoryBus(), Mood(waits=True)
    consumer = await reading(bus, [told(TENANT, one, 1, 503) for one in unready], transact, mood)
    monkeypatch.setattr(standing, "TRY_S", 0.0)
    await consumer.turn(timeout_ms=0)
    monkeypatch.setattr(standing, "UNREADY_S", 0.0)
    for n in range(1, 7):
        await bus.publisher().publish(TOPIC, [told(TENANT, well, n)])
        await consumer.turn(timeout_ms=0)
        assert len(tried) == n
        assert await place.order(well) == " ".join(map(str, range(1, n + 1)))
    assert sorted(tried) == sorted(stream_of(TENANT, one) for one in unready)
    mood.waits = False
    for _ in unready:
        await consumer.turn(timeout_ms=0)
    assert [await place.order(one) for one in unready] == ["1"] * 6


async def test_the_time_to_the_next_try_begins_when_one_has_ended_even_in_failure(place: Place) -> None:
    clock, at, broken = asyncio.get_running_loop().time, [0.0], [False]

    async def transact(tenant: UUID, work: Callable[[Tx], Awaitable[Any]]) -> Any:
        at[0] = clock()
        if broken[0]:
            raise Unavailable("it is away")
        return await place.database.transact(tenant, work)

    told_of = standing.Standing([subscription()], transact, ParkingLimit())
    await told_of.retry()
    assert told_of._next_try >= at[0] + standing.LOOK_S
    told_of._next_try, broken[0] = 0.0, True
    with pytest.raises(Unavailable):
        await told_of.retry()
    assert told_of._next_try >= at[0] + standing.UNREADY_S
