"""Parked events over HTTP: who sees which, how a stream goes on again, and what is kept of a decision."""

from typing import Any
from uuid import UUID

import httpx
import pytest
from hearer import record_of

from dunlin_events.consuming import Consumer, Subscription
from dunlin_events.contracts.customer import ClockAdvanced
from dunlin_events.envelope import Record
from dunlin_events.memory_bus import MemoryBus
from dunlin_events.testing import deliver_all
from dunlin_kernel.clock import SystemClock
from dunlin_kernel.errors import RuleBroken
from dunlin_kernel.ids import new_id
from dunlin_kit.testing import Running
from dunlin_kit.transaction import Transaction

URL = "/toy/v1/parked-events"
TOPIC = "dunlin-customer"


class Hearer:
    """Hears the clocks of tenants, and refuses while it is told to."""

    def __init__(self, toy: Running) -> None:
        self.toy, self.refuses = toy, True
        self.heard: list[tuple[UUID, int]] = []
        self.subscription: Subscription[None] = Subscription(consumer="toy", owner="customer")

        @self.subscription.on_tenant(ClockAdvanced)
        async def clock_advanced(tx: Transaction, event: ClockAdvanced) -> None:
            if self.refuses:
                raise RuleBroken("not_here", "That is not heard here.")
            self.heard.append((event.heard.tenant_id, event.heard.sequence))

    async def deliver(self, *records: Record) -> None:
        bus = MemoryBus()
        await bus.publisher().publish(TOPIC, records)
        reader = bus.reader("toy", [TOPIC], "one")
        await deliver_all(Consumer(reader, [self.subscription], self.toy.database.transact, name="toy"))


def told(tenant: UUID, *sequences: int) -> list[Record]:
    return [record_of(tenant, None, n, ClockAdvanced(now=SystemClock().now())) for n in sequences]


def named(tenant: UUID, **more: str) -> dict[str, str]:
    return {"consumer": "toy", "owner": "customer", "stream": f"{tenant}:", **more}


@pytest.fixture
def hearer(toy: Running) -> Hearer:
    return Hearer(toy)


async def listed(toy: Running, tenant: UUID | None, **query: Any) -> list[dict[str, Any]]:
    """All pages, two at a time."""
    found: list[dict[str, Any]] = []
    given: dict[str, Any] = {"limit": 2, **query}
    while True:
        answer = await toy.client.get(URL, params=given, headers=toy.headers(tenant, "parked:read", key=None))
        assert answer.status_code == 200, answer.text
        found += answer.json()["data"]
        if not answer.json()["has_more"]:
            return found
        given["cursor"] = answer.json()["next_cursor"]


async def act(toy: Running, tenant: UUID | None, verb: str, body: dict[str, str]) -> httpx.Response:
    headers = toy.headers(tenant, "parked:write", subject="ann")
    return await toy.client.post(f"{URL}:{verb}", json=body, headers=headers)


async def test_a_tenant_sees_its_own_and_an_operator_sees_all(toy: Running, hearer: Hearer) -> None:
    mine, theirs = new_id(), new_id()
    await hearer.deliver(*told(mine, *range(1, 13)), *told(theirs, 1), Record(f"nobody {mine}", (), b"noise"))
    own = await listed(toy, mine)
    assert [one["mark"] for one in own] == [f"1/{n}" for n in range(1, 13)]
    assert [one["reason"] for one in own] == ["poison", *["behind"] * 11]
    assert {one["held"] for one in own} == {"poison"}
    assert "not_here" in own[0]["detail"]
    assert [one["stream"] for one in await listed(toy, theirs)] == [f"{theirs}:"]
    every = await listed(toy, None, limit=100)
    assert {f"{mine}:", f"{theirs}:", f"nobody {mine}"} <= {one["stream"] for one in every}
    noise = next(one for one in every if one["stream"] == f"nobody {mine}")
    assert (noise["reason"], noise["held"], noise["type"]) == ("undecodable", None, None)


