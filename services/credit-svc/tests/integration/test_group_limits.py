"""Groups on real PostgreSQL: members at once never exceed the group, in several currencies, and without deadlock."""

import asyncio
from dataclasses import replace
from typing import Any
from uuid import UUID

from credit_svc.consumers.billing import billing
from credit_svc.consumers.customer import customer
from dunlin_events.contracts.billing_exchange import ExchangeRateSet
from dunlin_events.contracts.customer import CustomerRegistered
from dunlin_events.contracts.customer_groups import CustomerGroupChanged, GroupConfigured
from dunlin_kernel.ids import new_id
from dunlin_kit.testing import deadlocks, tell


async def group_of(books: Any, *, members: int, currency: str = "CNY", set_off: bool = False) -> tuple[UUID, list[Any]]:
    """Each member with a limit of 1,000 of its own."""
    group_id, found = new_id(), []
    configured = dict(GroupConfigured.examples[0]) | {"group_id": group_id, "currency": currency, "set_off": set_off}
    for n in range(members):
        one = replace(books, customer=new_id())
        told = dict(CustomerRegistered.examples[0]) | {"customer_id": one.customer, "status": "active"}
        joined = dict(CustomerGroupChanged.examples[0]) | {"customer_id": one.customer, "group_id": group_id}
        await tell(books.service.database, customer, books.tenant, CustomerRegistered.model_validate(told),
                   CustomerGroupChanged.model_validate(joined))
        await one.limit("1000.00")
        found.append(one)
        if n == 0:
            await tell(books.service.database, customer, books.tenant, GroupConfigured.model_validate(configured))
    return group_id, found


async def call(books: Any, path: str, body: Any = None, *, method: str = "PUT") -> Any:
    return await books.service.client.request(method, f"/credit/v1{path}", json=body, headers=books.headers())


async def ask(books: Any, body: Any) -> Any:
    order = {"customer_id": str(books.customer), "reference": "SO-1"} | body
    return (await call(books, "/authorizations", order, method="POST")).json()


async def test_members_at_once_never_exceed_their_group(books: Any) -> None:
    group_id, members = await group_of(books, members=3)
    set_ = await call(books, f"/groups/{group_id}/limit", {"amount": "100.00", "reason": "family"})
    assert (set_.status_code, set_.json()["available"]["amount"]) == (200, "100.00")
    answers = await asyncio.gather(*(members[n % 3].ask("1.00") for n in range(150)))
    assert [one["decision"] for one in answers].count("approved") == 100
    assert {reason for one in answers for reason in one["reasons"]} == {"group_over_limit"}
    found = (await call(books, f"/groups/{group_id}", method="GET")).json()
    assert (found["exposure"]["amount"], found["available"]["amount"], len(found["members"])) == ("100.00", "0.00", 3)
    rows = (await call(books, "/positions", method="GET")).json()["data"]
    of_group = {"group_id": str(group_id), "limit": found["limit"], "exposure": found["exposure"],
                "available": found["available"]}
    assert [(row["can_buy"], row["reasons"], row["group"]) for row in rows if row["group"]] == 3 * [
        (False, ["group_over_limit"], of_group)]
    assert (await members[0].position())["group"] == of_group and (await books.position())["group"] is None
    last = next(one for one in answers if one["decision"] == "denied")["explanation"]["group"]
    assert (last["exposure"]["amount"], last["limit"]["amount"]) == ("100.00", "100.00")
    assert await books.violations() == []


