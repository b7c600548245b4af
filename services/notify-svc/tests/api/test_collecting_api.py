"""Collecting over HTTP: cases, calls, the policy, and the worklist in pages; refusals; another tenant."""

from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID

import httpx
import pytest

from dunlin_events.contracts.billing import InvoiceIssued
from dunlin_events.contracts.billing_exchange import ExchangeRateSet
from dunlin_events.contracts.customer import CustomerRegistered
from dunlin_events.contracts.customer_relationship import CustomerOwnerChanged
from dunlin_events.contracts.customer_staff import StaffConfigured
from dunlin_kernel.clock import SystemClock
from dunlin_kernel.ids import new_id
from dunlin_kit.outbound import Outbound
from dunlin_kit.testing import Running, tell
from notify_svc.consumers.billing import billing
from notify_svc.consumers.customer import customer as customers
from notify_svc.gateways.customer_looks import look_at_phones
from notify_svc.settings import Settings

CASES, CALLS, WORKLIST, POLICY = (
    f"/notify/v1/{name}" for name in ("cases", "calls", "worklist", "collection-policy"))
READ, WRITE = "collections:read", "collections:write"
AT = datetime(2026, 6, 1, 2, tzinfo=UTC)


async def owing(
    service: Running, tenant: UUID, number: str, due: str, *, owner: str | None = None, currency: str = "CNY",
) -> UUID:
    customer, owed = new_id(), "4520" if currency == "JPY" else "4520.00"
    told: list[Any] = [CustomerRegistered.model_validate(CustomerRegistered.examples[0] | {
        "customer_id": customer, "number": number, "name": f"Heron {number}"})]
    if owner:
        told.append(CustomerOwnerChanged(customer_id=customer, owner_id=new_id(), owner_code=owner))
    await tell(service.database, customers, tenant, *told, at=AT)
    await tell(service.database, billing, tenant, InvoiceIssued.model_validate(InvoiceIssued.examples[0] | {
        "customer_id": customer, "invoice_id": new_id(), "items": [
            {"item_id": new_id(), "due_on": due, "amount": {"amount": owed, "currency": currency}}]}), at=AT)
    return customer


async def test_the_worklist_says_whom_to_call_and_why_in_pages(service: Running) -> None:
    tenant = await service.tenant(at=AT)
    old = await owing(service, tenant, "C-1", "2026-02-01", owner="clerk")
    new = await owing(service, tenant, "C-2", "2026-05-30")
    await owing(service, tenant, "C-3", "2026-06-30", owner="clerk")
    write, read = service.headers(tenant, WRITE), service.headers(tenant, READ, key=None)
    planned = await service.client.post(CALLS, json={"customer_id": str(new), "due_on": "2026-06-01"}, headers=write)
    first = (await service.client.get(WORKLIST, params={"limit": 1}, headers=read)).json()
    assert (first["on"], first["has_more"], len(first["data"])) == ("2026-06-01", True, 1)
    row = first["data"][0]
    expected = {"customer_id": str(new), "number": "C-2", "name": "Heron C-2", "why": ["call_due", "overdue"],
                "rank": 45, "oldest_days": 2, "overdue": [{"amount": "4520.00", "currency": "CNY"}], "promise": None,
                "call_id": planned.json()["id"], "call_due_on": "2026-06-01", "talked_on": None, "owner_code": None}
    assert expected.items() <= row.items()
    assert row["phone_at"] == f"/customer/v1/customers/{new}/addressing?purpose=dunning&channel=phone"
    rest = (await service.client.get(WORKLIST, headers=read, params={
        "limit": 1, "cursor": first["next_cursor"]})).json()
    assert [(one["customer_id"], one["why"]) for one in rest["data"]] == [(str(old), ["over_90_days"])]
    assert rest["has_more"] is False
    mine = (await service.client.get(WORKLIST, params={"owner": "me"}, headers=read)).json()["data"]
    assert [one["number"] for one in mine] == ["C-1"]
    nobodys = (await service.client.get(WORKLIST, params={"owner": "S-17"}, headers=read)).json()["data"]
    assert nobodys == []


