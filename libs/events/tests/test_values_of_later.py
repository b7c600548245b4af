"""A list of values may grow: a hearer that was not upgraded keeps the fact, and applies it once it is."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from enum import StrEnum
from typing import ClassVar, Literal

import pytest
from hearer import Place, Sum, load, record_of, save

from dunlin_events.consuming import Consumer, ParkingLimit, Subscription, TooManyParked
from dunlin_events.contracts.base import FACTS, CustomerEvent, Event
from dunlin_events.envelope import stream_of
from dunlin_events.memory_bus import MemoryBus
from dunlin_events.testing import deliver_all
from dunlin_kernel.ids import new_id

TOPIC = "dunlin-customer"
TENANT, CUSTOMER = new_id(), new_id()


class Size(StrEnum):
    SMALL = "small"


class LargerSize(StrEnum):
    SMALL = "small"
    LARGE = "large"


@pytest.fixture(autouse=True)
def _no_trace() -> Iterator[None]:
    """The facts made up here are forgotten after each test."""
    yield
    FACTS.pop("dunlin.customer.BirdSeen.v1", None)


def before() -> type[Event]:
    """The fact as an old hearer knows it."""
    class BirdSeen(CustomerEvent):
        """A bird was seen."""

        owner: ClassVar[str] = "customer"
        sizes: list[Size]
        colour: Literal["red"] = "red"
        count: int

    return BirdSeen


def after() -> type[Event]:
    """The same, after its lists have grown."""
    class BirdSeen(CustomerEvent):
        """A bird was seen."""

        owner: ClassVar[str] = "customer"
        sizes: list[LargerSize]
        colour: Literal["red", "blue"] = "red"
        count: int

    return BirdSeen


async def heard(place: Place, contract: type[Event], *facts: tuple[int, Event | bytes]) -> None:
    """Let a hearer of this version take these facts, by sequence; it stops at the first poison."""
    bus, subscription = MemoryBus(), Subscription(consumer="hearer", owner="customer", load=load, save=save)

    @subscription.on(contract)
    def seen(event: Event, found: Sum) -> Sum:
        return replace(found, order=f"{found.order} {event.heard.sequence}".strip())

    records = []
    for sequence, fact in facts:
        told = fact if isinstance(fact, Event) else _well(contract)
        record = record_of(TENANT, CUSTOMER, sequence, told)
        records.append(record if isinstance(fact, Event) else record._replace(value=fact))
    await bus.publisher().publish(TOPIC, records)
    reader, limit = bus.reader("hearer", [TOPIC], "one"), ParkingLimit(0, timedelta(minutes=10))
    await deliver_all(Consumer(reader, [subscription], place.database.transact, name="hearer", limit=limit))


def _well(contract: type[Event], **fields: object) -> Event:
    return contract.model_validate({"customer_id": CUSTOMER, "sizes": ["small"], "count": 1} | fields)


async def test_a_value_of_later_waits_for_the_upgrade_and_is_no_poison(place: Place) -> None:
    new = after()
    told = [(1, _well(new)), (2, _well(new, sizes=["small", "large"])), (3, _well(new, colour="blue")), (4, _well(new))]
    await heard(place, before(), *told)
    assert await place.order(CUSTOMER) == "1"
    assert await place.mark(stream_of(TENANT, CUSTOMER)) == (1, 1, "unready")
    assert await place.parked() == [("1/2", "unready"), ("1/3", "behind"), ("1/4", "behind")]
    [(detail,)] = await place.rows("SELECT detail FROM parked_event WHERE mark = '1/2'")
    assert "unknown_value" in detail
    await heard(place, before())
    assert await place.mark(stream_of(TENANT, CUSTOMER)) == (1, 1, "unready"), "it is tried in vain, and stays"
    await heard(place, after())
    assert await place.order(CUSTOMER) == "1 2 3 4"
    assert await place.mark(stream_of(TENANT, CUSTOMER)) == (1, 4, None)
    assert await place.parked() == []


async def test_a_second_value_of_later_holds_the_stream_as_the_first_did(place: Place) -> None:
    """The one behind is found out only while what waits is drained."""
    new = after()
    await heard(place, before(), (2, _well(new)), (3, _well(new, colour="blue")), (1, _well(new)))
    assert await place.order(CUSTOMER) == "1 2"
    assert await place.mark(stream_of(TENANT, CUSTOMER)) == (1, 2, "unready")
    assert await place.parked() == [("1/3", "unready")]


async def test_what_is_wrong_in_another_way_too_is_poison(place: Place) -> None:
    wrong = f'{{"customer_id": "{CUSTOMER}", "sizes": ["large"], "count": "many"}}'.encode()
    with pytest.raises(TooManyParked, match="1 events parked"):
        await heard(place, before(), (1, wrong))
    assert await place.parked() == [("1/1", "poison")]
