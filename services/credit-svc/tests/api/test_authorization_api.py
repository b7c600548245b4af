"""Authorisations over HTTP: approved and denied, each refusal, auth, a repeated key, another tenant, 200 at once."""

import asyncio
from typing import Any

import pytest

from dunlin_kernel.ids import new_id

PATH = "/credit/v1/authorizations"


def body(books: Any, amount: str = "30.00", **more: Any) -> dict[str, Any]:
    return {"customer_id": str(books.customer), "amount": {"amount": amount, "currency": "CNY"}, "reference": "SO-1",
            **more}


async def test_approved(books: Any) -> None:
    await books.limit("100.00")
    answer = await books.service.client.post(PATH, json=body(books), headers=books.headers("authorizations:write"))
    assert answer.status_code == 201
    found = answer.json()
    assert answer.headers["Location"] == f"{PATH}/{found['id']}"
    assert (found["decision"], found["status"], found["reasons"]) == ("approved", "approved", [])
    assert found["reserved"] == {"amount": "30.00", "currency": "CNY"}
    again = await books.service.client.get(f"{PATH}/{found['id']}", headers=books.headers("authorizations:read"))
    assert again.json() == found
    _, fact, payload = (await books.service.told(books.tenant))[-1]
    assert (fact, payload["available_after"]["amount"]) == ("CreditAuthorized", "70.00")


async def test_denied_is_an_answer(books: Any) -> None:
    answer = await books.service.client.post(PATH, json=body(books), headers=books.headers())
    assert answer.status_code == 201
    found = answer.json()
    assert (found["decision"], found["status"], found["reasons"]) == ("denied", "denied", ["not_rated"])
    assert found["reserved"]["amount"] == "0.00" and found["explanation"]["available"] is None
    release = await books.service.client.post(f"{PATH}/{found['id']}:release", headers=books.headers())
    assert (release.status_code, release.json()["code"]) == (409, "illegal_transition")


@pytest.mark.parametrize(("amount", "reason"), [(None, "not_rated"), ("0.00", "no_credit"), ("29.99", "over_limit")])
async def test_not_rated_no_credit_and_too_little_are_told_apart(books: Any, amount: str | None, reason: str) -> None:
    await books.limit(amount)
    assert (await books.ask("30.00"))["reasons"] == [reason]


@pytest.mark.parametrize(("change", "code"), [
    ({"amount": {"amount": "0.00", "currency": "CNY"}}, "amount_not_positive"),
    ({"amount": {"amount": "-1.00", "currency": "CNY"}}, "amount_not_positive"),
    ({"amount": {"amount": "1.0", "currency": "CNY"}}, "wrong_precision"),
    ({"amount": {"amount": "1.00", "currency": "XXX"}}, "unknown_currency"),
    ({"amount": {"amount": "9999999999999999.99", "currency": "CNY"}}, "amount_too_large"),
    ({"expires_at": "2026-03-01T02:00:00Z"}, "expires_in_past"),
    ({"expires_at": "2046-03-01T02:00:00Z"}, "expires_too_late"),
    ({"expires_at": "2026-04-01T02:00:00Z", "expires_in_days": 1}, "two_expiries"),
    ({"expires_at": "2026-04-01T02:00:00"}, "invalid_request"),
    ({"expires_in_days": 0}, "invalid_request"),
    ({"reference": ""}, "invalid_request"),
    ({"amount": 30}, "invalid_request"),
])
async def test_refused(books: Any, change: dict[str, Any], code: str) -> None:
    await books.limit("100.00")
    answer = await books.service.client.post(PATH, json=body(books) | change, headers=books.headers())
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert await books.told() == ["CreditLimitChanged"]


async def test_a_customer_not_heard_of_yet(books: Any) -> None:
    asked = body(books) | {"customer_id": str(new_id())}
    answer = await books.service.client.post(PATH, json=asked, headers=books.headers())
    assert (answer.status_code, answer.json()["code"]) == (409, "customer_not_known_yet")


async def test_validate_only_reserves_nothing(books: Any) -> None:
    await books.limit("100.00")
    answer = await books.service.client.post(f"{PATH}?validate_only=true", json=body(books), headers=books.headers())
    assert (answer.status_code, answer.json()["decision"]) == (201, "approved")
    assert (await books.position())["positions"][0]["available"]["amount"] == "100.00"
    assert await books.told() == ["CreditLimitChanged"]


async def test_release(books: Any) -> None:
    await books.limit("100.00")
    asked = await books.ask("30.00")
    answer = await books.service.client.post(f"{PATH}/{asked['id']}:release", headers=books.headers())
    assert answer.status_code == 200
    assert (answer.json()["status"], answer.json()["released"]["amount"]) == ("released", "30.00")
    assert (await books.position())["positions"][0]["available"]["amount"] == "100.00"
    twice = await books.service.client.post(f"{PATH}/{asked['id']}:release", headers=books.headers())
    assert (twice.status_code, twice.json()["code"], twice.json()["facts"]) == (
        409, "illegal_transition", {"status": "released"})


async def test_auth(books: Any) -> None:
    client = books.service.client
    assert (await client.post(PATH, json=body(books), headers={"Idempotency-Key": "a"})).status_code == 401
    for scopes in (("authorizations:read",), ("credit:write",)):
        assert (await client.post(PATH, json=body(books), headers=books.headers(*scopes))).status_code == 403
    release, write = f"{PATH}/{new_id()}:release", books.headers("authorizations:write")
    assert (await client.post(release, headers=books.headers("authorizations:read"))).status_code == 403
    assert (await client.get(f"{PATH}/{new_id()}", headers=write)).status_code == 403
    no_key = await client.post(PATH, json=body(books), headers=books.headers(key=None))
    assert (no_key.status_code, no_key.json()["code"]) == (400, "idempotency_key_missing")


async def test_not_found_and_not_another_tenants(books: Any) -> None:
    await books.limit("100.00")
    asked = await books.ask("30.00")
    other = books.service.headers(await books.service.tenant(), "authorizations:read", "authorizations:write")
    client = books.service.client
    for one, headers in ((new_id(), books.headers()), (asked["id"], other)):
        answers = (await client.get(f"{PATH}/{one}", headers=headers),
                   await client.post(f"{PATH}/{one}:release", headers=headers))
        assert [(a.status_code, a.json()["code"]) for a in answers] == [(404, "authorization_not_found")] * 2


async def test_a_repeated_key_reserves_once(books: Any) -> None:
    await books.limit("100.00")
    headers = books.headers(key="order-1")
    answers = await asyncio.gather(
        *(books.service.client.post(PATH, json=body(books), headers=headers) for _ in range(50)))
    assert {answer.status_code for answer in answers} == {201} and len({answer.content for answer in answers}) == 1
    assert (await books.position())["positions"][0]["available"]["amount"] == "70.00"
    assert await books.violations() == []


async def test_200_orders_of_1_against_100_are_exactly_100(books: Any) -> None:
    await books.limit("100.00")
    answers = await asyncio.gather(*(
        books.service.client.post(PATH, json=body(books, "1.00"), headers=books.headers("authorizations:write"))
        for _ in range(200)))
    assert [answer.status_code for answer in answers] == [201] * 200
    assert sum(answer.json()["decision"] == "approved" for answer in answers) == 100
    assert (await books.position())["positions"][0]["available"]["amount"] == "0.00"
    assert await books.violations() == []
