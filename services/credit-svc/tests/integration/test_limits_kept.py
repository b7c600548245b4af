"""Limits as facts: versions, the turn of the tenant's day, and the job that tells of an end."""

from datetime import UTC, date, datetime
from typing import Any

from credit_svc.jobs import expire_limit
from dunlin_kit.testing import work_off


async def run_jobs(books: Any) -> int:
    return await work_off(books.service, books.tenant, {expire_limit.KIND: expire_limit.run})


async def limit_now(books: Any) -> tuple[str, str | None]:
    found = (await books.position())["positions"][0]["limit"]
    return found["status"], found["amount"] and found["amount"]["amount"]


async def test_limits_are_added_and_the_last_counts(books: Any) -> None:
    first = await books.limit("20000.00")
    second = await books.limit("500.00", reason="worse")
    assert (first["version"], second["version"]) == (1, 2)
    assert (await books.position())["positions"][0]["available"] == {"amount": "500.00", "currency": "CNY"}
    answer = await books.service.client.get(
        f"/credit/v1/customers/{books.customer}/limits?currency=CNY", headers=books.headers())
    assert [(limit["version"], limit["reason"]) for limit in answer.json()["data"]] == [(2, "worse"), (1, "as agreed")]
    assert await books.told() == ["CreditLimitChanged", "CreditLimitChanged"]


async def test_limits_are_read_page_by_page_to_the_first(books: Any) -> None:
    for amount in ("1.00", "2.00", "3.00"):
        await books.limit(amount)
    seen: list[int] = []
    cursor: dict[str, str] = {}
    for _ in range(3):
        answer = await books.service.client.get(
            f"/credit/v1/customers/{books.customer}/limits", headers=books.headers(),
            params={"currency": "CNY", "limit": 2, **cursor})
        page = answer.json()
        seen += [limit["version"] for limit in page["data"]]
        if not page["has_more"]:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert seen == [3, 2, 1]


async def test_a_fact_says_what_was_set(books: Any) -> None:
    limit = await books.limit(None, valid_from="2026-03-05", valid_until="2026-12-31")
    [(stream, fact, payload)] = await books.service.told(books.tenant)
    assert (stream, fact) == (f"{books.tenant}:{books.customer}", "CreditLimitChanged")
    assert payload == {
        "customer_id": str(books.customer), "limit_id": limit["id"], "currency": "CNY", "version": 1, "limit": None,
        "source": "manual", "valid_from": "2026-03-05", "valid_until": "2026-12-31", "kind": "base"}


async def test_an_expired_limit_is_zero_from_the_turn_of_the_tenants_day(books: Any) -> None:
    await books.limit("20000.00", valid_until="2026-03-01")
    await books.service.move_clock(books.tenant, datetime(2026, 3, 1, 15, 59, 59, tzinfo=UTC))
    assert await limit_now(books) == ("in_force", "20000.00")
    assert await run_jobs(books) == 0
    await books.service.move_clock(books.tenant, datetime(2026, 3, 1, 16, tzinfo=UTC))
    assert await limit_now(books) == ("expired", "0.00")
    assert (await books.ask("0.01"))["reasons"] == ["limit_expired"]

    assert await run_jobs(books) == 1
    _, fact, payload = (await books.service.told(books.tenant))[-1]
    assert (fact, payload["valid_until"]) == ("LimitExpired", "2026-03-01")
    assert await run_jobs(books) == 0
    assert await books.violations() == []


async def test_a_limit_set_since_takes_the_place_of_the_one_that_ends(books: Any) -> None:
    await books.limit("20000.00", valid_until="2026-03-01")
    await books.limit("700.00")
    await books.service.move_clock(books.tenant, datetime(2026, 3, 2, 2, tzinfo=UTC))
    assert await run_jobs(books) == 1
    assert "LimitExpired" not in await books.told()
    assert await limit_now(books) == ("in_force", "700.00")


async def test_a_limit_to_come_leaves_the_present_one_until_its_day(books: Any) -> None:
    await books.limit("20000.00")
    await books.limit("900.00", valid_from=date(2026, 3, 2).isoformat())
    assert await limit_now(books) == ("in_force", "20000.00")
    await books.service.move_clock(books.tenant, datetime(2026, 3, 1, 16, tzinfo=UTC))
    assert await limit_now(books) == ("in_force", "900.00")
