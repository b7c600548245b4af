"""The worker on a real bus: what is delivered twice or late counts once, and what credit tells goes out."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any
from uuid import UUID

import pytest

from credit_svc.worker import create_worker
from dunlin_events.contracts.base import Event
from dunlin_events.contracts.billing import InvoiceIssued, PaymentConfirmed
from dunlin_events.contracts.customer import CustomerRegistered, TenantConfigured
from dunlin_events.envelope import Envelope, Record, stream_of
from dunlin_events.postgres_log import PostgresBus
from dunlin_events.testing import database
from dunlin_kernel.clock import SystemClock
from dunlin_kernel.ids import new_id
from dunlin_kit.testing import Running

TENANT, CUSTOMER = new_id(), new_id()


def records(owner: str, concerns: UUID | None, facts: Sequence[Event], *, tenant: UUID = TENANT) -> list[Record]:
    """Facts of one stream as the bus carries them, numbered from 1."""
    now, stream = SystemClock().now(), stream_of(tenant, concerns)
    return [
        Record(stream, Envelope(
            new_id(), fact.wire_type(), f"/dunlin/{owner}", stream, 1, at, now, now, str(new_id())).headers(),
            fact.model_dump_json().encode())
        for at, fact in enumerate(facts, start=1)]


def like(contract: type[Event], **change: Any) -> Event:
    return contract.model_validate(dict(contract.examples[0]) | {"customer_id": CUSTOMER, **change})


def cny(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


def account(opened: str, unapplied: str) -> dict[str, Any]:
    return {"open": cny(opened), "disputed": cny("0.00"), "unapplied": cny(unapplied)}


@pytest.fixture
async def bus(postgres: str, credit: Running) -> AsyncIterator[PostgresBus]:
    """A bus of its own with the worker on it."""
    async with database(postgres) as dsn:
        bus, stop = PostgresBus(dsn), asyncio.Event()
        await bus.ensure_topics()
        worker = create_worker(credit.settings, bus=bus)
        running = asyncio.create_task(worker.run(stop))
        yield bus
        stop.set()
        await asyncio.wait_for(running, 30)


async def eventually(look: Callable[[], Any], wanted: Any) -> None:
    seen = None
    for _ in range(400):
        if (seen := await look()) == wanted:
            return
        await asyncio.sleep(0.05)
    assert seen == wanted


async def test_what_is_delivered_twice_or_late_counts_once(bus: PostgresBus, credit: Running) -> None:
    publisher = bus.publisher()
    await publisher.start()
    tenant = records("customer", None, [TenantConfigured.model_validate(TenantConfigured.examples[0])])
    one = records("customer", CUSTOMER, [like(CustomerRegistered, status="active")])
    await publisher.publish("dunlin-customer", [*tenant, *one, *one])

    client, headers = credit.client, credit.headers(TENANT, "credit:read", "credit:write", "authorizations:write",
                                                    "integrity:read")
    path = f"/credit/v1/customers/{CUSTOMER}"

    async def set_limit() -> int:
        limit = {"currency": "CNY", "amount": "1000.00", "reason": "as agreed"}
        return (await client.put(f"{path}/limit", json=limit, headers=headers)).status_code

    await eventually(set_limit, 200)
    asked = await client.post("/credit/v1/authorizations", headers=headers | {"Idempotency-Key": "order"}, json={
        "customer_id": str(CUSTOMER), "amount": cny("300.00"), "reference": "SO-1"})
    money = records("billing", CUSTOMER, [
        like(InvoiceIssued, total=cny("200.00"), account=account("200.00", "0.00"),
             authorization_id=asked.json()["id"]),
        like(PaymentConfirmed, amount=cny("50.00"), account=account("200.00", "50.00")),
        like(InvoiceIssued, total=cny("10.00"), account=account("210.00", "50.00"))])
    await publisher.publish("dunlin-billing", [money[1], money[0], money[0], money[2], *money])

    async def position() -> tuple[str, ...]:
        answer = (await client.get(f"{path}/position", headers=headers)).json()
        [found] = answer["positions"]
        return (found["parts"]["open"]["amount"], found["parts"]["reserved"]["amount"], found["exposure"]["amount"],
                found["available"]["amount"])

    await eventually(position, ("210.00", "100.00", "260.00", "740.00"))
    integrity = (await client.get("/credit/v1/integrity", headers=headers)).json()
    assert integrity["holds"], integrity
    told = [fact for _, fact, _ in await credit.told(TENANT)]
    assert told == ["CreditLimitChanged", "CreditAuthorized", "AuthorizationCaptured"]

    reader = bus.reader("watching", ["dunlin-credit"], "one")
    await reader.start()
    heard: list[str] = []

    async def sent() -> list[str]:
        for received in (await reader.poll(max_records=1000, timeout_ms=100)).values():
            heard.extend((dict(one.record.headers)["ce_type"] or b"").decode().split(".")[2] for one in received
                         if one.record.key.startswith(str(TENANT)))
        return heard

    await eventually(sent, told)
    await reader.stop()
    await publisher.stop()
