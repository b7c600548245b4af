"""The topics that are made know every consumer group: what the services' workers read is what the manifest says."""

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

import pytest

from dunlin_events.contracts.base import FACTS
from dunlin_events.contracts.billing import InvoiceIssued
from dunlin_events.contracts.customer import CustomerProfile
from dunlin_events.envelope import Envelope, Record, stream_of
from dunlin_events.memory_bus import MemoryBus, MemoryReader
from dunlin_events.testing import deliver_all
from dunlin_events.topics import DEAD_LETTERS, HEARERS, dead_letters_of, group_of, topic_of
from dunlin_kernel.clock import SystemClock
from dunlin_kernel.ids import new_id
from dunlin_kit.process import Worker
from dunlin_kit.rebuilds import projections_of
from dunlin_kit.testing import TestIssuer, migrated, settings_for
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


async def test_a_worker_copies_what_it_can_never_apply(postgres: str, tmp_path: Path) -> None:
    bus, stream = MemoryBus(), stream_of(new_id(), new_id())
    at = SystemClock().now()
    envelope = Envelope(new_id(), InvoiceIssued.wire_type(), "/dunlin/billing", stream, 1, 1, at, at, "c")
    await bus.publisher().publish("dunlin-billing", [Record(stream, envelope.headers(), b"no invoice")])
    async with migrated(postgres, "credit") as urls:
        settings = settings_for("credit", urls, TestIssuer(tmp_path))
        worker: Worker = import_module("credit_svc.worker").create_worker(settings, bus=bus)
        await deliver_all(*worker.consumers)
        await worker.app.close()
        await worker.ops.close()
    (letter,) = bus.records("dunlin-billing-dunlin-credit-billing-dlq")
    said = dict(letter.headers)
    assert (letter.key, letter.value, said["dlq_reason"]) == (stream, b"no invoice", b"poison")
    assert (said["dlq_place"] or b"").startswith(b"dunlin-billing/")


def test_no_topic_of_dead_letters_is_nobodys() -> None:
    assert HEARERS.keys() <= set(SERVICES)
    assert len(DEAD_LETTERS) == sum(map(len, HEARERS.values()))


def test_whatever_is_heard_of_an_owner_can_be_built_again() -> None:
    """Else nothing leads out of an era in which a restored owner tells another story."""
    built = {(service, one.subscription.owner)
             for service in SERVICES for one in projections_of(f"{service}_svc").values()}
    assert built == {(service, owner) for service, owners in HEARERS.items() for owner in owners}


@pytest.mark.parametrize("service", ["billing", "credit", "notify"])
def test_every_fact_that_says_how_a_customer_stands_is_heard(service: str) -> None:
    standing = {name for name, fact in FACTS.items() if issubclass(fact, CustomerProfile)}
    heard = import_module(f"{service}_svc.consumers.customer").customer
    assert "dunlin.customer.CustomerClosed.v1" in standing
    assert standing <= heard.folds.keys()
