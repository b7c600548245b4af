"""`python -m dunlin_local topics`: the topics on Kafka, made where missing and refused where wrong.

One process does in a second what `deploy/kafka/topics.sh` does with a Java start for each topic.
"""

import argparse
import asyncio

from dunlin_events.kafka import KafkaBus
from dunlin_events.topics import BusAway, WrongPartitionCount
from dunlin_local.terminal import give_up


def run(arguments: argparse.Namespace) -> int:
    """Make and check them once."""
    try:
        asyncio.run(KafkaBus(arguments.bootstrap).ensure_topics())
    except (BusAway, WrongPartitionCount) as error:
        give_up(str(error))
    return 0
