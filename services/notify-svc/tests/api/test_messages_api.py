"""The log over HTTP: each message and suppression; what was said, and to whom, for those who may know; resolving."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from typing import Any

import httpx
import pytest

from dunlin_events.contracts.customer import CustomerRegistered
from dunlin_events.contracts.customer_relationship import CustomerOwnerChanged
from dunlin_kernel.ids import NIL, new_id
from dunlin_kit.testing import TestIssuer, settings_for, tell
from notify_svc.app import create_app
from notify_svc.consumers.customer import customer as customers
from notify_svc.domain.message import MessageStatus
from notify_svc.gateways.sender import Delivery

LOG, PREVIEW = "/notify/v1/messages", "/notify/v1/templates:preview"
READ, WRITE, CONTACTS = "reminders:read", "reminders:write", "contacts:read"


class Unsure:
    async def send(self, *_: Any, **__: Any) -> Delivery:
        return Delivery(MessageStatus.UNKNOWN, "outcome_unknown")


class Log:
    """The API on the desk's database."""

    def __init__(self, desk: Any, client: httpx.AsyncClient, issuer: TestIssuer) -> None:
        self.desk, self.client, self.issuer = desk, client, issuer

    def headers(self, *scopes: str, tenant: Any = None) -> dict[str, str]:
        token = self.issuer.token(*scopes, tenant=tenant or self.desk.tenant)
        return {"Authorization": f"Bearer {token}", "Idempotency-Key": str(new_id())}

    async def get(self, path: str = LOG, *scopes: str, **query: Any) -> Any:
        answer = await self.client.get(path, params=query, headers=self.headers(*(scopes or (READ,))))
        return answer.json()


@pytest.fixture
async def log(desk: Any, tmp_path: Any, elsewhere: dict[str, str]) -> AsyncIterator[Log]:
    """A log of one sent and one suppressed message."""
    issuer = TestIssuer(tmp_path)
    app = create_app(settings_for("notify", desk.urls, issuer, **elsewhere))
    await desk.issue("INV1", "4520.00", issued=date(2026, 1, 5), due=date(2026, 1, 10))
    await desk.turn_to(date(2026, 1, 8))
    desk.neighbours.contact = None
    await desk.turn_to(date(2026, 1, 14))
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    client = httpx.AsyncClient(transport=transport, base_url="http://test")
    async with app.router.lifespan_context(app), client:
        yield Log(desk, client, issuer)


async def test_the_log_has_every_message_and_every_suppression_newest_first(log: Log) -> None:
    page = await log.get()
    shown = [(m["judged_on"], m["status"], m["level"], m["reason"], m["recipient"]) for m in page["data"]]
    assert shown == [("2026-01-13", "suppressed", 1, "no_contact", None), ("2026-01-07", "sent", 0, None, None)]
    [item] = page["data"][1]["items"]
    assert (item["number"], item["amount"], item["outcome"]) == (
        "INV1", {"amount": "4520.00", "currency": "CNY"}, "sent")
    [item] = page["data"][0]["items"]
    assert (item["outcome"], item["reason"]) == ("suppressed", "no_contact")


async def test_each_row_names_the_customer_and_who_answers_for_it(log: Log) -> None:
    desk = log.desk
    await tell(desk.database, customers, desk.tenant, CustomerRegistered.model_validate(
        CustomerRegistered.examples[0] | {"customer_id": desk.customer, "number": "C-1", "name": "Heron"}),
        CustomerOwnerChanged(customer_id=desk.customer, owner_id=new_id(), owner_code="S-17"))
    named = {"number": "C-1", "name": "Heron", "owner_code": "S-17"}
    rows = (await log.get())["data"]
    assert [named.items() <= row.items() for row in [*rows, await log.get(f"{LOG}/{rows[0]['id']}")]] == [True] * 3
    [planned] = (await log.get("/notify/v1/reminders"))["data"]
    assert {"number": "INV1", "customer_number": "C-1", "customer_name": "Heron",
            "owner_code": "S-17"}.items() <= planned.items()


async def test_pages_follow_each_other(log: Log) -> None:
    first = await log.get(limit=1)
    second = await log.get(limit=1, cursor=first["next_cursor"])
    assert (first["has_more"], second["has_more"]) == (True, False)
    assert [page["data"][0]["judged_on"] for page in (first, second)] == ["2026-01-13", "2026-01-07"]


@pytest.mark.parametrize(("query", "days"), [
    ({"status": "sent"}, ["2026-01-07"]),
    ({"reason": "no_contact"}, ["2026-01-13"]),
    ({"reason": "disputed"}, []),
    ({"judged_on.gte": "2026-01-08"}, ["2026-01-13"]),
    ({"judged_on.lte": "2026-01-07", "status": "suppressed"}, []),
])
async def test_the_log_is_narrowed(log: Log, query: dict[str, str], days: list[str]) -> None:
    assert [message["judged_on"] for message in (await log.get(**query))["data"]] == days


async def test_the_log_is_narrowed_to_a_customer_and_an_item(log: Log) -> None:
    item_id = log.desk.items["INV1"][0]
    assert len((await log.get(customer_id=str(log.desk.customer), item_id=str(item_id)))["data"]) == 2
    assert (await log.get(customer_id=str(new_id())))["code"] == "customer_not_known_yet"


