"""Rating policies tried over customers and over past ratings on real PostgreSQL."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from credit_svc.consumers.customer import customer
from dunlin_events.contracts.customer import CustomerRegistered
from dunlin_kernel.ids import new_id
from dunlin_kit.testing import tell

POLICY = {"reviews": True, "sets_limits": True, "decides_terms": True, "reason": "by score",
          "scores": {"a": 600, "b": 580, "c": 540, "d": 500}}
HARSH = POLICY | {"scores": {"a": 840, "b": 830, "c": 820, "d": 810}}
STATEMENT = {
    "ended_on": "2025-12-31", "currency": "CNY", "source": "audited", "figures": {
        "total_assets": "1000.00", "current_assets": "500.00", "current_liabilities": "300.00",
        "retained_earnings": "200.00", "ebit": "100.00", "equity": "400.00", "total_liabilities": "600.00",
        "sales": "1500.00"}}


def cny(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


async def call(books: Any, path: str, body: Any = None, *, method: str = "POST", expect: int = 200) -> Any:
    answer = await books.service.client.request(method, f"/credit/v1{path}", json=body, headers=books.headers())
    assert answer.status_code == expect, answer.text
    return answer.json()


async def another(books: Any, number: str) -> Any:
    """A customer whose statement is known, with one invoice that is not due yet."""
    one = replace(books, customer=new_id())
    told = dict(CustomerRegistered.examples[0]) | {
        "customer_id": one.customer, "status": "active", "number": number}
    await tell(books.service.database, customer, books.tenant, CustomerRegistered.model_validate(told))
    await call(one, f"/customers/{one.customer}/financial-statements", STATEMENT, expect=201)
    await one.hear(one.invoice("1000.00", "10.00", issued_on=date(2026, 2, 1), items=[
        {"item_id": str(new_id()), "due_on": "2026-06-01", "amount": cny("10.00")}]))
    return one


async def test_a_rating_policy_is_tried_over_the_book_and_over_its_past(
    books: Any, monkeypatch: pytest.MonkeyPatch,
) -> None:
    customers = [await another(books, f"C-{n}") for n in range(3)]
    before = await books.service.told(books.tenant)
    first = await call(books, "/rating-policies:dry-run", POLICY)
    assert (first["customers"], first["better"], first["blocked"], first["freed"], first["terms_changed"]) == (
        3, 0, 0, 3, 3)
    assert first["grades"] == [{"before": None, "after": "A", "count": 3}]
    [sums] = first["sums"]
    assert [sums[name]["amount"] for name in (
        "limits_before", "limits_after", "raised", "cut", "available_after", "freed")] == [
        "0.00", "120.00", "120.00", "0.00", "90.00", "90.00"]
    assert [one["number"] for one in first["changed"]] == ["C-0", "C-1", "C-2"]
    assert first["changed"][0]["limits"] == [{
        "currency": "CNY", "limit_before": None, "limit_after": cny("40.00"), "reasons_before": ["not_rated"],
        "reasons_after": []}]
    assert await books.service.told(books.tenant) == before
    assert (await call(books, "/rating-policies/current", method="GET"))["version"] == 1

    await call(books, "/rating-policies", POLICY, expect=201)
    for one in customers:
        await call(one, f"/customers/{one.customer}/ratings", {}, expect=201)
    for most in (500, 2, 1):
        monkeypatch.setattr("credit_svc.usecases.dry_run_rating_policy.SLICE", most)
        same = await call(books, "/rating-policies:dry-run", POLICY)
        assert (same["customers"], same["changed"], same["grades"]) == (
            3, [], [{"before": "A", "after": "A", "count": 3}])
    worse = await call(books, "/rating-policies:dry-run", HARSH)
    assert (worse["worse"], worse["blocked"], worse["sums"][0]["cut"], worse["sums"][0]["blocked"]) == (
        3, 3, cny("120.00"), cny("90.00"))
    assert worse["changed"][0]["terms_after"] == {
        "due_days": 0, "prepayment_bps": 10000, "cash_on_delivery": True}
    bad = await call(books, "/rating-policies:dry-run", POLICY | {"effective_from": "2026-01-01"}, expect=422)
    assert bad["code"] == "effective_in_past"

    days = {"first_day": "2026-03-01", "last_day": "2026-03-01"}
    monkeypatch.setattr("credit_svc.usecases.back_test_rating_policy.SLICE", 2)
    assert (await call(books, "/rating-policies:back-test", POLICY | days))["changed"] == []
    past = await call(books, "/rating-policies:back-test", HARSH | days)
    assert (past["ratings"], past["worse"], past["limits_untried"]) == (3, 3, 0)
    assert past["sums"] == [{"currency": "CNY", "limits_before": cny("120.00"), "limits_after": cny("0.00"),
                             "raised": cny("0.00"), "cut": cny("120.00")}]
    assert {(one["number"], one["grade_after"]) for one in past["changed"]} == {(f"C-{n}", "E") for n in range(3)}
    assert past["changed"][0]["limits"] == [{
        "currency": "CNY", "wanted_before": cny("40.00"), "wanted_after": cny("0.00")}]
    reversed_days = {"first_day": "2026-03-02", "last_day": "2026-03-01"}
    bad = await call(books, "/rating-policies:back-test", POLICY | reversed_days, expect=422)
    assert bad["code"] == "validity_reversed"
