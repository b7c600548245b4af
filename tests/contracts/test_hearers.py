"""The topics that are made know every consumer group: what the services' workers read is what the manifest says."""

from collections.abc import Sequence
from importlib import import_module

import pytest

from dunlin_events.memory_bus import MemoryBus, MemoryReader
from dunlin_events.topics import DEAD_LETTERS, HEARERS, dead_letters_of, group_of, topic_of
from dunlin_kit.process import Worker
from dunlin_local.databases import SERVICES
from dunlin_local.node_settings import nowhere


class Asked(MemoryBus):
    """Remembers which groups read which topics."""

    def __init__(self) -> None:
        super().__init__()
        self.groups: set[tuple[str, str]] = set()

    def reader(self, group: str, topics: Sequence[str], member: str) -> MemoryReader:
        self.groups |= {(group, topic) for topic in topics}
        return super().reader(group, topics, member)


@pytest.mark.parametrize("service", SERVICES)
async def test_each_group_of_a_worker_has_its_topic_of_dead_letters(service: str) -> None:
    bus = Asked()
    worker: Worker = import_module(f"{service}_svc.worker").create_worker(nowhere(service), bus=bus)
    expected = {(group_of(service, owner), topic_of(owner)) for owner in HEARERS.get(service, ())}
    assert bus.groups == expected
    assert len(worker.consumers) == len(expected)
    assert {dead_letters_of(topic, group) for group, topic in bus.groups} <= DEAD_LETTERS.keys()


def test_no_topic_of_dead_letters_is_nobodys() -> None:
    assert HEARERS.keys() <= set(SERVICES)
    assert len(DEAD_LETTERS) == sum(map(len, HEARERS.values()))
