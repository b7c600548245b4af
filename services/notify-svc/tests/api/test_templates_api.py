"""Templates and deliveries over HTTP: read, set as versions, previewed with real items; refusals."""

from datetime import UTC, datetime
from typing import Any

import pytest

from dunlin_events.contracts.billing import InvoiceIssued
from dunlin_kernel.ids import new_id
from dunlin_kit.testing import Running, tell
from notify_svc.consumers.billing import billing

TEMPLATES, ONE = "/notify/v1/templates", "/notify/v1/templates/en/firm"
READ, WRITE = "reminders:read", "reminders:write"
AT = datetime(2026, 3, 1, 2, tzinfo=UTC)
OWN = {"subject": "{{ sender }}: please pay", "body": "{% for one in lines %}{{ one.number }};{% endfor %}"}


async def test_all_are_there_from_the_beginning_and_one_is_set_as_a_version(service: Running) -> None:
    tenant = await service.tenant(at=AT)
    read = service.headers(tenant, READ, key=None)
    listed = (await service.client.get(TEMPLATES, headers=read)).json()["data"]
    assert [(one["language"], one["tone"], one["version"]) for one in listed] == [
        (language, tone, 0) for language in ("zh", "en") for tone in ("upcoming", "friendly", "firm", "final")]
    headers = service.headers(tenant, WRITE) | {"If-Match": '"0"'}
    answer = await service.client.put(ONE, json=OWN, headers=headers)
    assert (answer.status_code, answer.headers["etag"], answer.json()["set_by"]) == (200, '"1"', "clerk")
    assert (await service.client.get(ONE, headers=read)).json() == answer.json()
    stale = await service.client.put(ONE, json=OWN, headers=service.headers(tenant, WRITE) | {"If-Match": '"0"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "etag_mismatch")


async def test_a_preview_shows_made_up_or_real_items_by_any_text(service: Running) -> None:
    tenant, customer = await service.tenant(at=AT), new_id()
    await tell(service.database, billing, tenant, InvoiceIssued.model_validate(InvoiceIssued.examples[0] | {
        "customer_id": customer, "invoice_id": new_id(), "number": "INV-77", "items": [
            {"item_id": new_id(), "due_on": "2026-02-04", "amount": {"amount": "4520.00", "currency": "CNY"}}]}))

    async def shown(**more: Any) -> Any:
        answer = await service.client.post(f"{TEMPLATES}:preview", headers=service.headers(tenant, READ), json={
            "language": "en", "tone": "firm", **more})
        return answer.json()

    assert "INV-000001" in (await shown())["body"]
    assert (await shown(customer_id=str(customer), **OWN)) == {"subject": "Test: please pay", "body": "INV-77;\n"}
    assert (await shown(body="{{ sender.x }}"))["code"] == "bad_template"


@pytest.mark.parametrize(("change", "code"), [
    ({"body": "{{ 7 * 7 }}"}, "bad_template"), ({"subject": "a\nb"}, "bad_template"),
    ({"body": "x" * 10_001}, "invalid_request")])
async def test_what_is_no_template_is_refused(service: Running, change: dict[str, str], code: str) -> None:
    tenant = await service.tenant(at=AT)
    headers = service.headers(tenant, WRITE) | {"If-Match": '"0"'}
    answer = await service.client.put(ONE, json=OWN | change, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_only_a_mail_system_says_what_became_of_a_message_that_is_there(service: Running) -> None:
    tenant = await service.tenant(at=AT)
    body = {"message_id": str(new_id()), "status": "bounced_hard", "at": "2026-03-01T02:00:00Z"}
    gone = await service.client.post(
        "/notify/v1/deliveries", json=body, headers=service.headers(tenant, "deliveries:write"))
    assert (gone.status_code, gone.json()["code"]) == (404, "message_not_found")
    poor = await service.client.post("/notify/v1/deliveries", json=body, headers=service.headers(tenant, WRITE))
    assert (poor.status_code, poor.json()["code"]) == (403, "forbidden")
