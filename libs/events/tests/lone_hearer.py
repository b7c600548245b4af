"""A hearer, its operator or the rebuild of its projection, in a process of its own that can end at a crash point."""

import argparse
import asyncio
import sys

from hearer import ClockRow, Place, SumRow, subscription

from dunlin_events.consuming import Consumer
from dunlin_events.dead_letters import DeadLetters
from dunlin_events.operating import add_commands, operate
from dunlin_events.postgres_log import PostgresBus
from dunlin_events.projection import Copied, Projection
from dunlin_events.rebuilding import Rebuild, Transacting
from dunlin_events.testing import deliver_all
from dunlin_events.topics import dead_letters_of
from dunlin_kit.database import Database
from dunlin_kit.rebuilds import seeing_only

TOPIC = "dunlin-customer"
BUS = {TOPIC: 2, dead_letters_of(TOPIC, "hearer"): 1}


async def main(dsn: str, log: str, asked: str, *more: str) -> None:
    bus, place = PostgresBus(log, topics=BUS), Place(dsn, Database(dsn, source="/dunlin/test"))
    if asked == "hear":
        reader = bus.reader("hearer", [TOPIC], "one")
        consumer = Consumer(reader, [subscription()], place.database.transact, name="hearer")
        await deliver_all(consumer.copying_to(DeadLetters(bus.publisher(), "hearer")))
    elif asked == "rebuild":
        await getattr(rebuild_of(place, bus), more[0])()
    else:
        commands = argparse.ArgumentParser()
        add_commands(commands.add_subparsers(dest="command"))
        await operate(dsn, commands.parse_args([asked, *more]), TOPIC, bus)


def rebuild_of(place: Place, bus: PostgresBus) -> Rebuild:
    projection = Projection("sums", subscription(), (Copied(SumRow), Copied(ClockRow, customer=None)))
    shadow = seeing_only(Database(place.dsn, source="/dunlin/test", pool_size=2), projection.schema)
    return Rebuild(projection, bus, place.dsn, Transacting(shadow.transact, place.database.transact))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
