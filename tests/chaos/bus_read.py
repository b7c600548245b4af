"""All that ever was put on some topics, read as a consumer that nobody knows would read it."""

from collections.abc import Mapping, Sequence

from patience import Patience
from production_shape import Fleet

from dunlin_events.envelope import Record
from dunlin_events.kafka import KafkaBus
from dunlin_events.postgres_log import PostgresBus
from dunlin_events.topics import MANIFEST, Bus, Partition
from dunlin_kernel.ids import new_id
from dunlin_kit.settings import BusKind

PATIENCE_SECONDS = 120
"""Without any movement, after which what a topic counts and does not give is gone."""


async def bus_records(fleet: Fleet, topics: Sequence[str]) -> Mapping[str, list[Record]]:
    """Every record, duplicates included, in order per key. Fails when some that a topic counts do not come."""
    bus: Bus = KafkaBus(fleet.kafka) if fleet.bus is BusKind.KAFKA else PostgresBus(fleet.databases.bus_url)
    reader = bus.reader(f"proof-{new_id()}", topics, "proof")
    every = {Partition(topic, number) for topic in topics for number in range(MANIFEST[topic])}
    await reader.start()
    records: dict[str, list[Record]] = {topic: [] for topic in topics}
    try:
        empty = 0
        patience = Patience(lambda: (reader.lag(), sum(map(len, records.values()))), seconds=PATIENCE_SECONDS)
        while empty < 3 or reader.lag().keys() != every or any(reader.lag().values()):
            assert patience.lasts(), f"a topic counts records that it does not give: {reader.lag()}"
            found = await reader.poll(max_records=2000, timeout_ms=300)
            for partition, received in found.items():
                records[partition.topic] += [one.record for one in received]
            empty = 0 if found else empty + 1
    finally:
        await reader.stop()
    return records
