"""The limit over HTTP: 2xx, each refusal, auth, a repeated key, another tenant."""

from typing import Any

import pytest

from dunlin_kernel.ids import new_id

GOOD = {"currency": "CNY", "amount": "20000.00", "valid_from": None, "valid_until": "2026-12-31", "reason": "as agreed"}


def path(books: Any) -> str:
    return f"/credit/v1/customers/{books.customer}/limit"


async def test_set(books: Any) -> None:
    answer = await books.service.client.put(path(books), json=GOOD, headers=books.headers("credit:write"))
    assert answer.status_code == 200
    body = answer.json()
    assert body.pop("id") and body == {
        "customer_id": str(books.customer), "currency": "CNY", "version": 1,
        "limit": {"amount": "20000.00", "currency": "CNY"}, "source": "manual", "valid_from": "2026-03-01",
        "valid_until": "2026-12-31", "reason": "as agreed", "kind": "base", "set_by": "clerk", "approved_by": None,
        "set_at": "2026-03-01T02:00:00Z"}
    assert answer.headers["Dunlin-Position"] == f"credit/{books.tenant}:{books.customer}/1"


@pytest.mark.parametrize(("change", "code"), [
    ({"currency": "XXX"}, "unknown_currency"),
    ({"currency": "XXX", "amount": None}, "unknown_currency"),
    ({"amount": "1e3"}, "malformed_amount"),
    ({"amount": "1.5"}, "wrong_precision"),
    ({"amount": "-1.00"}, "negative_limit"),
    ({"amount": "9999999999999999.99"}, "amount_too_large"),
    ({"valid_from": "2027-01-01"}, "validity_reversed"),
    ({"valid_from": "2026-01-01", "valid_until": "2026-02-28"}, "validity_in_past"),
    ({"reason": ""}, "invalid_request"),
    ({"amount": 20000}, "invalid_request"),
    ({"surprise": 1}, "invalid_request"),
])
async def test_refused(books: Any, change: dict[str, Any], code: str) -> None:
    answer = await books.service.client.put(path(books), json=GOOD | change, headers=books.headers())
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert await books.told() == []


async def test_amount_must_be_said(books: Any) -> None:
    body = {name: value for name, value in GOOD.items() if name != "amount"}
    answer = await books.service.client.put(path(books), json=body, headers=books.headers())
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


async def test_a_customer_or_tenant_not_heard_of_yet(books: Any) -> None:
    unknown = f"/credit/v1/customers/{new_id()}/limit"
    answer = await books.service.client.put(unknown, json=GOOD, headers=books.headers())
    assert (answer.status_code, answer.json()["code"], answer.headers["Retry-After"]) == (
        409, "customer_not_known_yet", "1")
    headers = books.service.headers(new_id(), "credit:write")
    answer = await books.service.client.put(path(books), json=GOOD, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (409, "tenant_not_known_yet")


async def test_auth(books: Any) -> None:
    client = books.service.client
    assert (await client.put(path(books), json=GOOD)).status_code == 401
    assert (await client.put(path(books), json=GOOD, headers=books.headers("credit:read"))).status_code == 403
    limits = f"/credit/v1/customers/{books.customer}/limits?currency=CNY"
    assert (await client.get(limits, headers=books.headers("credit:write"))).status_code == 403


async def test_a_repeated_key_repeats_the_answer(books: Any) -> None:
    headers = books.headers("credit:write", key="k-1")
    first = await books.service.client.put(path(books), json=GOOD, headers=headers)
    again = await books.service.client.put(path(books), json=GOOD, headers=headers)
    assert again.content == first.content and again.headers["Idempotency-Replayed"] == "true"
    assert await books.told() == ["CreditLimitChanged"]
    other = await books.service.client.put(path(books), json=GOOD | {"amount": "1.00"}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


async def test_another_tenant_sees_nothing(books: Any) -> None:
    await books.limit("20000.00")
    other = await books.service.tenant()
    headers = books.service.headers(other, "credit:read", "credit:write")
    client = books.service.client
    limits = await client.get(f"/credit/v1/customers/{books.customer}/limits?currency=CNY", headers=headers)
    assert limits.json() == {"data": [], "next_cursor": None, "has_more": False}
    set_there = await client.put(path(books), json=GOOD, headers=headers)
    assert (set_there.status_code, set_there.json()["code"]) == (409, "customer_not_known_yet")


SECTIONS = ("effective_from", "reason", "overrides", "holds", "alerts", "cover_kinds")


async def test_policies(books: Any) -> None:
    client, headers = books.service.client, books.headers("credit:read", "credit:write")
    standing = await client.get("/credit/v1/policies/current", headers=headers)
    assert standing.json() == {
        "version": 1, "disputed_weight_bps": 10000, "delivered_weight_bps": 10000, "over_capture_tolerance_bps": 500,
        "authorization_days": 30, "deposit_first": False, "accrued_interest": True,
        **{name: standing.json()[name] for name in SECTIONS}}
    wanted = standing.json() | {"disputed_weight_bps": 0, "effective_from": None}
    del wanted["version"]
    assert (await client.post("/credit/v1/policies", json=wanted, headers=headers)).json()["version"] == 2
    assert (await client.get("/credit/v1/policies/current", headers=headers)).json()["disputed_weight_bps"] == 0
    bad = await client.post(
        "/credit/v1/policies", json=wanted | {"disputed_weight_bps": -1}, headers=books.headers("credit:write"))
    assert (bad.status_code, bad.json()["code"]) == (422, "invalid_request")
    read_only = await client.post("/credit/v1/policies", json=wanted, headers=books.headers("credit:read"))
    assert read_only.status_code == 403
