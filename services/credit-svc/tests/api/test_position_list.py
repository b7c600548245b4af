"""Who can still buy, in one call: limit, exposure parts, hold, reason, number, name and owner in each row."""

from dataclasses import replace
from typing import Any

import asyncpg
import pytest

from credit_svc.consumers.customer import customer
from dunlin_events.contracts.customer import CustomerRegistered
from dunlin_events.contracts.customer_relationship import CustomerOwnerChanged
from dunlin_kernel.ids import new_id
from dunlin_kit.testing import tell


async def another(books: Any, number: str, owner: str) -> Any:
    one = replace(books, customer=new_id())
    told = dict(CustomerRegistered.examples[0]) | {
        "customer_id": one.customer, "status": "active", "number": number, "name": f"{number} Ltd"}
    owned = dict(CustomerOwnerChanged.examples[0]) | {"customer_id": one.customer, "owner_code": owner}
    await tell(books.service.database, customer, books.tenant, CustomerRegistered.model_validate(told),
               CustomerOwnerChanged.model_validate(owned))
    return one


async def rows(books: Any, query: str = "") -> list[dict[str, Any]]:
    answer = await books.service.client.get(f"/credit/v1/positions{query}", headers=books.headers())
    assert answer.status_code == 200, answer.text
    return list(answer.json()["data"])


@pytest.fixture
async def three(books: Any) -> list[Any]:
    """One that can buy, one on hold, one over its limit."""
    found = [await another(books, f"C-00000{n}", f"S-{n % 2}") for n in (1, 2, 3)]
    for one in found:
        await one.limit("100.00")
    await books.service.client.post(
        f"/credit/v1/customers/{found[1].customer}/holds", json={"reason": "other", "note": "wait"},
        headers=books.headers())
    await found[2].hear(found[2].invoice("130.00", "130.00"))
    return found


async def test_each_row_says_who_why_and_whose(books: Any, three: list[Any]) -> None:
    found = {row["number"]: row for row in await rows(books)}
    assert {number: (row["can_buy"], row["reasons"], row["owner_code"], row["name"], row["available"]["amount"],
                     [hold["rule"] for hold in row["holds"]]) for number, row in found.items()} == {
        "C-000001": (True, [], "S-1", "C-000001 Ltd", "100.00", []),
        "C-000002": (False, ["on_hold"], "S-0", "C-000002 Ltd", "100.00", ["manual"]),
        "C-000003": (False, ["over_limit"], "S-1", "C-000003 Ltd", "-30.00", [])}


async def test_filters_and_order(books: Any, three: list[Any]) -> None:
    def numbers(found: list[dict[str, Any]]) -> list[str]:
        return [row["number"] for row in found]

    assert numbers(await rows(books, "?hold=true")) == ["C-000002"]
    assert numbers(await rows(books, "?hold=false")) == ["C-000001", "C-000003"]
    assert numbers(await rows(books, "?available.lt=0.00")) == ["C-000003"]
    assert numbers(await rows(books, "?owner=S-1&sort=available")) == ["C-000003", "C-000001"]
    for sort in ("customer", "available"):
        path, seen = f"/credit/v1/positions?limit=1&sort={sort}", list[str]()
        while path:
            answer = await books.service.client.get(path, headers=books.headers())
            seen += numbers(answer.json()["data"])
            path = answer.links.get("next", {}).get("url", "")
        assert sorted(seen) == ["C-000001", "C-000002", "C-000003"]
    assert len(seen) == 3 and seen[0] == "C-000003"


async def test_a_page_by_customer_reads_the_index_and_not_the_book(books: Any, three: list[Any]) -> None:
    from credit_svc.store.positions import _BY_CUSTOMER

    statement = str(_BY_CUSTOMER.compile(compile_kwargs={"literal_binds": False}))
    bound = {"today": "'2026-03-01'", "disputed_bps": "10000", "delivered_bps": "10000", "cover_kinds": "'{deposit}'",
             "accrued_interest": "true",
             "currency": "NULL", "below": "NULL", "hold": "NULL", "owners": "NULL",
             "after_id": "'00000000-0000-0000-0000-000000000000'", "after_currency": "''", "most": "50"}
    for name, value in bound.items():
        statement = statement.replace(f":{name} ", f"{value} ")
    connection = await asyncpg.connect(books.service.urls.app)
    try:
        await connection.execute(f"SET dunlin.tenant = '{books.tenant}'; SET enable_seqscan = off")
        plan = "\n".join(row[0] for row in await connection.fetch(f"EXPLAIN {statement}"))
    finally:
        await connection.close()
    assert "Seq Scan on credit_limit" not in plan and "Seq Scan on exposure" not in plan, plan
    assert "Seq Scan on cover" not in plan, plan


async def test_what_was_asked_for_is_listed_newest_first(books: Any, three: list[Any]) -> None:
    asked = [await three[0].ask(amount) for amount in ("10.00", "500.00", "20.00")]
    denied = await three[1].ask("1.00")
    path = "/credit/v1/authorizations"
    found = (await books.service.client.get(
        f"{path}?customer_id={three[0].customer}", headers=books.headers())).json()["data"]
    assert [(row["id"], row["status"], row["reasons"], row["number"], row["owner_code"]) for row in found] == [
        (asked[2]["id"], "approved", [], "C-000001", "S-1"),
        (asked[1]["id"], "denied", ["over_limit"], "C-000001", "S-1"),
        (asked[0]["id"], "approved", [], "C-000001", "S-1")]
    first = await books.service.client.get(f"{path}?status=denied&limit=1", headers=books.headers())
    assert [row["id"] for row in first.json()["data"]] == [denied["id"]] and first.json()["has_more"]
    second = await books.service.client.get(first.links["next"]["url"], headers=books.headers())
    assert [row["id"] for row in second.json()["data"]] == [asked[1]["id"]]
