"""Several ladders over HTTP: made, versioned, previewed, chosen by rules; refusals; another tenant."""

from datetime import UTC, datetime
from typing import Any

import pytest

from dunlin_events.contracts.billing import InvoiceIssued
from dunlin_kernel.ids import new_id
from dunlin_kit.testing import Running, one_by_one, tell
from notify_svc.consumers.billing import billing

LADDERS, SELECTION = "/notify/v1/ladders", "/notify/v1/ladder-selection"
READ, WRITE = "reminders:read", "reminders:write"
AT = datetime(2026, 1, 5, 2, tzinfo=UTC)
STRICT: dict[str, Any] = {"levels": [
    {"offset_days": -40, "tone": "upcoming"}, {"offset_days": 1, "tone": "firm", "channel": "call"}],
    "gap_days": 2, "run_at": "09:30"}
RULE = {"ladder": "strict", "grade": "D"}


def writing(service: Running, tenant: Any, version: int) -> dict[str, str]:
    return service.headers(tenant, READ, WRITE) | {"If-Match": f'"{version}"'}


async def test_ladders_are_made_versioned_and_listed(service: Running) -> None:
    tenant = await service.tenant(at=AT)
    made = await service.client.put(f"{LADDERS}/strict", json=STRICT, headers=writing(service, tenant, 0))
    assert (made.status_code, made.headers["etag"], made.json()["ladder"]) == (200, '"2"', "strict")
    assert made.json()["levels"][1] == {
        "level": 1, "offset_days": 1, "tone": "firm", "fee_code": None, "channel": "call"}
    twice = await service.client.put(f"{LADDERS}/strict", json=STRICT, headers=writing(service, tenant, 0))
    assert (twice.status_code, twice.json()["code"]) == (412, "etag_mismatch")
    again = await service.client.put(f"{LADDERS}/strict", json=STRICT | {"gap_days": 3},
                                     headers=writing(service, tenant, 2))
    assert again.headers["etag"] == '"3"'
    read = service.headers(tenant, READ, key=None)
    listed = (await service.client.get(LADDERS, headers=read)).json()["data"]
    assert [(one["ladder"], one["version"]) for one in listed] == [("standard", 1), ("strict", 3)]
    versions = await one_by_one(service.client, f"{LADDERS}/strict/versions", read)
    assert [one["version"] for one in versions] == [3, 2]
    unset = await one_by_one(service.client, f"{LADDERS}/standard/versions", read)
    assert [one["version"] for one in unset] == [1]
    assert (await service.client.get(f"{LADDERS}/strict", headers=read)).json() == again.json()
    gone = await service.client.get(f"{LADDERS}/gone", headers=read)
    assert (gone.status_code, gone.json()["code"]) == (404, "ladder_not_found")
    other = service.headers(await service.tenant(at=AT), READ, key=None)
    assert (await service.client.get(f"{LADDERS}/strict", headers=other)).status_code == 404


async def test_rules_choose_and_name_ladders_that_are_there(service: Running) -> None:
    tenant = await service.tenant(at=AT)
    read = service.headers(tenant, READ, key=None)
    assert (await service.client.get(SELECTION, headers=read)).json() == {
        "version": 1, "rules": [], "set_by": None, "set_at": None}
    early = await service.client.put(SELECTION, json={"rules": [RULE]}, headers=writing(service, tenant, 1))
    assert (early.status_code, early.json()["code"]) == (422, "bad_ladder_rule")
    await service.client.put(f"{LADDERS}/strict", json=STRICT, headers=writing(service, tenant, 0))
    chosen = await service.client.put(SELECTION, json={"rules": [RULE]}, headers=writing(service, tenant, 1))
    assert (chosen.status_code, chosen.json()["rules"]) == (200, [RULE | {"dimension": None, "value": None}])
    assert (await service.client.get(SELECTION, headers=read)).json() == chosen.json()


@pytest.mark.parametrize("rule", [{"ladder": "strict"}, {"ladder": "strict", "dimension": "size"}])
async def test_what_is_no_rule_is_refused(service: Running, rule: dict[str, str]) -> None:
    tenant = await service.tenant(at=AT)
    answer = await service.client.put(SELECTION, json={"rules": [rule]}, headers=writing(service, tenant, 1))
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_ladder_rule")


async def test_a_preview_says_what_would_change_and_changes_nothing(service: Running) -> None:
    tenant, customer = await service.tenant(at=AT), new_id()
    for due in ("2026-02-04", "2026-06-30"):
        await tell(service.database, billing, tenant, InvoiceIssued.model_validate(InvoiceIssued.examples[0] | {
            "customer_id": customer, "invoice_id": new_id(), "issued_on": "2025-12-01", "items": [
                {"item_id": new_id(), "due_on": due, "amount": {"amount": "4520.00", "currency": "CNY"}}]}))
    answer = await service.client.post(
        f"{LADDERS}/standard:preview", json=STRICT, headers=service.headers(tenant, READ))
    assert answer.json() == {"on": "2026-01-05", "items": 2, "changed": 2, "due": [{"level": 0, "items": 1}]}
    unused = await service.client.post(f"{LADDERS}/strict:preview", json=STRICT, headers=service.headers(tenant, READ))
    assert unused.json() == {"on": "2026-01-05", "items": 0, "changed": 0, "due": []}
    read = service.headers(tenant, READ, key=None)
    assert (await service.client.get("/notify/v1/ladder-policy", headers=read)).json()["version"] == 1
