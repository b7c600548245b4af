"""Whether the topics on Kafka are what the manifest says of them."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

import structlog
from prometheus_client import Gauge

from dunlin_events.topics import REPLICAS, TOPIC_CONFIGS, WrongPartitionCount, in_sync_of

_IN_SYNC: Final = "min.insync.replicas"
UNSAFE = Gauge("dunlin_topic_unsafe", "1 where a topic may lose facts: it is not as the manifest says", ["topic"])
_log = structlog.get_logger(__name__)


async def hold(admin: Any, topics: Mapping[str, int], settings: Sequence[Any], patience_ms: int) -> None:
    """Say loudly which may lose facts; `settings` are the cluster's answers. Refuses: wrong_partition_count."""
    found = await _partitions_of(admin, topics, patience_ms / 1000)
    for topic, partitions in found.items():
        if len(partitions) != topics[topic]:
            raise WrongPartitionCount(topic, len(partitions), topics[topic])
    brokers = len((await admin.describe_cluster())["brokers"])
    known = {name: {entry[0]: entry[1] for entry in entries}
             for answer in settings for code, _, _, name, entries in answer.resources if not code}
    for topic, partitions in found.items():
        replicas = min(len(partition["replicas"]) for partition in partitions)
        amiss = differences(known.get(topic, {}), replicas=replicas, brokers=brokers)
        UNSAFE.labels(topic).set(1 if amiss else 0)
        if amiss:
            _log.error("topic_unsafe", topic=topic, amiss=amiss)


def differences(settings: Mapping[str, str], *, replicas: int, brokers: int) -> list[str]:
    """In what a topic is not as the manifest says; a setting that the cluster does not tell is passed over."""
    wanted = min(REPLICAS, brokers)
    amiss = [f"replication factor is {replicas}, not {wanted} or more"] if replicas < wanted else []
    in_sync, least = settings.get(_IN_SYNC), in_sync_of(max(replicas, wanted))
    if in_sync is not None and int(in_sync) < least:
        amiss.append(f"{_IN_SYNC} is {in_sync}, not {least} or more")
    return amiss + [f"{name} is {settings[name]}, not {value}" for name, value in TOPIC_CONFIGS.items()
                    if settings.get(name, value) != value]


async def _partitions_of(admin: Any, topics: Mapping[str, int], patience_s: float) -> dict[str, Sequence[Any]]:
    """Of each topic, as soon as the brokers know all of them."""
    async with asyncio.timeout(patience_s):
        while True:
            described = await admin.describe_topics(list(topics))
            found = {t["topic"]: t["partitions"] for t in described if not t["error_code"]}
            if found.keys() == topics.keys():
                return found
            await asyncio.sleep(0.1)
