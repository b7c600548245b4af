"""Promises over HTTP: taken down, read, taken back; each refusal; no token, no scope; another tenant."""

from datetime import UTC, datetime
from typing import Any

import pytest

from dunlin_events.contracts.billing import InvoiceIssued
from dunlin_kernel.ids import new_id
from dunlin_kit.testing import Running, tell
from notify_svc.consumers.billing import billing

PROMISES = "/notify/v1/promises"
READ, WRITE = "collections:read", "collections:write"
AT = datetime(2026, 1, 5, 2, tzinfo=UTC)


async def owing(service: Running) -> tuple[Any, dict[str, Any]]:
    """A tenant, and the body of a promise that can be made in it."""
    tenant, customer, item = await service.tenant(at=AT), new_id(), new_id()
    await tell(service.database, billing, tenant, InvoiceIssued.model_validate(InvoiceIssued.examples[0] | {
        "customer_id": customer, "invoice_id": new_id(), "items": [
            {"item_id": item, "due_on": "2026-02-04", "amount": {"amount": "4520.00", "currency": "CNY"}}]}), at=AT)
    return tenant, {"customer_id": str(customer), "amount": {"amount": "4520.00", "currency": "CNY"},
                    "promised_on": "2026-02-10", "grace_days": 2, "item_ids": [str(item)], "note": "王会计 said so"}


async def test_a_promise_is_taken_down_read_and_taken_back(service: Running) -> None:
    tenant, body = await owing(service)
    headers = service.headers(tenant, READ, WRITE)
    made = await service.client.post(PROMISES, json=body, headers=headers)
    again = await service.client.post(PROMISES, json=body, headers=headers)
    assert (made.status_code, again.content) == (201, made.content)
    promise = made.json()
    expected = {"status": "running", "last_on": "2026-02-12", "received": {"amount": "0.00", "currency": "CNY"},
                "open_when_made": body["amount"], "made_on": "2026-01-05", "made_by": "clerk", "judged_on": None,
                "note": body["note"], "item_ids": body["item_ids"]}
    assert expected.items() <= promise.items()
    read = service.headers(tenant, READ, key=None)
    assert (await service.client.get(made.headers["location"], headers=read)).json() == promise
    listed = await service.client.get(PROMISES, headers=read, params={
        "customer_id": body["customer_id"], "item_id": body["item_ids"][0], "status": "running"})
    assert listed.json()["data"] == [promise]
    twice = await service.client.post(PROMISES, json=body, headers=service.headers(tenant, WRITE))
    assert (twice.status_code, twice.json()["code"]) == (409, "promise_running")
    path = f"{PROMISES}/{promise['id']}:withdraw"
    back = await service.client.post(path, headers=service.headers(tenant, WRITE))
    assert (back.status_code, back.json()["status"], back.json()["end_reason"]) == (200, "withdrawn", "withdrawn")
    late = await service.client.post(path, headers=service.headers(tenant, WRITE))
    assert (late.status_code, late.json()["code"]) == (409, "illegal_transition")
    assert [fact for _, fact, _ in await service.told(tenant)][-2:] == ["PromiseMade", "PromiseWithdrawn"]


@pytest.mark.parametrize(("change", "status", "code"), [
    ({"amount": {"amount": "4520.01", "currency": "CNY"}}, 422, "promise_above_open"),
    ({"amount": {"amount": "1.0", "currency": "CNY"}}, 422, "wrong_precision"),
    ({"promised_on": "2026-01-04"}, 422, "promise_day_out_of_range"),
    ({"grace_days": 32}, 422, "invalid_request"),
    ({"item_ids": ["01970000-0000-7000-8000-000000000099"]}, 404, "item_not_found"),
    ({"customer_id": "01970000-0000-7000-8000-000000000099"}, 409, "customer_not_known_yet"),
    ({"unknown": 1}, 422, "invalid_request"),
])
async def test_what_cannot_be_promised_is_refused(
    service: Running, change: dict[str, Any], status: int, code: str,
) -> None:
    tenant, body = await owing(service)
    answer = await service.client.post(PROMISES, json=body | change, headers=service.headers(tenant, WRITE))
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_another_tenant_and_a_poor_token_see_nothing(service: Running) -> None:
    tenant, body = await owing(service)
    made = (await service.client.post(PROMISES, json=body, headers=service.headers(tenant, WRITE))).json()
    other = service.headers(await service.tenant(at=AT), READ, WRITE)
    assert (await service.client.get(PROMISES, headers=other)).json()["data"] == []
    found = await service.client.get(f"{PROMISES}/{made['id']}", headers=other)
    assert (found.status_code, found.json()["code"]) == (404, "promise_not_found")
    poor = await service.client.post(PROMISES, json=body, headers=service.headers(tenant, READ))
    assert (poor.status_code, poor.json()["code"]) == (403, "forbidden")