async def test_a_stream_goes_on_after_a_retry(toy: Running, hearer: Hearer) -> None:
    tenant = new_id()
    await hearer.deliver(*told(tenant, 1, 2))
    answer = await act(toy, tenant, "retry", named(tenant))
    assert (answer.status_code, answer.json()["mark"], answer.json()["held"]) == (200, "1/1", "unready")
    hearer.refuses = False
    await hearer.deliver()
    assert [one for one in hearer.heard if one[0] == tenant] == [(tenant, 1), (tenant, 2)]
    assert await listed(toy, tenant) == []
    [kept] = await listed(toy, tenant, skipped=True)
    assert (kept["reason"], kept["mark"].split()[0], kept["skipped_by"]) == ("retried", "1/1", "ann")
    again = await act(toy, tenant, "retry", named(tenant))
    assert (again.status_code, again.json()["code"]) == (404, "not_parked")


async def test_what_is_skipped_is_kept_with_who_when_and_why(toy: Running, hearer: Hearer) -> None:
    tenant = new_id()
    await hearer.deliver(*told(tenant, 1, 2))
    early = await act(toy, tenant, "skip", named(tenant, mark="1/2", why="a test entry"))
    assert (early.status_code, early.json()["code"]) == (409, "not_next")
    unsaid = await act(toy, tenant, "skip", named(tenant, mark="1/1", why="  "))
    assert (unsaid.status_code, unsaid.json()["code"]) == (422, "reason_missing")
    assert await listed(toy, tenant, skipped=True) == []
    answer = await act(toy, tenant, "skip", named(tenant, mark="1/1", why="a test entry"))
    assert answer.status_code == 200, answer.text
    kept = await listed(toy, tenant, skipped=True)
    assert kept == [answer.json()]
    assert [kept[0][name] for name in ("mark", "skipped_by", "skipped_why")] == ["1/1", "ann", "a test entry"]
    assert kept[0]["skipped_at"] is not None
    hearer.refuses = False
    await hearer.deliver(*told(tenant, 3))
    assert [sequence for one, sequence in hearer.heard if one == tenant] == [2, 3]


async def test_a_hole_is_skipped_by_an_operator(toy: Running, hearer: Hearer) -> None:
    tenant = new_id()
    hearer.refuses = False
    await hearer.deliver(*told(tenant, 1, 4))
    answer = await act(toy, None, "skip-hole", named(tenant, why="lost with the old broker"))
    assert (answer.status_code, answer.json()["mark"]) == (200, "1/2-3"), answer.text
    await hearer.deliver()
    assert [sequence for one, sequence in hearer.heard if one == tenant] == [1, 4]
    again = await act(toy, None, "skip-hole", named(tenant, why="again"))
    assert (again.status_code, again.json()["code"]) == (409, "no_hole")


async def test_another_tenants_stream_cannot_be_touched(toy: Running, hearer: Hearer) -> None:
    mine, theirs = new_id(), new_id()
    await hearer.deliver(*told(theirs, 1))
    for verb, more in (("retry", {}), ("skip", {"mark": "1/1", "why": "x"}), ("skip-hole", {"why": "x"})):
        refused = await act(toy, mine, verb, named(theirs, **more))
        assert (refused.status_code, refused.json()["code"]) == (404, "not_parked"), verb
    assert [one["mark"] for one in await listed(toy, theirs)] == ["1/1"]


async def test_each_scope_is_needed(toy: Running) -> None:
    tenant = new_id()
    read = await toy.client.get(URL, headers=toy.headers(tenant, "parked:write", key=None))
    assert (read.status_code, read.json()["code"]) == (403, "forbidden")
    wrote = await toy.client.post(f"{URL}:retry", json=named(tenant), headers=toy.headers(tenant, "parked:read"))
    assert (wrote.status_code, wrote.json()["code"]) == (403, "forbidden")
    unkeyed = await toy.client.post(
        f"{URL}:retry", json=named(tenant), headers=toy.headers(tenant, "parked:write", key=None))
    assert (unkeyed.status_code, unkeyed.json()["code"]) == (400, "idempotency_key_missing")


async def test_a_skip_sent_twice_with_one_key_skips_once(toy: Running, hearer: Hearer) -> None:
    tenant = new_id()
    await hearer.deliver(*told(tenant, 1, 2))
    headers = toy.headers(tenant, "parked:write", key="skip once", subject="ann")
    body = named(tenant, mark="1/1", why="a test entry")
    first, second = [await toy.client.post(f"{URL}:skip", json=body, headers=headers) for _ in range(2)]
    assert (first.status_code, second.content) == (200, first.content)
    assert second.headers["Idempotency-Replayed"] == "true"
    assert len(await listed(toy, tenant, skipped=True)) == 1
