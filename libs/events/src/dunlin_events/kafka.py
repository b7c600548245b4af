"""The bus on Kafka: an idempotent producer that is thrown away when it fails, and readers with static names."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence, Set
from types import MappingProxyType
from typing import Any
from zlib import crc32

import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition, errors
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from dunlin_events import kafka_topics
from dunlin_events.envelope import Record
from dunlin_events.kafka_care import Care
from dunlin_events.kafka_clients import let_go
from dunlin_events.kafka_tail import last_records, received
from dunlin_events.topics import (
    LARGEST_BATCH,
    MANIFEST,
    TOPIC_CONFIGS,
    BusAway,
    Partition,
    Received,
    Stretch,
    Tail,
    partition_of,
)

_DISPLACED = (
    errors.CommitFailedError, errors.IllegalGenerationError, errors.IllegalStateError, errors.RebalanceInProgressError,
    errors.UnknownMemberIdError)
_BROKEN = (errors.KafkaError, errors.ConsumerStoppedError, OSError, RuntimeError)  # the last of a closed connection
_log = structlog.get_logger(__name__)


@contextlib.asynccontextmanager
async def _away() -> AsyncIterator[None]:
    try:
        yield
    except BusAway:
        raise
    except _BROKEN as error:
        raise BusAway(f"Kafka: {error!r}") from error


class KafkaPublisher:
    """One batch a partition and tick. After a failure a new producer: the old one's sequence may be broken for ever."""

    def __init__(self, bootstrap: str, topics: Mapping[str, int], request_timeout_ms: int) -> None:
        self._bootstrap, self._topics, self._request_timeout_ms = bootstrap, topics, request_timeout_ms
        self._producer: Any = None
        self._turn = asyncio.Lock()

    async def start(self) -> None:
        """Connect, if the broker is there; else `publish` tries again."""
        with contextlib.suppress(BusAway):
            async with self._turn, _away():
                await self._ready()

    async def publish(self, topic: str, records: Sequence[Record]) -> Mapping[int, Stretch]:
        """Raises BusAway; a part may have been stored."""
        waiting: dict[int, list[Record]] = {}
        for record in records:
            waiting.setdefault(partition_of(record.key, self._topics[topic]), []).append(record)
        stand: dict[int, Stretch] = {}
        async with self._turn, _away():
            producer = await self._ready()
            try:
                while waiting:
                    waiting, stored = await self._send(producer, topic, waiting)
                    stand |= {at: Stretch(stand.get(at, one).first, one.next) for at, one in stored.items()}
            except BaseException:
                self._producer = None
                await let_go(producer)
                raise
        return stand

    async def stop(self) -> None:
        async with self._turn:
            producer, self._producer = self._producer, None
            if producer is not None:
                await let_go(producer)

    async def _ready(self) -> Any:
        if self._producer is None:
            producer = AIOKafkaProducer(
                bootstrap_servers=self._bootstrap, enable_idempotence=True, acks="all", max_batch_size=LARGEST_BATCH,
                max_request_size=2 * LARGEST_BATCH, request_timeout_ms=self._request_timeout_ms,
            )
            try:
                await producer.start()
            except BaseException:
                await let_go(producer)
                raise
            self._producer = producer
        return self._producer

    async def _send(
        self, producer: Any, topic: str, waiting: Mapping[int, Sequence[Record]]
    ) -> tuple[dict[int, list[Record]], dict[int, Stretch]]:
        """Send what fits into one batch per partition; return the rest, and where these came to stand, if it is said.

        The next ones leave when these have arrived.
        """
        sent, counts, rest = [], {}, {}
        for number, records in waiting.items():
            batch, taken = producer.create_batch(), 0
            for record in records:
                key, headers = record.key.encode(), list(record.headers)
                if batch.append(timestamp=None, key=key, value=record.value, headers=headers) is None:
                    break
                taken += 1
            batch.close()
            sent.append(await producer.send_batch(batch, topic, partition=number))
            counts[number] = taken
            if left := list(records[taken:]):
                rest[number] = left
        firsts: dict[int, int] = {}
        for outcome in await asyncio.gather(*sent, return_exceptions=True):
            if isinstance(outcome, BaseException):
                raise outcome
            if outcome.offset >= 0:
                firsts[outcome.partition] = outcome.offset
        return rest, {at: Stretch(first, first + counts[at]) for at, first in firsts.items()}


