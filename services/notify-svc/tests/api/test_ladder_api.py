"""The ladder over HTTP: the policy with its versions, the schedule, switching on; each refusal; other tenants."""

from datetime import UTC, datetime
from typing import Any

import pytest

from dunlin_events.contracts.billing import InvoiceIssued
from dunlin_kernel.ids import new_id
from dunlin_kit.testing import Running, tell
from notify_svc.consumers.billing import billing

POLICY, REMINDERS, SWITCH_ON = "/notify/v1/ladder-policy", "/notify/v1/reminders", "/notify/v1/ladder:switch-on"
READ, WRITE = "reminders:read", "reminders:write"
SHORT = {"levels": [{"offset_days": 1, "tone": "friendly"}, {"offset_days": 9, "tone": "final", "fee_code": "FEE-9"}],
         "gap_days": 3, "run_at": "09:30"}
AT = datetime(2026, 1, 5, 2, tzinfo=UTC)


async def issued(service: Running, tenant: Any, count: int = 1, *, origin: str = "live") -> Any:
    customer = new_id()
    await tell(service.database, billing, tenant, *(InvoiceIssued.model_validate(InvoiceIssued.examples[0] | {
        "customer_id": customer, "invoice_id": new_id(), "origin": origin, "items": [
            {"item_id": new_id(), "due_on": "2026-02-04", "amount": {"amount": "4520.00", "currency": "CNY"}}]})
        for _ in range(count)))
    return customer


async def test_every_tenant_begins_with_the_same_ladder(service: Running) -> None:
    tenant = await service.tenant(at=AT)
    answer = await service.client.get(POLICY, headers=service.headers(tenant, READ, key=None))
    assert (answer.status_code, answer.headers["etag"]) == (200, '"1"')
    assert answer.json() == {
        "ladder": "standard", "version": 1, "gap_days": 7, "run_at": "12:00", "set_by": None, "set_at": None,
        "levels": [
            {"level": 0, "offset_days": -3, "tone": "upcoming", "fee_code": None, "channel": "email"},
            {"level": 1, "offset_days": 3, "tone": "friendly", "fee_code": None, "channel": "email"},
            {"level": 2, "offset_days": 15, "tone": "firm", "fee_code": None, "channel": "email"},
            {"level": 3, "offset_days": 30, "tone": "final", "fee_code": None, "channel": "email"}]}


