"""What was ever published can be applied by every service that hears it, whichever version of a fact it is."""

import json
from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from pydantic import SecretStr

from dunlin_events.catalogue import ROOT, corpus_of, facts
from dunlin_events.contracts.base import Event
from dunlin_events.contracts.customer import TenantConfigured
from dunlin_events.envelope import Envelope, Record, stream_of
from dunlin_events.memory_bus import MemoryBus
from dunlin_events.testing import deliver_all
from dunlin_events.topics import HEARERS, topic_of
from dunlin_kernel.clock import SystemClock
from dunlin_kernel.ids import new_id
from dunlin_kit.process import Worker
from dunlin_kit.testing import DatabaseUrls, migrated
from dunlin_local.node_settings import nowhere

REFUSED = {"notify": {"RuleBroken('unknown_item: Its invoice was never told.')"}}
"""What a service may say to the first fact that it hears of a customer."""


def corpus() -> Iterator[tuple[str, Record]]:
    """Topic and record of every example of every version, each of a tenant of its own that was told of before."""
    for contract in facts():
        for example in (one for past in corpus_of(contract, ROOT) for one in past["examples"]):
            tenant = new_id()
            first = _told(tenant, TenantConfigured, TenantConfigured.examples[0], 1)
            yield first
            second = _told(tenant, contract, example, 1)
            again = (first[0], first[1].key) == (second[0], second[1].key)
            yield _told(tenant, contract, example, 2) if again else second


def _told(tenant: UUID, contract: type[Event], said: dict[str, Any], number: int) -> tuple[str, Record]:
    payload, at = json.dumps(said).encode(), SystemClock().now()
    stream, source = stream_of(tenant, contract.read(payload).concerns), f"/dunlin/{contract.owner}"
    headers = Envelope(new_id(), contract.wire_type(), source, stream, 1, number, at, at, "c").headers()
    return topic_of(contract.owner), Record(stream, headers, payload)


def worker_of(service: str, urls: DatabaseUrls, bus: MemoryBus) -> Worker:
    own = {"database_url": SecretStr(urls.app), "ops_database_url": SecretStr(urls.ops)}
    made: Worker = import_module(f"{service}_svc.worker").create_worker(
        nowhere(service).model_copy(update=own), bus=bus)
    return made


@pytest.mark.full
@pytest.mark.parametrize("service", sorted(HEARERS))
async def test_every_example_of_every_version_is_applied(postgres: str, service: str) -> None:
    bus, sent = MemoryBus(), Counter[str]()
    for topic, record in corpus():
        await bus.publisher().publish(topic, [record])
        sent[topic] += 1
    async with migrated(postgres, service) as urls:
        worker = worker_of(service, urls, bus)
        taken = await deliver_all(*worker.consumers)
        await worker.app.close()
        await worker.ops.close()
        ops = await asyncpg.connect(urls.ops)
        refused = {row["detail"] for row in await ops.fetch("SELECT detail FROM parked_event")}
        await ops.close()
    assert taken == sum(sent[topic_of(owner)] for owner in HEARERS[service]) > 50
    assert refused == REFUSED.get(service, set())
