"""A record on Kafka that its client cannot read: it is parked by its place, and nothing beside it is passed over."""

import asyncio
import struct
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.record.util import calc_crc32c
from both_buses import topic
from hearer import hearing, subscription, told

from dunlin_events.broker_for_tests import Broker, make_on_mock
from dunlin_events.consuming import Consumer
from dunlin_events.kafka import KafkaBus
from dunlin_events.testing import kafka_broker
from dunlin_events.topics import partition_of
from dunlin_kernel.ids import new_id

__all__ = ["kafka_broker", "topic"]
PARTITIONS, CUSTOMERS = 4, 12
NAME, ODD = b"odd name", b"odd\xff\xfeame"
ATTRIBUTES_AT = 21
"""Where that part of a batch begins which its checksum is over; this one stands right before it."""


async def publish_odd(bootstrap: str, topic: str, partition: int) -> None:
    """A record with a header that no Python client would write."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap)
    await producer.start()
    batch: Any = producer.create_batch()
    batch.append(timestamp=None, key=b"noise", value=b"noise", headers=[(NAME.decode(), b"1")])
    made = bytes(batch._build()).replace(NAME, ODD)
    checksum = struct.pack(">I", calc_crc32c(made[ATTRIBUTES_AT:]))
    batch._buffer = made[: ATTRIBUTES_AT - len(checksum)] + checksum + made[ATTRIBUTES_AT:]
    await (await producer.send_batch(batch, topic, partition=partition))
    await producer.stop()


@pytest.mark.kafka
async def test_a_header_whose_name_is_not_utf8(postgres: str, kafka_broker: Broker, topic: str) -> None:
    if kafka_broker.kind == "mock":
        make_on_mock(kafka_broker.bootstrap, topic)
    bus = KafkaBus(kafka_broker.bootstrap, topics={topic: PARTITIONS})
    await bus.ensure_topics()
    tenant, customers, publisher = new_id(), [new_id() for _ in range(CUSTOMERS)], bus.publisher()
    odd = sorted({partition_of(f"{tenant}:{one}", PARTITIONS) for one in customers})[-2:]
    for sequence in range(1, 6):
        await publisher.publish(topic, [told(tenant, one, sequence) for one in customers])
        if sequence == 3:
            for partition in odd:
                await publish_odd(kafka_broker.bootstrap, topic, partition)
    await publisher.stop()
    assert len((await bus.tail(topic, 1000)).records) == 5 * CUSTOMERS
    async with hearing(postgres) as place:
        consumer = Consumer(bus.reader(topic, [topic], "one"), [subscription()], place.database.transact, name="hearer")
        stop = asyncio.Event()
        running = asyncio.create_task(consumer.run(stop))
        async with asyncio.timeout(120):
            while True:
                orders = [await place.order(one) for one in customers]
                if orders == ["1 2 3 4 5"] * CUSTOMERS and len(await place.parked()) == len(odd):
                    break
                await asyncio.sleep(0.2)
        stop.set()
        await running
        parked = await place.rows("SELECT mark, reason, headers FROM parked_event ORDER BY mark")
    assert [mark.partition("@")[0] for mark, *_ in parked] == [f"{topic}/{partition}" for partition in odd]
    assert all(reason == "undecodable" and "UnicodeDecodeError" in headers for _, reason, headers in parked)