async def test_a_ladder_is_set_as_a_new_version(service: Running) -> None:
    tenant = await service.tenant(at=AT)
    headers = service.headers(tenant, READ, WRITE) | {"If-Match": '"1"'}
    answer = await service.client.put(POLICY, json=SHORT, headers=headers)
    assert (answer.status_code, answer.headers["etag"]) == (200, '"2"')
    assert (answer.json()["version"], answer.json()["set_by"]) == (2, "clerk")
    assert answer.json()["set_at"].startswith("2026-01-05T02:00:00")
    found = await service.client.get(POLICY, headers=service.headers(tenant, READ, key=None))
    assert found.json() == answer.json()
    stale = await service.client.put(POLICY, json=SHORT, headers=service.headers(tenant, WRITE) | {"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "etag_mismatch")


@pytest.mark.parametrize(("change", "seen", "status", "code"), [
    ({}, None, 428, "if_match_missing"),
    ({"levels": []}, '"1"', 422, "invalid_request"),
    ({"levels": [{"offset_days": 5, "tone": "firm"}, {"offset_days": 3, "tone": "firm"}]}, '"1"', 422, "bad_ladder"),
    ({"run_at": "25:00"}, '"1"', 422, "invalid_request"),
    ({"gap_days": 91}, '"1"', 422, "invalid_request"),
    ({"gap_days": "7"}, '"1"', 422, "invalid_request"),
    ({"unknown": 1}, '"1"', 422, "invalid_request"),
])
async def test_what_is_no_ladder_is_refused(
    service: Running, change: dict[str, Any], seen: str | None, status: int, code: str,
) -> None:
    tenant = await service.tenant(at=AT)
    headers = service.headers(tenant, WRITE) | ({"If-Match": seen} if seen else {})
    answer = await service.client.put(POLICY, json=SHORT | change, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_the_schedule_shows_each_item_with_its_next_level(service: Running) -> None:
    tenant = await service.tenant(at=AT)
    customer, other = await issued(service, tenant, 3), await issued(service, tenant)
    headers = service.headers(tenant, READ, key=None)
    mine: dict[str, Any] = {"customer_id": str(customer), "limit": 2}
    first = (await service.client.get(REMINDERS, params=mine, headers=headers)).json()
    assert (len(first["data"]), first["has_more"]) == (2, True)
    expected = {"customer_id": str(customer), "open": {"amount": "4520.00", "currency": "CNY"}, "active": True,
                "next_level": 0, "next_on": "2026-02-01", "last_sent_on": None, "due_on": "2026-02-04",
                "due_version": 1}
    assert expected.items() <= first["data"][0].items()
    rest = (await service.client.get(
        REMINDERS, headers=headers, params=mine | {"cursor": first["next_cursor"]})).json()
    assert (len(rest["data"]), rest["has_more"], rest["next_cursor"]) == (1, False, None)
    one = (await service.client.get(REMINDERS, headers=headers, params={"item_id": first["data"][1]["item_id"]})).json()
    assert [row["item_id"] for row in one["data"]] == [first["data"][1]["item_id"]]
    everybody = (await service.client.get(REMINDERS, headers=headers)).json()
    assert {row["customer_id"] for row in everybody["data"]} == {str(customer), str(other)}


async def test_a_cursor_of_another_list_is_refused(service: Running) -> None:
    tenant = await service.tenant(at=AT)
    customer = await issued(service, tenant, 2)
    headers = service.headers(tenant, READ, key=None)
    page = (await service.client.get(REMINDERS, params={"limit": 1}, headers=headers)).json()
    answer = await service.client.get(REMINDERS, headers=headers, params={
        "cursor": page["next_cursor"], "customer_id": str(customer)})
    assert (answer.status_code, answer.json()["code"]) == (422, "cursor_invalid")


async def test_switching_on_is_an_operation_that_a_repeated_key_begins_once(service: Running) -> None:
    tenant = await service.tenant(at=AT)
    await issued(service, tenant, 2, origin="import")
    headers = service.headers(tenant, WRITE, "operations:read")
    answer = await service.client.post(SWITCH_ON, json={}, headers=headers)
    again = await service.client.post(SWITCH_ON, json={}, headers=headers)
    assert (answer.status_code, again.content) == (202, answer.content)
    assert again.headers["idempotency-replayed"] == "true"
    operation = answer.json()
    assert (operation["status"], operation["done"], operation["total"]) == ("running", 0, 2)
    assert answer.headers["location"] == f"/notify/v1/operations/{operation['id']}"
    found = await service.client.get(answer.headers["location"], headers=headers)
    assert found.json()["id"] == operation["id"]


@pytest.mark.parametrize(("method", "path", "body"), [
    ("GET", POLICY, None), ("PUT", POLICY, SHORT), ("POST", SWITCH_ON, {}), ("GET", REMINDERS, None),
])
async def test_no_token_no_scope_no_answer(service: Running, method: str, path: str, body: Any) -> None:
    tenant = await service.tenant(at=AT)
    keyed = {"Idempotency-Key": str(new_id()), "If-Match": '"1"'}
    nobody = await service.client.request(method, path, json=body, headers=keyed)
    assert (nobody.status_code, nobody.json()["code"]) == (401, "unauthenticated")
    poor = await service.client.request(method, path, json=body, headers=service.headers(tenant, "x:read") | keyed)
    assert (poor.status_code, poor.json()["code"]) == (403, "forbidden")


async def test_another_tenant_sees_nothing(service: Running) -> None:
    tenant, other = await service.tenant(at=AT), await service.tenant(at=AT)
    customer = await issued(service, tenant)
    headers = service.headers(other, READ, key=None)
    assert (await service.client.get(REMINDERS, headers=headers)).json()["data"] == []
    found = await service.client.get(REMINDERS, params={"customer_id": str(customer)}, headers=headers)
    assert (found.status_code, found.json()["code"]) == (409, "customer_not_known_yet")


async def test_a_tenant_not_heard_of_yet_may_try_again(service: Running) -> None:
    answer = await service.client.post(SWITCH_ON, json={}, headers=service.headers(new_id(), WRITE))
    assert (answer.status_code, answer.json()["code"]) == (409, "tenant_not_known_yet")
    assert answer.headers["retry-after"] == "1"
