"""All that ever was put on a topic, read as a consumer that nobody knows would read it."""

from production_shape import Fleet

from dunlin_events.envelope import Record
from dunlin_events.kafka import KafkaBus
from dunlin_events.postgres_log import PostgresBus
from dunlin_events.topics import Bus
from dunlin_kernel.ids import new_id
from dunlin_kit.settings import BusKind


async def bus_records(fleet: Fleet, topic: str) -> list[Record]:
    """Every record, duplicates included, in order per key."""
    bus: Bus = KafkaBus(fleet.kafka) if fleet.bus is BusKind.KAFKA else PostgresBus(fleet.databases.bus_url)
    reader = bus.reader(f"proof-{new_id()}", [topic], "proof")
    await reader.start()
    records: list[Record] = []
    try:
        empty = 0
        while empty < 3:
            found = await reader.poll(max_records=2000, timeout_ms=300)
            records += [one.record for received in found.values() for one in received]
            empty = 0 if found or any(reader.lag().values()) or not reader.assigned() else empty + 1
    finally:
        await reader.stop()
    return records
