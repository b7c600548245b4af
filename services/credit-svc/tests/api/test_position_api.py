"""Positions over HTTP: of one customer and of all, filtered, sorted, paged; waiting for what was written elsewhere."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from credit_svc.consumers.customer import customer
from dunlin_events.contracts.customer import CustomerRegistered
from dunlin_kernel.ids import new_id
from dunlin_kit.testing import tell

LIST = "/credit/v1/positions"


async def another(books: Any, limit: str | None, opened: str | None = None) -> Any:
    one = new_id()
    told = dict(CustomerRegistered.examples[0]) | {"customer_id": one, "number": f"C-{one.int % 10**6:06d}"}
    await tell(books.service.database, customer, books.tenant, CustomerRegistered.model_validate(told))
    other = replace(books, customer=one)
    await other.limit(limit)
    if opened:
        await other.hear(other.invoice(opened, opened))
    return other


async def listed(books: Any, query: str = "") -> list[tuple[str, str | None]]:
    answer = await books.service.client.get(f"{LIST}?{query}", headers=books.headers("credit:read"))
    assert answer.status_code == 200, answer.text
    return [(row["customer_id"], row["available"] and row["available"]["amount"]) for row in answer.json()["data"]]


async def test_a_position_says_its_parts_and_how_far_it_has_heard(books: Any) -> None:
    await books.limit("20000.00")
    await books.hear(books.invoice("4520.00", "4520.00"))
    found = await books.position()
    assert (found["number"], found["status"], found["as_of"], found["policy_version"]) == (
        "C-000001", "active", "2026-03-01", 1)
    assert found["heard"] == [{"owner": "billing", "sequence": 1}]
    [position] = found["positions"]
    assert (position["limit"]["status"], position["limit"]["source"], position["limit"]["version"]) == (
        "in_force", "manual", 1)
    assert {name: part["amount"] for name, part in position["parts"].items()} == {
        "open": "4520.00", "disputed": "0.00", "delivered": "0.00", "reserved": "0.00", "unapplied": "0.00",
        "accrued": "0.00", "kept": "0.00"}
    assert (position["exposure"]["amount"], position["available"]["amount"], position["sequence"]) == (
        "4520.00", "15480.00", 1)


async def test_a_known_customer_without_anything_has_no_positions(books: Any) -> None:
    assert (await books.position())["positions"] == []


async def test_not_known_yet_auth_and_other_tenants(books: Any) -> None:
    client, path = books.service.client, f"/credit/v1/customers/{books.customer}/position"
    unknown = await client.get(f"/credit/v1/customers/{new_id()}/position", headers=books.headers())
    assert (unknown.status_code, unknown.json()["code"]) == (409, "customer_not_known_yet")
    other = books.service.headers(await books.service.tenant(), "credit:read")
    assert (await client.get(path, headers=other)).json()["code"] == "customer_not_known_yet"
    assert (await client.get(LIST, headers=other)).json()["data"] == []
    for place in (path, LIST):
        assert (await client.get(place)).status_code == 401
        assert (await client.get(place, headers=books.headers("authorizations:read"))).status_code == 403


async def test_a_read_waits_for_what_billing_has_told(books: Any) -> None:
    await books.limit("100.00")
    position = f"billing/{books.tenant}:{books.customer}/1"
    path = f"/credit/v1/customers/{books.customer}/position?min_position={position}"
    reading = asyncio.create_task(books.service.client.get(path, headers=books.headers()))
    await asyncio.sleep(0.1)
    assert not reading.done()
    await books.hear(books.invoice("40.00", "40.00"))
    assert (await reading).json()["positions"][0]["available"]["amount"] == "60.00"


async def test_the_list_is_sorted_and_filtered_by_what_is_available(books: Any) -> None:
    rich, poor = await another(books, "500.00"), await another(books, "50.00", "80.00")
    unrated, even = await another(books, None, "10.00"), await another(books, "100.00", "100.00")
    by_available = [(str(one.customer), available) for one, available in (
        (poor, "-30.00"), (even, "0.00"), (rich, "500.00"), (unrated, None))]
    assert await listed(books, "sort=available") == by_available
    assert await listed(books) == sorted(by_available)
    assert await listed(books, "sort=available&available.lt=0.01") == by_available[:2]
    assert await listed(books, "sort=available&available.lt=500.00&currency=CNY") == by_available[:2]
    assert await listed(books, "currency=USD") == []


@pytest.mark.parametrize("sort", ["customer", "available"])
async def test_pages_go_through_all_once(books: Any, sort: str) -> None:
    made = [await another(books, limit) for limit in ("3.00", None, "1.00", "1.00", None, "2.00")]
    whole, seen, query = await listed(books, f"sort={sort}"), [], f"sort={sort}&limit=2"
    for _ in range(3):
        answer = (await books.service.client.get(f"{LIST}?{query}", headers=books.headers("credit:read"))).json()
        seen += [(row["customer_id"], row["available"] and row["available"]["amount"]) for row in answer["data"]]
        query = f"sort={sort}&limit=2&cursor={answer['next_cursor']}"
    assert seen == whole and {one for one, _ in seen} == {str(one.customer) for one in made}
    assert (answer["has_more"], answer["next_cursor"]) == (False, None)


@pytest.mark.parametrize(("query", "code"), [
    ("available.lt=1e3", "malformed_amount"), ("available.lt=1", "wrong_precision"),
    ("available.lt=1.00&currency=XXX", "unknown_currency"), ("cursor=abc", "cursor_invalid"),
    ("sort=number", "invalid_request"), ("limit=201", "invalid_request")])
async def test_a_list_is_refused(books: Any, query: str, code: str) -> None:
    answer = await books.service.client.get(f"{LIST}?{query}", headers=books.headers())
    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_integrity_holds_and_names_its_checks(books: Any) -> None:
    answer = await books.service.client.get("/credit/v1/integrity", headers=books.headers("integrity:read"))
    assert answer.json()["holds"] is True
    assert {check["id"].split("-")[0] for check in answer.json()["checks"]} == {"I4", "I6", "I8", "I17"}
