"""Records that can never be applied, of every kind, on both buses: each is parked or passed over, and others flow."""

import asyncio
import json
import random
from uuid import UUID

import pytest
from both_buses import bus, topic
from hearer import hearing, subscription, told
from prometheus_client import REGISTRY

from dunlin_events.applying import Item
from dunlin_events.consuming import Consumer
from dunlin_events.envelope import Envelope, Record, Undecodable, latest_era, stream_of
from dunlin_events.memory_bus import MemoryBus
from dunlin_events.parked_rows import headers_of
from dunlin_events.testing import deliver_all, kafka_broker
from dunlin_events.topics import Bus
from dunlin_kernel.ids import new_id

__all__ = ["bus", "kafka_broker", "topic"]
TOPIC, TENANT, MEGABYTES = "dunlin-customer", new_id(), 2_097_152


def with_header(record: Record, name: str, value: bytes | None) -> Record:
    return record._replace(headers=tuple((n, value if n == name else v) for n, v in record.headers))


def with_a_long_field(record: Record) -> Record:
    """As well as before, in two megabytes: by a field of later, which is passed over."""
    return record._replace(value=json.dumps(json.loads(record.value or b"") | {"later": "a" * MEGABYTES}).encode())


def deep(key: str) -> Record:
    """In structured mode, nested beyond what any reader follows."""
    return Record(key, (("content-type", b"application/cloudevents+json"),), b"[" * 200_000)


def unknown() -> float:
    labels = {"consumer": "hearer", "owner": "customer"}
    return REGISTRY.get_sample_value("dunlin_consumer_unknown_types_total", labels) or 0.0


def poisons(customers: dict[str, UUID]) -> dict[str, Record]:
    """The second event of a customer each."""
    well = {what: told(TENANT, customer, 2) for what, customer in customers.items()}
    return {
        "broken JSON": well["broken JSON"]._replace(value=b'{"customer_id": '),
        "two megabytes": well["two megabytes"]._replace(value=b'{"x": "' + b"a" * MEGABYTES),
        "two good megabytes": with_a_long_field(well["two good megabytes"]),
        "no headers": well["no headers"]._replace(headers=()),
        "another tenant's key": with_header(well["another tenant's key"], "ce_partitionkey", b"nobody:"),
        "unknown type": with_header(well["unknown type"], "ce_type", b"dunlin.customer.NeverHeardOf.v1"),
        "future version": with_header(well["future version"], "ce_type", b"dunlin.customer.CustomerContactsChanged.v9"),
        "null header": with_header(well["null header"], "ce_type", None),
        "null content type": with_header(well["null content type"], "content-type", None),
        "deep JSON": deep(well["deep JSON"].key),
    }


async def test_each_kind_of_poison_stops_its_own_stream_at_most(postgres: str, bus: Bus, topic: str) -> None:
    kinds = ("broken JSON", "two megabytes", "two good megabytes", "no headers", "another tenant's key",
             "unknown type", "future version", "null header", "null content type", "deep JSON")
    customers, well, stop = {what: new_id() for what in kinds}, new_id(), asyncio.Event()
    passed_over = unknown()
    async with hearing(postgres) as place:
        publisher = bus.publisher()
        consumer = Consumer(bus.reader(topic, [topic], "one"), [subscription()], place.database.transact, name="hearer")
        running = asyncio.create_task(consumer.run(stop))
        await publisher.publish(topic, [told(TENANT, customer, 1) for customer in (*customers.values(), well)])
        await publisher.publish(topic, [*poisons(customers).values()])
        await publisher.publish(topic, [told(TENANT, customer, 3) for customer in customers.values()])
        await publisher.publish(topic, [told(TENANT, well, n) for n in range(2, 6)])
        orders = dict.fromkeys(kinds, "1") | {"unknown type": "1 3", "future version": "1 3", "well": "1 2 3 4 5",
                                              "two good megabytes": "1 2 3", "null content type": "1 2 3"}
        async with asyncio.timeout(60):
            while True:
                found = {what: await place.order(one) for what, one in {**customers, "well": well}.items()}
                if found == orders and len(await place.parked()) == 12:
                    break
                await asyncio.sleep(0.05)
        stop.set()
        await running
        await publisher.stop()
        held = {what: (await place.mark(stream_of(TENANT, one)))[2] for what, one in customers.items()}
        assert held == {"broken JSON": "poison", "two megabytes": "poison", "no headers": "hole",
                        "another tenant's key": "hole", "unknown type": None, "future version": None,
                        "two good megabytes": None, "null header": "hole", "null content type": None,
                        "deep JSON": "hole"}
        assert unknown() - passed_over == 2


