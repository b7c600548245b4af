"""The last records of a Kafka topic, read by a client that is in no group."""

import asyncio
from collections.abc import Sequence
from typing import Any

from dunlin_events.envelope import Record
from dunlin_events.topics import Partition, Received


def received(found: Any) -> Received:
    """A record as the client gives it."""
    record = Record((found.key or b"").decode(errors="replace"), tuple(found.headers), found.value)
    return Received(Partition(found.topic, found.partition), found.offset, record)


async def last_records(consumer: Any, partitions: Sequence[Any], most: int, patience_s: float) -> list[Record]:
    """The last `most` of each partition, in order. Raises what the client raises, and TimeoutError."""
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
            while missing:
                for at, records in (await consumer.getmany(timeout_ms=200)).items():
                    found.setdefault(at, []).extend(received(one).record for one in records if one.offset < ends[at])
                missing = {at: end for at, end in missing.items() if await consumer.position(at) < end}
    finally:
        await consumer.stop()
    return [record for at in sorted(found) for record in found[at]]