async def test_debts_in_other_currencies_are_compared_at_the_rate_of_the_day(service: Running) -> None:
    tenant = await service.tenant(at=AT)
    for number, currency in (("C-1", "CNY"), ("C-2", "JPY"), ("C-3", "EUR"), ("C-4", "USD")):
        await owing(service, tenant, number, "2026-05-30", currency=currency)
    rates = [{"currency": "USD", "rate": "7.1000"}, {"currency": "USD", "rate": "0.5", "valid_on": "2026-06-02"},
             {"currency": "JPY", "rate": "0.05"}, {"currency": "JPY", "rate": "0.048125"}]
    await tell(service.database, billing, tenant, *(
        ExchangeRateSet.model_validate(ExchangeRateSet.examples[0] | rate) for rate in rates), at=AT)
    read = service.headers(tenant, READ, key=None)
    found = (await service.client.get(WORKLIST, params={"limit": 3}, headers=read)).json()
    assert [one["number"] for one in found["data"]] == ["C-4", "C-1", "C-2"]
    rest = (await service.client.get(WORKLIST, headers=read, params={
        "limit": 3, "cursor": found["next_cursor"]})).json()
    assert [one["number"] for one in rest["data"]] == ["C-3"], "without a rate it counts for nothing"


async def test_the_worklist_says_whom_to_call_at_which_number_to_those_who_may_know(service: Running) -> None:
    tenant = await service.tenant(at=AT)
    customer = await owing(service, tenant, "C-1", "2026-05-30")
    said = {"customer_id": str(customer), "status": "active", "contact_name": "王会计", "language": "zh",
            "email": None, "phone": "+86 10 1"}
    answers = iter([{"access_token": "a", "expires_in": 3600}, {"data": [said]}])
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.query.decode())
        found = next(answers, None)
        return httpx.Response(200, json=found) if found else httpx.Response(503)

    async def called(*scopes: str) -> tuple[str | None, str | None]:
        [row] = (await service.client.get(WORKLIST, headers=service.headers(tenant, *scopes, key=None))).json()["data"]
        return row["contact_name"], row["phone"]

    assert isinstance(service.settings, Settings)
    before = service.app.state.phones
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        token = service.settings.token(client, SystemClock())
        service.app.state.phones = partial(look_at_phones, Outbound(client, "http://customer.test", token))
        assert await called(READ) == (None, None)
        assert await called(READ, "contacts:read") == ("王会计", "+86 10 1")
        assert asked[-1] == f"customer_id={customer}&purpose=dunning&channel=phone"
        assert await called(READ, "contacts:read") == (None, None)
    service.app.state.phones = before


async def test_a_call_is_logged_with_a_promise_and_leaves_the_list(service: Running) -> None:
    tenant = await service.tenant(at=AT)
    customer = await owing(service, tenant, "C-1", "2026-05-30", owner="S-18")
    headers = service.headers(tenant, READ, WRITE)
    planned = (await service.client.post(CALLS, headers=headers, json={
        "customer_id": str(customer), "due_on": "2026-06-01", "note": "before noon"})).json()
    body = {"outcome": "promise", "note": "will pay", "promise": {
        "customer_id": str(customer), "amount": {"amount": "4520.00", "currency": "CNY"}, "promised_on": "2026-06-09"}}
    missing = await service.client.post(
        f"{CALLS}/{planned['id']}:log", json={"outcome": "promise"}, headers=service.headers(tenant, WRITE))
    assert (missing.status_code, missing.json()["code"]) == (422, "promise_missing")
    logged = await service.client.post(
        f"{CALLS}/{planned['id']}:log", json=body, headers=service.headers(tenant, WRITE))
    assert (logged.status_code, logged.json()["outcome"], logged.json()["called_by"]) == (200, "promise", "clerk")
    read = service.headers(tenant, READ, key=None)
    assert (await service.client.get(WORKLIST, headers=read)).json()["data"] == []
    found = await service.client.get(CALLS, params={"customer_id": str(customer), "open": "false"}, headers=read)
    assert found.json()["data"] == [logged.json()]
    made = await service.client.get("/notify/v1/promises", params={"customer_id": str(customer)}, headers=read)
    for row in (logged.json(), *made.json()["data"]):
        assert (row["number"], row["name"], row["owner_code"]) == ("C-1", "Heron C-1", "S-18")
    gone = await service.client.post(
        f"{CALLS}/{new_id()}:log", json={"outcome": "reached"}, headers=service.headers(tenant, WRITE))
    assert (gone.status_code, gone.json()["code"]) == (404, "call_not_found")


