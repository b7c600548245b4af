"""Ratings, statements and rating policies over HTTP: 2xx, each refusal, auth, a repeated key, another tenant."""

from datetime import date, timedelta
from typing import Any

import pytest

from credit_svc.consumers.customer import customer
from dunlin_events.contracts.customer import CustomerRegistered
from dunlin_kernel.ids import new_id
from dunlin_kit.testing import one_by_one, tell

FIGURES = {
    "total_assets": "1000.00", "current_assets": "500.00", "current_liabilities": "300.00",
    "retained_earnings": "200.00", "ebit": "-100.00", "equity": "400.00", "total_liabilities": "600.00",
    "sales": "1500.00"}
STATEMENT = {"ended_on": "2025-12-31", "currency": "CNY", "source": "tax_filing", "figures": FIGURES}
POLICY = {"reviews": False, "sets_limits": False, "decides_terms": False, "reason": "as agreed"}
GRADES = [{"grade": grade, "factor_bps": 5000, "due_days": 10, "prepayment_bps": 0, "review_days": 60}
          for grade in "ABCDE"]
CARD = {"base_log_odds_milli": 2000, "attributes": [
    {"name": "days_late", "bins": [{"upto": 5, "woe_milli": 500}, {"upto": None, "woe_milli": -500}]}]}


def path(books: Any, end: str) -> str:
    return f"/credit/v1/customers/{books.customer}/{end}"


async def test_a_statement_is_entered_and_read_back(books: Any) -> None:
    client, headers = books.service.client, books.headers()
    made = await client.post(path(books, "financial-statements"), json=STATEMENT, headers=headers)
    assert made.status_code == 201
    body = made.json()
    assert body["figures"] == FIGURES | {
        "financial_expenses": None, "intangible_assets": "0.00", "existing_lines": "0.00"}
    assert (body["z_score"], body["entered_by"], body["entered_at"]) == ("1.9920", "clerk", "2026-03-01T02:00:00Z")
    again = STATEMENT | {"figures": FIGURES | {"total_liabilities": "0.00", "equity": "1000.00",
                                               "current_liabilities": "0.00", "intangible_assets": "1.00"}}
    await client.post(path(books, "financial-statements"), json=again, headers=books.headers())
    older = {"ended_on": "2024-12-31"}
    await client.post(path(books, "financial-statements"), json=STATEMENT | older, headers=books.headers())
    listed = await one_by_one(client, path(books, "financial-statements"), headers)
    assert [one["ended_on"] for one in listed] == [body["ended_on"], body["ended_on"], "2024-12-31"]
    assert [one["z_score"] for one in listed] == [None, "1.9920", "1.9920"]
    rated = (await client.post(path(books, "ratings"), headers=books.headers())).json()
    assert rated["statement_id"] == listed[0]["id"] and rated["willingness_score"] is None


@pytest.mark.parametrize(("change", "code"), [
    ({"currency": "XXX"}, "unknown_currency"),
    ({"figures": FIGURES | {"sales": "1e3"}}, "malformed_amount"),
    ({"figures": FIGURES | {"sales": "1.5"}}, "wrong_precision"),
    ({"figures": FIGURES | {"sales": "9999999999999999.99"}}, "amount_too_large"),
    ({"figures": FIGURES | {"sales": "-1.00"}}, "bad_figures"),
    ({"figures": FIGURES | {"equity": "400.01"}}, "statement_does_not_balance"),
    ({"figures": FIGURES | {"total_assets": "0.00"}}, "statement_without_assets"),
    ({"ended_on": "2026-03-02"}, "statement_in_future"),
    ({"source": "hearsay"}, "invalid_request"),
    ({"surprise": 1}, "invalid_request"),
])
async def test_a_statement_is_refused(books: Any, change: dict[str, Any], code: str) -> None:
    answer = await books.service.client.post(
        path(books, "financial-statements"), json=STATEMENT | change, headers=books.headers())
    assert (answer.status_code, answer.json()["code"]) == (422, code)


@pytest.mark.parametrize(("change", "code"), [
    ({"effective_from": "2026-02-28"}, "effective_in_past"),
    ({"scores": {"a": 500, "b": 580, "c": 540, "d": 500}}, "bad_policy"),
    ({"scorecards": {"fresh_days": 900, "stale_days": 900}}, "bad_policy"),
    ({"scorecards": {"willingness": CARD | {"attributes": CARD["attributes"] * 2}}}, "bad_scorecard"),  # type: ignore[operator]
    ({"grades": [GRADES[0]] * 5}, "bad_policy"),
    ({"grades": GRADES[:4]}, "invalid_request"),
    ({"engine": {"cap": [{"amount": "1.00", "currency": "CNY"}] * 2}}, "bad_policy"),
    ({"engine": {"loss_given_default_bps": 0}}, "invalid_request"),
])
async def test_a_policy_is_refused(books: Any, change: dict[str, Any], code: str) -> None:
    answer = await books.service.client.post(
        "/credit/v1/rating-policies", json=POLICY | change, headers=books.headers())
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_card_of_ones_own_and_grades(books: Any) -> None:
    client = books.service.client
    answer = await client.post("/credit/v1/rating-policies", headers=books.headers(), json=POLICY | {
        "scorecards": {"willingness": CARD}, "grades": GRADES})
    assert answer.status_code == 201
    current = (await client.get("/credit/v1/rating-policies/current", headers=books.headers())).json()
    assert [one["name"] for one in current["willingness"]["attributes"]] == ["days_late"]
    assert {(one["factor_bps"], one["review_days"]) for one in current["grades"]} == {(5000, 60)}
    assert len(current["ability"]["attributes"]) == 6


