"""Facts that a consumer tells: in the transaction that heard the cause, each with its own cause, once."""

import json
from collections.abc import Mapping, Sequence
from uuid import UUID

from hearer import Place, told

from dunlin_events.consuming import Consumer, Subscription, Tx
from dunlin_events.contracts.base import Event
from dunlin_events.contracts.customer import CustomerContactsChanged
from dunlin_events.envelope import Envelope, Record
from dunlin_events.memory_bus import MemoryBus
from dunlin_events.testing import deliver_all
from dunlin_kernel.ids import new_id

TENANTS = sorted([new_id(), new_id()])


def echo() -> Subscription[int]:
    """Says again what it heard."""

    async def load(tx: Tx, events: Sequence[Event]) -> dict[UUID, int]:
        return {event.concerns: 0 for event in events if event.concerns}

    async def save(tx: Tx, states: Mapping[UUID, int]) -> None:
        tx.emit(*(CustomerContactsChanged(customer_id=c, contacts=n, purposes=[]) for c, n in states.items()))

    subscription = Subscription(consumer="echo", owner="customer", load=load, save=save)

    @subscription.on(CustomerContactsChanged)
    def contacts_changed(event: CustomerContactsChanged, heard: int) -> int:
        return heard + event.contacts

    return subscription


def correlated(record: Record, correlation: str) -> Record:
    headers = tuple((n, correlation.encode() if n == "ce_correlationid" else v) for n, v in record.headers)
    return record._replace(headers=headers)


async def test_each_fact_told_has_its_own_cause(place: Place) -> None:
    customers = [new_id() for _ in range(4)]
    records = [
        correlated(told(TENANTS[n % 2], customer, sequence, 1), f"request {n}")
        for sequence in (1, 2) for n, customer in enumerate(customers)
    ]  # fmt: skip
    bus = MemoryBus()
    await bus.publisher().publish("dunlin-customer", [*records, *records])
    reader = bus.reader("echo", ["dunlin-customer"], "one")
    await deliver_all(Consumer(reader, [echo()], place.database.transact, name="echo"))
    rows = await place.rows("SELECT stream, headers, payload FROM outbox_event ORDER BY id")
    said: dict[UUID, list[tuple[dict[str, str], dict[str, int]]]] = {customer: [] for customer in customers}
    for stream, told_headers, told_payload in rows:
        said[UUID(stream.split(":")[1])].append((json.loads(told_headers), json.loads(told_payload)))
    for n, customer in enumerate(customers):
        headers, _ = said[customer][-1]
        assert headers["ce_correlationid"] == f"request {n}"
        assert headers["ce_causationid"] == str(Envelope.of(records[4 + n]).event_id)
        assert headers["ce_tenantid"] == str(TENANTS[n % 2])
        assert sum(payload["contacts"] for _, payload in said[customer]) == 2, "however the batches were cut"