async def owner_is_unknown(service: Running, tenant: UUID, method: str, path: str, body: dict[str, Any]) -> None:
    answer = await service.client.request(
        method, path, json=body, headers=service.headers(tenant, WRITE) | {"If-Match": '"1"'})
    assert (answer.status_code, answer.json()["code"]) == (422, "owner_not_known")


async def test_a_case_is_opened_advanced_noted_and_closed(service: Running) -> None:
    tenant = await service.tenant(at=AT)
    customer = await owing(service, tenant, "C-1", "2026-05-30")
    wanted = {"customer_id": str(customer), "owner_code": "S-17", "next_action": "visit",
              "next_action_on": "2026-06-03"}
    await owner_is_unknown(service, tenant, "POST", CASES, wanted)
    await tell(service.database, customers, tenant, StaffConfigured.model_validate(
        StaffConfigured.examples[0] | {"code": "S-17", "active": True}), at=AT)
    opened = await service.client.post(CASES, headers=service.headers(tenant, WRITE), json=wanted)
    assert (opened.status_code, opened.headers["etag"], opened.json()["stage"]) == (201, '"1"', "collecting")
    twice = await service.client.post(
        CASES, headers=service.headers(tenant, WRITE), json={"customer_id": str(customer)})
    assert (twice.status_code, twice.json()["code"]) == (409, "case_open_already")
    path = opened.headers["location"]
    body = {"stage": "demand", "owner_code": "S-17", "next_action": None, "next_action_on": None, "note": "served"}
    await owner_is_unknown(service, tenant, "PUT", path, body | {"owner_code": "S-99"})
    advanced = await service.client.put(path, json=body, headers=service.headers(tenant, WRITE) | {"If-Match": '"1"'})
    assert (advanced.status_code, advanced.headers["etag"], advanced.json()["stage"]) == (200, '"2"', "demand")
    stale = await service.client.put(path, json=body, headers=service.headers(tenant, WRITE) | {"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "etag_mismatch")
    noted = await service.client.post(
        f"{path}/entries", json={"kind": "visit", "note": "met 王总"}, headers=service.headers(tenant, WRITE))
    assert (noted.status_code, noted.json()["by"]) == (201, "clerk")
    closed = await service.client.post(
        f"{path}:close", json={"reason": "agreed"}, headers=service.headers(tenant, WRITE))
    assert (closed.status_code, closed.json()["end_reason"]) == (200, "agreed")
    read = service.headers(tenant, READ, key=None)
    whole = (await service.client.get(path, headers=read)).json()
    assert [entry["kind"] for entry in whole["entries"]] == ["opened", "advanced", "visit", "closed"]
    listed = await service.client.get(CASES, params={"owner_code": "S-17", "stage": "closed"}, headers=read)
    assert [one["id"] for one in listed.json()["data"]] == [whole["id"]]
    for row in (opened.json(), whole, *listed.json()["data"]):
        assert (row["number"], row["name"], row["customer_owner_code"]) == ("C-1", "Heron C-1", None)
    other = service.headers(await service.tenant(at=AT), READ, key=None)
    assert (await service.client.get(path, headers=other)).json()["code"] == "case_not_found"


@pytest.mark.parametrize(("change", "status", "code"), [
    ({}, 200, None), ({"chronic_days": 0}, 422, "invalid_request"),
    ({"large": {"amount": "0.00", "currency": "CNY"}}, 422, "bad_collection_policy"),
    ({"large": {"amount": "1.00", "currency": "EUR"}}, 422, "bad_collection_policy")])
async def test_the_policy_that_opens_cases(
    service: Running, change: dict[str, Any], status: int, code: str | None,
) -> None:
    tenant = await service.tenant(at=AT)
    body = {"chronic_days": None, "large": {"amount": "100000.00", "currency": "CNY"}, "call_again_days": 2} | change
    headers = service.headers(tenant, READ, WRITE) | {"If-Match": '"1"'}
    answer = await service.client.put(POLICY, json=body, headers=headers)
    assert (answer.status_code, answer.json().get("code")) == (status, code)
    found = await service.client.get(POLICY, headers=service.headers(tenant, READ, key=None))
    assert found.json()["version"] == (2 if status == 200 else 1)
