"""Hear billing's facts from Kafka, and keep what each customer owes.

python subscriber.py --bootstrap localhost:9092 --group acme-reporting --books books.sqlite
"""

import argparse
import asyncio
import json
from collections.abc import Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import CommitFailedError, IllegalGenerationError, RebalanceInProgressError
from books import Books, Fact


def fact_of(record: Any) -> Fact:
    """CloudEvents in binary mode: attributes are headers that begin with `ce_`, the value is the data."""
    attributes = {name.removeprefix("ce_"): value.decode() for name, value in record.headers if name.startswith("ce_")}
    return attributes | {"data": json.loads(record.value)}


async def present_era(topic: str, bootstrap: str) -> int:
    """In which the owner tells now: it has all that is still true. The last record of each partition says it."""
    looking, eras = AIOKafkaConsumer(topic, bootstrap_servers=bootstrap), [1]  # in no group: of all partitions
    await looking.start()
    try:
        for part, end in (await looking.end_offsets(looking.assignment())).items():
            if end > 0:
                looking.seek(part, end - 1)
                eras.append(int(fact_of(await looking.getone(part))["era"]))
    finally:
        await looking.stop()
    return max(eras)


async def hear(books: Books, consumer: Any, *, stop_when_idle: bool) -> None:
    """Apply first, then say to the broker how far. What comes again after a crash was applied, and is passed over."""
    idle = 0
    while idle < 3 or not stop_when_idle:
        batch = await consumer.getmany(timeout_ms=1000, max_records=500)
        idle = 0 if batch or not consumer.assignment() else idle + 1
        books.hear(fact_of(record) for records in batch.values() for record in records)
        for hole in books.holes():
            print(f"HOLE {hole}", flush=True)
        for doubt in books.doubts():
            print(f"ERA {doubt}", flush=True)
        if batch:
            await store_offsets(consumer, batch)


async def store_offsets(consumer: Any, batch: dict[Any, Sequence[Any]]) -> None:
    try:
        await consumer.commit({partition: records[-1].offset + 1 for partition, records in batch.items()})
    except (CommitFailedError, IllegalGenerationError, RebalanceInProgressError):
        print("The partitions went to another member, which reads these records again.", flush=True)


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bootstrap", required=True)
    parser.add_argument("--group", required=True, help="a name of your own; who keeps it reads on where it stopped")
    parser.add_argument("--member", default="one", help="the stable name of this process in its group")
    parser.add_argument("--books", required=True, help="the SQLite file")
    parser.add_argument("--topic", default="dunlin-billing")
    parser.add_argument("--once", action="store_true", help="stop when nothing comes for three seconds")
    given = parser.parse_args()
    books = Books(given.books)
    books.join(await present_era(given.topic, given.bootstrap))
    consumer = AIOKafkaConsumer(
        given.topic, bootstrap_servers=given.bootstrap, group_id=given.group,
        group_instance_id=given.member,  # back within the session timeout, it has its partitions again at once
        enable_auto_commit=False,  # else records count as read before they were applied
        auto_offset_reset="earliest",  # a new group begins with the first fact
    )
    await consumer.start()
    try:
        await hear(books, consumer, stop_when_idle=given.once)
    finally:
        await consumer.stop()


if __name__ == "__main__":
    asyncio.run(main())