async def test_auth_and_who_is_not_known(books: Any) -> None:
    client = books.service.client
    for end, body in (("ratings", None), ("financial-statements", STATEMENT)):
        assert (await client.post(path(books, end), json=body)).status_code == 401
        forbidden = await client.post(path(books, end), json=body, headers=books.headers("credit:read"))
        assert forbidden.status_code == 403
        unknown = await client.post(
            f"/credit/v1/customers/{new_id()}/{end}", json=body, headers=books.headers())
        assert (unknown.status_code, unknown.json()["code"]) == (409, "customer_not_known_yet")
    none = await client.get(path(books, "rating"), headers=books.headers())
    assert (none.status_code, none.json()["code"]) == (404, "rating_not_found")
    nothing = await client.post(path(books, "ratings"), headers=books.headers())
    assert (nothing.status_code, nothing.json()["code"]) == (422, "nothing_to_rate")


async def test_a_repeated_key_rates_once_and_pages_go_back(books: Any) -> None:
    client = books.service.client
    await client.post(path(books, "financial-statements"), json=STATEMENT, headers=books.headers())
    headers = books.headers("credit:write", key="k-1")
    first = await client.post(path(books, "ratings"), headers=headers)
    again = await client.post(path(books, "ratings"), headers=headers)
    assert again.content == first.content and again.headers["Idempotency-Replayed"] == "true"
    second = await client.post(path(books, "ratings"), headers=books.headers())
    assert await books.told() == ["CreditRated", "CreditRated"]
    page = (await client.get(path(books, "ratings?limit=1"), headers=books.headers())).json()
    assert [one["id"] for one in page["data"]] == [second.json()["id"]] and page["has_more"]
    rest = await client.get(path(books, f"ratings?limit=1&cursor={page['next_cursor']}"), headers=books.headers())
    assert [one["id"] for one in rest.json()["data"]] == [first.json()["id"]]
    other = books.service.headers(await books.service.tenant(), "credit:read")
    assert (await client.get(path(books, "ratings"), headers=other)).json()["data"] == []


async def test_which_reviews_fall_due_when_and_why(books: Any) -> None:
    client = books.service.client

    async def due(query: str = "") -> Any:
        answer = await client.get(f"/credit/v1/reviews{query}", headers=books.headers())
        assert answer.status_code == 200, answer.text
        return answer.json()

    await client.post(path(books, "financial-statements"), json=STATEMENT, headers=books.headers())
    rating = (await client.post(path(books, "ratings"), headers=books.headers())).json()
    assert (await due())["data"] == []
    assert (await client.post("/credit/v1/rating-policies", headers=books.headers(), json={
        "reviews": True, "sets_limits": False, "decides_terms": False, "reason": "by score"})).status_code == 201
    rating = (await client.post(path(books, "ratings"), headers=books.headers())).json()
    days = {"A": 365, "B": 180, "C": 90, "D": 30, "E": 30}[rating["grade"]]
    day = date(2026, 3, 1) + timedelta(days=days)
    planned = {
        "customer_id": str(books.customer), "number": "C-000001", "name": "Acme", "owner_code": None,
        "standing_in_for": None, "due_on": day.isoformat(), "cause": "periodic", "rating_id": rating["id"],
        "grade": rating["grade"], "rated_on": "2026-03-01"}
    [found] = (await due(f"?due_on.lte={day}"))["data"]
    assert found | {"name": "Acme"} == planned and found["name"]
    assert (await due(f"?due_on.lte={day - timedelta(days=1)}"))["data"] == []
    await client.post(path(books, "financial-statements"), json=STATEMENT, headers=books.headers())
    first = await due("?limit=1")
    assert [(one["due_on"], one["cause"]) for one in first["data"]] == [("2026-03-01", "statement")]
    rest = await due(f"?limit=1&cursor={first['next_cursor']}")
    assert [one["cause"] for one in rest["data"]] == ["periodic"] and not rest["has_more"]


async def test_who_has_which_grade(books: Any) -> None:
    client, ids = books.service.client, [books.customer]
    for number in ("C-000002", "C-000003"):
        told = dict(CustomerRegistered.examples[0]) | {
            "customer_id": new_id(), "number": number, "status": "active", "name": f"Firm {number}"}
        await tell(books.service.database, customer, books.tenant, CustomerRegistered.model_validate(told))
        ids.append(told["customer_id"])
    for one, figures in zip(ids[:2], (FIGURES, FIGURES | {"ebit": "300.00"}), strict=True):
        await client.post(f"/credit/v1/customers/{one}/financial-statements", headers=books.headers(),
                          json=STATEMENT | {"figures": figures})
        assert (await client.post(f"/credit/v1/customers/{one}/ratings", headers=books.headers())).status_code == 201
    first = (await client.get("/credit/v1/ratings?limit=1", headers=books.headers())).json()
    assert [one["number"] for one in first["data"]] == ["C-000001"] and first["has_more"]
    rest = await client.get(f"/credit/v1/ratings?limit=1&cursor={first['next_cursor']}", headers=books.headers())
    [second] = rest.json()["data"]
    assert (second["number"], second["name"], second["previous_grade"]) == ("C-000002", "Firm C-000002", None)
    assert first["data"][0]["score"] < second["score"] and not rest.json()["has_more"]
    only = await client.get(f"/credit/v1/ratings?grade={second['grade']}", headers=books.headers())
    assert [one["number"] for one in only.json()["data"]] == ["C-000002"]
    assert (await client.get("/credit/v1/ratings?grade=Z", headers=books.headers())).status_code == 422