async def test_orders_captures_and_releases_of_members_do_not_deadlock(books: Any) -> None:
    group_id, members = await group_of(books, members=3)
    await call(books, f"/groups/{group_id}/limit", {"amount": "500.00", "reason": "family"})
    asked = [(one, await one.ask("10.00")) for one in members for _ in range(5)]

    async def bill(one: Any) -> None:
        mine = [order for other, order in asked if other is one]
        for n, order in enumerate(mine, start=1):
            await one.hear(one.invoice("10.00", f"{10 * n}.00", authorization_id=order["id"]), first=n)

    async def release(one: Any, order: Any) -> None:
        await call(one, f"/authorizations/{order['id']}:release", {}, method="POST")

    await asyncio.gather(
        *(bill(one) for one in members), *(release(one, order) for one, order in asked[::2]),
        *(members[n % 3].ask("7.00") for n in range(60)))
    found = (await call(books, f"/groups/{group_id}", method="GET")).json()
    assert float(found["exposure"]["amount"]) <= 500
    assert await books.violations() == []
    assert deadlocks("credit") == 0


async def test_currencies_count_at_the_declared_rate_and_a_missing_one_refuses(books: Any) -> None:
    group_id, [one, two] = await group_of(books, members=2)
    await call(books, f"/groups/{group_id}/limit", {"amount": "100.00", "reason": "family"})
    await call(one, f"/customers/{one.customer}/limit", {"currency": "USD", "amount": "50.00", "reason": "export"})
    dollars = {"amount": {"amount": "10.00", "currency": "USD"}}
    assert (await ask(one, dollars))["reasons"] == ["rate_missing"]
    rate = ExchangeRateSet.model_validate(dict(ExchangeRateSet.examples[0]) | {"valid_on": "2026-03-01"})
    await tell(books.service.database, billing, books.tenant, rate)
    approved = await ask(one, dollars)
    assert approved["decision"] == "approved" and approved["explanation"]["group"]["rates"] == [
        {"currency": "USD", "rate": "7.1000"}]
    assert (await two.ask("29.01"))["reasons"] == ["group_over_limit"]
    assert (await two.ask("29.00"))["decision"] == "approved"
    stronger = rate.model_copy(update={"rate": "7.2000"})
    for _ in range(2):
        await tell(books.service.database, billing, books.tenant, stronger, first=2)
    [alert] = (await call(books, "/alerts", method="GET")).json()["data"]
    assert (alert["rule"], alert["amount"]["amount"], alert["line"]["amount"], alert["customer_id"]) == (
        "group_exceeded", "1.00", "100.00", str(one.customer))
    left = await call(books, f"/groups/{group_id}/limit", {"amount": None, "reason": "none"})
    assert left.json()["limit"] is None and (await two.ask("500.00"))["decision"] == "approved"
    listed = (await call(books, "/groups", method="GET")).json()["data"]
    assert [row["group_id"] for row in listed] == [str(group_id)]
    assert await books.violations() == []


async def test_first_orders_of_members_make_their_heads_once_they_have_the_group(books: Any) -> None:
    group_id, members = await group_of(books, members=3)
    await call(books, f"/groups/{group_id}/limit", {"amount": "100.00", "reason": "family"})
    dollars = {"amount": {"amount": "1.00", "currency": "USD"}}
    answers = await asyncio.gather(*(ask(members[n % 3], dollars) for n in range(12)))
    assert [one["decision"] for one in answers] == ["denied"] * 12
    for one in members:
        assert len((await one.position())["positions"]) == 2
    assert await books.violations() == []


async def test_a_group_that_was_not_told_of_yet(books: Any) -> None:
    missing = await call(books, f"/groups/{new_id()}", method="GET")
    assert (missing.status_code, missing.json()["code"]) == (404, "group_not_found")
    group_id = new_id()
    joined = dict(CustomerGroupChanged.examples[0]) | {"customer_id": books.customer, "group_id": group_id}
    await tell(books.service.database, customer, books.tenant, CustomerGroupChanged.model_validate(joined), first=2)
    early = await call(books, f"/groups/{group_id}/limit", {"amount": "1.00", "reason": "r"})
    assert (early.status_code, early.json()["code"]) == (409, "group_not_known_yet")
    await books.limit("10.00")
    assert (await books.ask("1.00"))["decision"] == "approved"