class KafkaReader:
    """A static member: a restart within the session timeout gets its partitions back without a rebalance.

    A consumer that raised is thrown away; the next poll makes a new one, which begins at the committed offsets, and
    reads with care where a record could not be read. So is one that does not come back from a call: after its broker
    was killed the client may wait for ever for an answer that it no longer asks for.
    """

    def __init__(self, make: Callable[[], Any], *, patience_s: float) -> None:
        self._make, self._patience_s = make, patience_s
        self._consumer: Any = None
        self._fetching: asyncio.Task[Any] | None = None
        self._positions: dict[Partition, int] = {}
        self._care = Care()

    async def start(self) -> None:
        """Connect, if the broker is there; else `poll` tries again."""
        with contextlib.suppress(BusAway):
            await self._ready()

    async def poll(self, *, max_records: int, timeout_ms: int) -> Mapping[Partition, Sequence[Received]]:
        """Raises BusAway. A poll that is cancelled goes on unseen, and the next one returns what it found."""
        fetching = self._fetching or asyncio.create_task(self._fetch(await self._ready(), timeout_ms, max_records))
        self._fetching = fetching
        try:
            async with asyncio.timeout(timeout_ms / 1000 + self._patience_s):
                fetched = await asyncio.shield(fetching)
        except _BROKEN as error:
            fetching.cancel()
            self._fetching = None
            await self._drop()
            raise BusAway(f"Kafka: {error!r}") from error
        finally:
            if fetching.done():
                self._fetching = None
        found = {Partition(at.topic, at.partition): [received(r) for r in got] for at, got in fetched.items() if got}
        self._positions |= {partition: received[-1].offset + 1 for partition, received in found.items()}
        return found

    async def commit(self, offsets: Mapping[Partition, int]) -> None:
        """Raises BusAway."""
        mine = {TopicPartition(*p): offset for p, offset in offsets.items() if p in self.assigned()}
        if not mine:
            return
        async with _away():
            try:
                async with asyncio.timeout(self._patience_s):
                    await self._consumer.commit(mine)
            except _DISPLACED as moved:
                _log.info("offsets_not_stored", reason=repr(moved))
            except (TimeoutError, RuntimeError):
                await self._drop()
                raise

    async def seek(self, partition: Partition, offset: int) -> None:
        if partition in self.assigned():
            with contextlib.suppress(errors.IllegalStateError):
                self._consumer.seek(TopicPartition(*partition), offset)
                self._positions[partition] = offset

    def pause(self, *partitions: Partition) -> None:
        for partition in self.assigned() & set(partitions):
            self._consumer.pause(TopicPartition(*partition))

    def resume(self, *partitions: Partition) -> None:
        for partition in self.assigned() & set(partitions):
            self._consumer.resume(TopicPartition(*partition))

    def assigned(self) -> Set[Partition]:
        return {Partition(at.topic, at.partition) for at in self._consumer.assignment()} if self._consumer else set()

    def lag(self) -> Mapping[Partition, int]:
        """Of the partitions whose end and position are known, as they are from the second poll on."""
        mine = self.assigned() & self._positions.keys()
        ends = {p: self._consumer.highwater(TopicPartition(*p)) for p in mine}
        return {p: max(0, end - self._positions[p]) for p, end in ends.items() if end is not None}

    async def stop(self) -> None:
        if self._fetching is not None:
            await asyncio.wait({self._fetching})
        await self._drop()

    async def _ready(self) -> Any:
        if self._consumer is None:
            consumer = self._make()
            try:
                async with _away():
                    await consumer.start()
            except BaseException:
                await let_go(consumer)
                raise
            self._consumer = consumer
        return self._consumer

    async def _fetch(self, consumer: Any, timeout_ms: int, max_records: int) -> Any:
        """Positions are looked up first: after it, a failure would lose what was fetched."""
        mine = self.assigned()
        self._positions = {partition: at for partition, at in self._positions.items() if partition in mine}
        for partition in mine - self._positions.keys():
            at = TopicPartition(*partition)
            with contextlib.suppress(errors.IllegalStateError):
                if consumer.highwater(at) is not None:  # Before anything is known the client would wait.
                    self._positions[partition] = await consumer.position(at)
        return await self._care.getmany(consumer, timeout_ms, max_records)

    async def _drop(self) -> None:
        consumer, self._consumer = self._consumer, None
        self._positions = {}
        if consumer is not None:
            await let_go(consumer)