WELL = told(TENANT, new_id(), 2)
OUT_OF_BOUNDS = {
    "era above an integer": with_header(WELL, "ce_era", b"2147483648"),
    "era far beyond the clock": with_header(WELL, "ce_era", b"2147483647"),
    "no era": with_header(WELL, "ce_era", b"0"),
    "sequence above a bigint": with_header(WELL, "ce_sequence", b"9223372036854775808"),
    "no sequence": with_header(WELL, "ce_sequence", b"0"),
    "NUL in a stream": with_header(WELL, "ce_partitionkey", WELL.key.encode() + b"\0"),
    "NUL in a type": with_header(WELL, "ce_type", b"x\0y"),
    "NUL in a cause": with_header(WELL, "ce_correlationid", b"\0"),
    "a stream beyond any index": with_header(WELL, "ce_partitionkey", WELL.key.encode() + random.randbytes(9_000)),
    "NUL in a key and a header": Record("a\0b", (("x\0", b"\0\xff"), ("ce_id", None)), b"\0"),
    "a key beyond any index": Record(random.randbytes(9_000).decode("latin-1"), (), b"noise"),
}


@pytest.mark.parametrize("what", OUT_OF_BOUNDS)
def test_an_envelope_is_refused_that_no_database_keeps(what: str) -> None:
    with pytest.raises(Undecodable):
        Envelope.of(OUT_OF_BOUNDS[what])


@pytest.mark.parametrize(("era", "sequence"), [(1, 1), (latest_era(), 2**63 - 1)], ids=["least", "most"])
def test_an_envelope_at_the_bounds_is_read(era: int, sequence: int) -> None:
    envelope = Envelope.of(told(TENANT, new_id(), sequence, era=era))
    assert (envelope.era, envelope.sequence) == (era, sequence)


def test_a_record_at_which_reading_itself_fails_is_undecodable(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_: Record) -> Record:
        raise RecursionError

    monkeypatch.setattr("dunlin_events.applying.in_binary_mode", fails)
    item = Item.of(subscription(), WELL, "here")
    assert (item.envelope, item.event, item.spoilt) == (None, None, "RecursionError()")


async def test_what_no_database_keeps_is_parked_in_a_form_that_it_does(postgres: str) -> None:
    """All in one batch with events that are well, before, between and after."""
    bus, customers = MemoryBus(), [new_id() for _ in OUT_OF_BOUNDS]
    bad = list(OUT_OF_BOUNDS.values())
    records = [one for n, customer in enumerate(customers) for one in (told(TENANT, customer, 1), bad[n])]
    async with hearing(postgres) as place:
        await bus.publisher().publish(TOPIC, [*records, *(told(TENANT, customer, 2) for customer in customers)])
        reader = bus.reader("hearer", [TOPIC], "one")
        await deliver_all(Consumer(reader, [subscription()], place.database.transact, name="hearer"))
        assert [await place.order(customer) for customer in customers] == ["1 2"] * len(bad)
        assert [reason for _, reason in await place.parked()] == ["undecodable"] * len(bad)
        [(headers, payload)] = await place.rows("SELECT headers, payload FROM parked_event WHERE stream = 'a\\0b'")
        assert (headers_of(headers), payload) == ((("x\0", b"\0\xff"), ("ce_id", None)), b"\0")
        assert {partition: len(log) for partition, log in bus.logs.items()} == {
            partition: at for (_, partition), at in bus.committed.items()}