@pytest.mark.parametrize("query", [{"judged_on.gte": "0"}, {"status": "gone"}, {"limit": "0"}, {"item_id": "x"}])
async def test_a_filter_of_no_form_is_refused(log: Log, query: dict[str, str]) -> None:
    assert (await log.get(**query))["code"] == "invalid_request"


async def test_who_it_went_to_and_what_it_said_needs_the_right_to_read_contacts(log: Log) -> None:
    sent = (await log.get(LOG, READ, CONTACTS))["data"][1]
    assert sent["recipient"] == "ap@heron.example"
    plain = await log.get(f"{LOG}/{sent['id']}")
    assert (plain["recipient"], plain["subject"], plain["body"]) == (None, None, None)
    full = await log.get(f"{LOG}/{sent['id']}", READ, CONTACTS)
    assert full["subject"] == "【Dunlin Demo】付款提醒：CNY 4,520.00"
    assert "王会计" in full["body"]
    assert full["language"] == "zh"


async def test_no_address_travels_in_any_fact(log: Log) -> None:
    told = str(await log.desk.facts())
    assert "ReminderSent" in told
    assert "heron" not in told
    assert "王会计" not in told


async def test_a_person_resolves_an_unknown_outcome_once(log: Log) -> None:
    log.desk.neighbours.contact = {"contact_name": "Li", "language": "en", "email": "li@heron.example"}
    log.desk.remind = replace(log.desk.remind, sender=Unsure())
    await log.desk.turn_to(date(2026, 1, 15))
    unknown = (await log.get(status="unknown"))["data"][0]
    path = f"{LOG}/{unknown['id']}:resolve"
    answer = await log.client.post(path, json={"outcome": "not_sent"}, headers=log.headers(WRITE))
    assert (answer.status_code, answer.json()["status"], answer.json()["resolved_by"]) == (200, "not_sent", "clerk")
    assert answer.headers["dunlin-position"].startswith(f"notify/{log.desk.tenant}:{log.desk.customer}/")
    again = await log.client.post(path, json={"outcome": "sent"}, headers=log.headers(WRITE))
    assert (again.status_code, again.json()["code"]) == (409, "illegal_transition")


async def test_what_is_not_there_is_not_found(log: Log) -> None:
    assert (await log.get(f"{LOG}/{new_id()}"))["code"] == "message_not_found"
    answer = await log.client.post(f"{LOG}/{new_id()}:resolve", json={"outcome": "sent"}, headers=log.headers(WRITE))
    assert (answer.status_code, answer.json()["code"]) == (404, "message_not_found")


async def test_another_tenant_sees_no_message(log: Log) -> None:
    sent = (await log.get(status="sent"))["data"][0]
    stranger = log.headers(READ, CONTACTS, tenant=new_id())
    assert (await log.client.get(LOG, headers=stranger)).json()["data"] == []
    assert (await log.client.get(f"{LOG}/{sent['id']}", headers=stranger)).status_code == 404


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("tone", ["upcoming", "friendly", "firm", "final"])
async def test_every_template_can_be_previewed(log: Log, language: str, tone: str) -> None:
    body = {"language": language, "tone": tone, "recipient_name": "Li Lei {{ 7 * 7 }}"}
    answer = await log.client.post(PREVIEW, json=body, headers=log.headers(READ))
    assert answer.status_code == 200, answer.text
    shown = answer.json()
    assert "CNY 3,703.50" in shown["subject"]
    assert "Dunlin Demo" in shown["subject"]
    assert "Li Lei {{ 7 * 7 }}" in shown["body"]
    assert "INV-000002" in shown["body"]


@pytest.mark.parametrize(("method", "path", "body"), [
    ("GET", LOG, None), ("GET", f"{LOG}/{NIL}", None), ("POST", f"{LOG}/{NIL}:resolve", {"outcome": "sent"}),
    ("POST", PREVIEW, {"language": "zh", "tone": "firm"}),
])
async def test_no_token_no_scope_no_message(log: Log, method: str, path: str, body: Any) -> None:
    nobody = await log.client.request(method, path, json=body, headers={"Idempotency-Key": "k"})
    poor = await log.client.request(method, path, json=body, headers=log.headers("x:read"))
    assert [(a.status_code, a.json()["code"]) for a in (nobody, poor)] == [
        (401, "unauthenticated"), (403, "forbidden")]


async def test_a_post_without_a_key_is_refused(log: Log) -> None:
    headers = {name: value for name, value in log.headers(READ).items() if name != "Idempotency-Key"}
    answer = await log.client.post(PREVIEW, json={"language": "zh", "tone": "firm"}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_missing")


async def test_the_invariants_hold_and_the_clock_is_followed(log: Log) -> None:
    found = await log.get("/notify/v1/integrity", "integrity:read")
    assert [check["id"] for check in found["checks"] if not check["holds"]] == []
    assert found["holds"] is True
    clock = await log.get("/notify/v1/test-clock", "clock:read")
    assert (clock["now"], clock["due_jobs"], clock["parked"]) == ("2026-01-13T16:00:00Z", 0, 0)