class KafkaBus:
    """The bus at `bootstrap` (host:port, ...).

    A member that is silent for `session_s` loses its partitions; so does one that has not polled for `hang_s`.
    """

    def __init__(
        self, bootstrap: str, *, topics: Mapping[str, int] = MappingProxyType(MANIFEST), session_s: float = 30.0,
        hang_s: float = 300.0, request_timeout_ms: int = 20_000,
    ) -> None:
        self._bootstrap, self._topics, self._request_timeout_ms = bootstrap, topics, request_timeout_ms
        self._session_ms, self._hang_ms = int(session_s * 1000), int(hang_s * 1000)

    def publisher(self) -> KafkaPublisher:
        return KafkaPublisher(self._bootstrap, self._topics, self._request_timeout_ms)

    def reader(self, group: str, topics: Sequence[str], member: str) -> KafkaReader:
        # A static member that comes back with other topics would be given those of before.
        instance = f"{member}-{crc32(' '.join(sorted(topics)).encode()):08x}"
        return KafkaReader(lambda: AIOKafkaConsumer(
            *topics, bootstrap_servers=self._bootstrap, group_id=group, group_instance_id=instance, client_id=member,
            enable_auto_commit=False, auto_offset_reset="earliest", session_timeout_ms=self._session_ms,
            heartbeat_interval_ms=self._session_ms // 4, max_poll_interval_ms=self._hang_ms, fetch_max_wait_ms=100,
            max_partition_fetch_bytes=LARGEST_BATCH + 65536,
        ), patience_s=2 * self._request_timeout_ms / 1000)

    async def ensure_topics(self) -> None:
        """Create what is missing, say loudly what is unsafe. Refuses: wrong_partition_count. Raises BusAway."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self._bootstrap)
        async with _away():
            try:
                await admin.start()
                if missing := set(self._topics) - set(await admin.list_topics()):
                    await self._create(admin, sorted(missing))
                await kafka_topics.hold(admin, self._topics, await self._settings(admin), self._request_timeout_ms)
            finally:
                await admin.close()

    async def tail(self, topic: str, most: int) -> Tail:
        partitions = [TopicPartition(topic, number) for number in range(self._topics[topic])]
        async with _away():
            made = AIOKafkaConsumer(bootstrap_servers=self._bootstrap, fetch_max_wait_ms=50)
            return await last_records(made, partitions, most, self._request_timeout_ms / 1000)

    async def _create(self, admin: Any, topics: Sequence[str]) -> None:
        # The client takes -1, the broker's own replication, only together with an empty assignment.
        made = [NewTopic(topic, self._topics[topic], -1, {}, dict(TOPIC_CONFIGS)) for topic in topics]
        try:
            await admin.create_topics(made)
        except errors.TopicAlreadyExistsError:
            _log.info("topics_exist", topics=topics)
        except AttributeError as error:  # The client says so while the cluster has no controller.
            raise BusAway("Kafka: no controller") from error

    async def _settings(self, admin: Any) -> Sequence[Any]:
        asked = [ConfigResource(ConfigResourceType.TOPIC, topic) for topic in self._topics]
        with contextlib.suppress(errors.IncompatibleBrokerVersion):
            return list(await admin.describe_configs(asked))
        return ()
