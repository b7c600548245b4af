"""The last records of a Kafka topic, read by a client that is in no group."""

import asyncio
from collections.abc import Sequence
from typing import Any

from dunlin_events.envelope import Record
from dunlin_events.kafka_clients import let_go
from dunlin_events.topics import Partition, Received, Tail


def received(found: Any) -> Received:
    """A record as the client gives it."""
    record = Record((found.key or b"").decode(errors="replace"), tuple(found.headers), found.value)
    return Received(Partition(found.topic, found.partition), found.offset, record)


async def last_records(consumer: Any, partitions: Sequence[Any], most: int, patience_s: float) -> Tail:
    """The last `most` of each partition. Raises what the client raises, and TimeoutError."""
    found: dict[Any, list[Record]] = {}
    try:
        async with asyncio.timeout(patience_s):
            await consumer.start()
            consumer.assign(partitions)
            begins, ends = await consumer.beginning_offsets(partitions), await consumer.end_offsets(partitions)
            missing = {at: ends[at] for at in partitions if ends[at] > begins[at]}
            consumer.pause(*(at for at in partitions if at not in missing))
            for at, end in missing.items():
                consumer.seek(at, max(begins[at], end - most))
            for at, end in missing.items():
                while await consumer.position(at) < end:
                    records = await _next(consumer, at, most)
                    found.setdefault(at, []).extend(received(one).record for one in records if one.offset < end)
    finally:
        await let_go(consumer)
    return Tail([record for at in sorted(found) for record in found[at]],
                {at.partition: end for at, end in ends.items() if end})


async def _next(consumer: Any, at: Any, most: int) -> Sequence[Any]:
    """What comes next; nothing for a record that the client cannot read, which is passed over."""
    try:
        found: Sequence[Any] = (await consumer.getmany(at, timeout_ms=200, max_records=most)).get(at, ())
        return found
    except UnicodeDecodeError:
        if most > 1:
            return await _next(consumer, at, most // 2)
        consumer.seek(at, await consumer.position(at) + 1)
        return ()
