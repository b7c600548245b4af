"""A member that reads and commits what is there, says so, and goes on polling until it is killed."""

import asyncio
import sys

from dunlin_events.kafka import KafkaBus
from dunlin_events.postgres_log import PostgresBus
from dunlin_events.topics import Bus


async def main(kind: str, address: str, topic: str, partitions: int) -> None:
    buses: dict[str, type[PostgresBus] | type[KafkaBus]] = {"postgres": PostgresBus, "kafka": KafkaBus}
    bus: Bus = buses[kind](address, topics={topic: partitions}, session_s=6.0)
    reader = bus.reader(f"g-{topic}", [topic], "one")
    await reader.start()
    seen = 0
    while True:
        for partition, received in (await reader.poll(max_records=100, timeout_ms=200)).items():
            await reader.commit({partition: received[-1].offset + 1})
            seen += len(received)
            if seen == 30:
                print("committed", seen, flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])))
