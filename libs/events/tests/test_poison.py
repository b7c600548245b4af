"""Records that can never be applied, of every kind, on both buses: each is parked or passed over, and others flow."""

import asyncio
import json
from uuid import UUID

from both_buses import bus, topic
from hearer import hearing, subscription, told
from prometheus_client import REGISTRY

from dunlin_events.consuming import Consumer
from dunlin_events.envelope import Record, stream_of
from dunlin_events.testing import kafka_broker
from dunlin_events.topics import Bus
from dunlin_kernel.ids import new_id

__all__ = ["bus", "kafka_broker", "topic"]
TENANT, MEGABYTES = new_id(), 2_097_152


def with_header(record: Record, name: str, value: bytes) -> Record:
    return record._replace(headers=tuple((n, value if n == name else v) for n, v in record.headers))


def with_a_long_field(record: Record) -> Record:
    """As well as before, in two megabytes: by a field of later, which is passed over."""
    return record._replace(value=json.dumps(json.loads(record.value or b"") | {"later": "a" * MEGABYTES}).encode())


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
    }


async def test_each_kind_of_poison_stops_its_own_stream_at_most(postgres: str, bus: Bus, topic: str) -> None:
    kinds = ("broken JSON", "two megabytes", "two good megabytes", "no headers", "another tenant's key",
             "unknown type", "future version")
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
                                              "two good megabytes": "1 2 3"}
        async with asyncio.timeout(60):
            while True:
                found = {what: await place.order(one) for what, one in {**customers, "well": well}.items()}
                if found == orders and len(await place.parked()) == 8:
                    break
                await asyncio.sleep(0.05)
        stop.set()
        await running
        await publisher.stop()
        held = {what: (await place.mark(stream_of(TENANT, one)))[2] for what, one in customers.items()}
        assert held == {"broken JSON": "poison", "two megabytes": "poison", "no headers": "hole",
                        "another tenant's key": "hole", "unknown type": None, "future version": None,
                        "two good megabytes": None}
        assert unknown() - passed_over == 2
