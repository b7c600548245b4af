"""The topics, their fixed partition counts, where a key goes, and what a bus promises."""

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple, Protocol

from dunlin_events.envelope import Record
from dunlin_kernel.errors import DomainError

OWNERS: Final = ("customer", "billing", "credit", "notify")
PARTITIONS: Final = 12
"""Of every topic, for ever: a key that moved to another partition would lose its order."""

_SEED, _M, _MASK = 0x9747B28C, 0x5BD1E995, 0xFFFFFFFF


def topic_of(owner: str) -> str:
    """The topic with everything that one service tells: `dunlin-billing`."""
    return f"dunlin-{owner}"


def owner_of(topic: str) -> str:
    """Whose topic it is: `billing` of `dunlin-billing`."""
    return topic.removeprefix("dunlin-")


def group_of(consumer: str, owner: str) -> str:
    """The consumer group in which a service hears an owner: `dunlin-credit-billing`."""
    return f"dunlin-{consumer}-{owner}"


def dead_letters_of(topic: str, group: str) -> str:
    """The topic with copies of what a group could not apply: `dunlin-billing-dunlin-credit-billing-dlq`."""
    return f"{topic}-{group}-dlq"


TOPICS: Final[Mapping[str, int]] = {topic_of(owner): PARTITIONS for owner in OWNERS}
"""Each topic of facts and its partition count."""
HEARERS: Final[Mapping[str, tuple[str, ...]]] = {
    "customer": ("billing", "credit", "notify"), "billing": ("customer", "credit", "notify"),
    "credit": ("customer", "billing", "notify"), "notify": ("customer", "billing", "credit")}
"""Which owners each service hears; a test holds this to the subscriptions of the services."""
DEAD_LETTERS: Final[Mapping[str, int]] = {
    dead_letters_of(topic_of(owner), group_of(consumer, owner)): 1
    for consumer, owners in HEARERS.items() for owner in owners}
"""Each topic of dead letters; few records, in the order in which they were given up."""
MANIFEST: Final[Mapping[str, int]] = {**TOPICS, **DEAD_LETTERS}
"""All topics there are."""
LARGEST_BATCH: Final = 4 * 1024 * 1024
"""Bytes of records that leave together; the topics take a batch of it with its frame."""
TOPIC_CONFIGS: Final[Mapping[str, str]] = {
    "cleanup.policy": "delete", "retention.ms": "-1", "max.message.bytes": str(LARGEST_BATCH + 65536)}
"""What every topic is created with, by whomever: topics are the archive, they keep everything."""


REPLICAS: Final = 3
"""Of every topic, where there are as many brokers; else as many as there are brokers."""


def in_sync_of(replicas: int) -> int:
    """How many of so many replicas must have a fact before it counts as stored: most of them."""
    return replicas // 2 + 1


class Partition(NamedTuple):
    """One ordered log of a topic."""

    topic: str
    number: int


class Received(NamedTuple):
    """A record and where it stood."""

    partition: Partition
    offset: int
    record: Record


class Stretch(NamedTuple):
    """Where records stand in one partition: from offset `first` up to, and without, `next`."""

    first: int
    next: int


class Tail(NamedTuple):
    """The last records of a topic, each partition's in order; and where its partitions end, but those without any."""

    records: Sequence[Record]
    ends: Mapping[int, int]


class BusAway(ConnectionError):
    """The bus cannot be reached, or did not answer: nothing is known of what was sent. Try again later."""


class Displaced(ConnectionError):
    """Another process reads under this member's name; this one must stop."""


class WrongPartitionCount(DomainError):
    """A topic exists with a count that is not the fixed one. Refuses: wrong_partition_count."""

    def __init__(self, topic: str, found: int, wanted: int) -> None:
        super().__init__(
            "wrong_partition_count",
            f"Topic {topic} has {found} partitions, not {wanted}: order per key would break. "
            "A new count needs a new topic, filled by replay.",
            topic=topic, found=found, wanted=wanted,
        )


class Publisher(Protocol):
    """Appends records to topics."""

    async def start(self) -> None: ...

    async def publish(self, topic: str, records: Sequence[Record]) -> Mapping[int, Stretch]:
        """Return when all are stored, in order per key; else raise (BusAway), and the same batch may be sent again.

        Says where they stand, by partition, as far as the bus does.
        """

    async def stop(self) -> None: ...


class Reader(Protocol):
    """One member of a consumer group. Reads from the oldest record on, or from where the group stopped.

    Where that is beyond the end of a log that lost records, from the oldest on again.
    """

    async def start(self) -> None: ...

    async def poll(self, *, max_records: int, timeout_ms: int) -> Mapping[Partition, Sequence[Received]]:
        """What is there, at once; nothing when `timeout_ms` went by. A member without partitions must go on polling."""

    async def commit(self, offsets: Mapping[Partition, int]) -> None:
        """Store the next offset to read, per partition. Partitions that went to another member are passed over."""

    async def seek(self, partition: Partition, offset: int) -> None:
        """Read on from `offset`; passed over when the partition went to another member."""

    def pause(self, *partitions: Partition) -> None: ...

    def resume(self, *partitions: Partition) -> None: ...

    def assigned(self) -> Collection[Partition]: ...

    def lag(self) -> Mapping[Partition, int]:
        """Records that are stored and not yet polled, as of the last poll."""

    async def stop(self) -> None: ...


class Bus(Protocol):
    """One of the two buses."""

    def publisher(self) -> Publisher: ...

    def reader(self, group: str, topics: Sequence[str], member: str) -> Reader: ...

    async def ensure_topics(self) -> None:
        """Create what is missing. Refuses: wrong_partition_count."""

    async def tail(self, topic: str, most: int) -> Tail:
        """What a topic ends with, `most` records of each partition. Raises BusAway."""


@lru_cache(maxsize=16_384)
def partition_of(key: str, count: int = PARTITIONS) -> int:
    """The partition of a key, as Java clients choose it; streams speak again and again."""
    return (murmur2(key.encode()) & 0x7FFFFFFF) % count


def murmur2(data: bytes) -> int:
    """The unsigned 32-bit MurmurHash2 of Kafka's default partitioner."""
    whole = len(data) & ~3
    h = (_SEED ^ len(data)) & _MASK
    for at in range(0, whole, 4):
        k = int.from_bytes(data[at : at + 4], "little") * _M & _MASK
        h = (h * _M & _MASK) ^ ((k ^ k >> 24) * _M & _MASK)
    if len(data) > whole:
        h = (h ^ int.from_bytes(data[whole:], "little")) * _M & _MASK
    h = (h ^ h >> 13) * _M & _MASK
    return h ^ h >> 15
